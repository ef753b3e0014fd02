import { describe, expect, it } from 'vitest';
import { CYCLE_METRICS } from '../../infra/monitoring/metrics.ts';
import { ENDPOINTS, type Endpoint } from '../../shared/http/endpoints.ts';
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

  it.each([
    ['RefusedCallers', '{ ($.status = "401") || ($.status = "403") }'],
    ['ThrottledCallers', '{ $.status = "429" }'],
    [
      'OperatorChanges',
      '{ (($.route = "PUT /v1/*") || ($.route = "POST /v1/patterns/*")) && ($.status = "2*") }',
    ],
  ])('[M5] The metric %s counts lines of the access log', (metric, pattern) => {
    const filter = filters().get(`${metric}Filter`)?.Properties ?? {};
    expect(filter.FilterPattern).toBe(pattern);
    expect(text(filter.LogGroupName)).toBe('ApiAccessLogs');
  });

  it('[M5] Every route that changes a mode, a setting or a generation is counted as an operator change', () => {
    const without = ['/v1/cycles', '/v1/whatif', '/v1/notifications/test'];
    const changing = Object.values<Endpoint>(ENDPOINTS).filter(
      ({ method, roles, path }) => method !== 'GET' && roles.length === 1 && !without.includes(path),
    );
    expect(changing.length).toBeGreaterThan(2);
    for (const { method, path } of changing)
      expect(`${method} ${path}`).toMatch(/^(PUT \/v1\/|POST \/v1\/patterns\/)/);
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
