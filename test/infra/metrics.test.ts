import { describe, expect, it } from 'vitest';
import { CYCLE_METRICS } from '../../infra/monitoring/metrics.ts';
import { jsonLog } from '../../shared/log.ts';
import { CYCLE_CLOSED_MESSAGE, DEGRADED_LOOKUP_MESSAGE } from '../../shared/log-messages.ts';
import { events, openApi } from '../support/api.ts';
import { resources, synthesize, text } from './synth.ts';

const filters = () => resources(synthesize(), 'AWS::Logs::MetricFilter');

describe('metric filters', () => {
  it.each([
    ['EventPosts', 'POST /v1/events'],
    ['OutcomePosts', 'POST /v1/outcomes'],
  ])('The metric %s counts the accepted requests of %s in the access log', (metric, route) => {
    const filter = filters().get(`${metric}Filter`)?.Properties ?? {};
    expect(filter.FilterPattern).toBe(`{ ($.route = "${route}") && ($.status = "2*") }`);
    expect(text(filter.LogGroupName)).toBe('ApiAccessLogs');
  });

  it('The metric DegradedLookups counts the look-ups that answered neutral, by their error in the log', () => {
    const filter = filters().get('DegradedLookupsFilter')?.Properties ?? {};
    expect(filter.FilterPattern).toBe(`{ $.message = "${DEGRADED_LOOKUP_MESSAGE}" }`);
    expect(text(filter.LogGroupName)).toBe('LookupLogs');
  });

  it('Every metric of a run is a field of the log line that closes it', () => {
    for (const [field, metric] of Object.entries(CYCLE_METRICS)) {
      const filter = filters().get(`${metric}Filter`)?.Properties ?? {};
      expect(text(filter.LogGroupName), field).toBe('CycleCloseLogs');
      expect(filter.FilterPattern, field).toBe('{ $.message = "cycle closed" }');
      expect(filter.MetricTransformations, field).toMatchObject([
        { MetricName: metric, MetricNamespace: 'PmTuning/dev', MetricValue: `$.${field}` },
      ]);
    }
  });

  it('The step that closes a run logs every field that becomes a metric', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = jsonLog('info', line => lines.push(JSON.parse(line)), Date.now);
    const api = await openApi({ log });
    await api.postEvents(events(40, 'e'));
    await api.cycle({ as_of: '2025-01-20T00:00:00Z' });
    await api.close();
    const closed = lines.find(line => line.message === CYCLE_CLOSED_MESSAGE);
    expect(Object.keys(closed ?? {})).toEqual(expect.arrayContaining(Object.keys(CYCLE_METRICS)));
    expect(closed).toMatchObject({
      events_read: 40,
      lessons: 2,
      overrides: 4,
      patterns_changed: 1,
      patterns_failed: 0,
    });
  });
});
