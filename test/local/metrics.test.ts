import { expect, it } from 'vitest';
import { callersOf } from '../../local/token-auth.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';

interface Family {
  readonly type: string;
  readonly samples: Map<string, number>;
}

/**
 * Parses the text format of Prometheus strictly: each family has one HELP and one TYPE before its samples, each sample
 * occurs once, and the buckets of a histogram ascend to its count.
 */
function parseMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const helps = new Set<string>();
  let current = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').filter(line => line !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      expect(helps.has(name)).toBe(false);
      helps.add(name);
    } else if (kind === 'TYPE') {
      expect([name, helps.has(name), families.has(name)]).toEqual([name, true, false]);
      families.set(name, { type: rest, samples: new Map() });
      current = name;
    } else {
      const sample =
        /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (-?[0-9.e+-]+|\+Inf)$/.exec(line);
      expect([line, sample !== null]).toEqual([line, true]);
      const [, metric = '', labels = '', value] = sample ?? [];
      expect([metric, metric.startsWith(current)]).toEqual([metric, true]);
      const { samples } = families.get(current) as Family;
      expect([line, samples.has(metric + labels)]).toEqual([line, false]);
      samples.set(metric + labels, Number(value));
    }
  }
  for (const [name, { type, samples }] of families)
    if (type === 'histogram') {
      const buckets = [...samples].filter(([sample]) => sample.startsWith(`${name}_bucket`));
      expect(buckets.map(([, n]) => n)).toEqual(buckets.map(([, n]) => n).toSorted((a, b) => a - b));
      expect(buckets.at(-1)?.[1]).toBe(samples.get(`${name}_count`));
    }
  return families;
}

it('[M6] The metrics of the service are in the text format of Prometheus, and count what happened', async () => {
  const api = await openApi({ now: () => NOW });
  await api.postEvents([eventBody('e1', { scope: { secret_value: 'wallet-7' } }), eventBody('e2')]);
  await api.postEvents([eventBody('e1', { scope: { secret_value: 'wallet-7' } })]);
  await api.postOutcomes([
    { pattern_key: S1, episode_id: 'e1', outcome: 'success' },
    { pattern_key: S1, episode_id: 'unknown', outcome: 'success' },
  ]);
  await putInForce(api.service.runtime, S1, [override('tuning_ts_min', { chain: 'solana' }, 0.9)]);
  await api.lookup({ pattern_key: S1, scope: { chain: 'solana' } });
  await api.lookup({ pattern_key: S2, scope: {} });
  const response = await api.send('GET', '/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  expect(text).not.toMatch(/wallet-7|e1|secret_value/);
  const families = parseMetrics(text);
  const sampleValue = (sample: string) =>
    families.get(/^[a-z_]+/.exec(sample)?.[0] ?? '')?.samples.get(sample);
  const expected = {
    'pm_tuning_events_total{result="accepted"}': 2,
    'pm_tuning_events_total{result="unchanged"}': 1,
    'pm_tuning_outcomes_total{result="resolved"}': 1,
    'pm_tuning_outcomes_total{result="parked"}': 1,
    'pm_tuning_lookups_total{reason="match"}': 1,
    'pm_tuning_lookups_total{reason="neutral"}': 1,
    [`pm_tuning_generation{pattern="${S1}"}`]: 1,
    [`pm_tuning_overrides{pattern="${S1}"}`]: 1,
    [`pm_tuning_pending_events{pattern="${S1}"}`]: 1,
    [`pm_tuning_parked_outcomes{pattern="${S1}"}`]: 1,
    [`pm_tuning_mode{pattern="${S1}",mode="live"}`]: 1,
    pm_tuning_service_off: 0,
    pm_tuning_last_run_timestamp_seconds: 0,
    pm_tuning_last_success_timestamp_seconds: 0,
  };
  expect(Object.fromEntries(Object.keys(expected).map(sample => [sample, sampleValue(sample)]))).toEqual(
    expected,
  );
  expect(families.get('pm_tuning_lookup_seconds')?.samples.get('pm_tuning_lookup_seconds_count')).toBe(2);
  await api.cycle({ as_of: undefined });
  await api.send('PUT', '/v1/mode', { mode: 'off', reason: 'a test' });
  const later = parseMetrics(await (await api.send('GET', '/metrics')).text());
  expect(later.get('pm_tuning_service_off')?.samples.get('pm_tuning_service_off')).toBe(1);
  expect(later.get('pm_tuning_last_run_succeeded')?.samples.get('pm_tuning_last_run_succeeded')).toBe(1);
  const [[, success] = ['', 0]] = later.get('pm_tuning_last_success_timestamp_seconds')?.samples ?? [];
  expect(success).toBe(NOW / 1000);
  expect([...(later.get('pm_tuning_mode')?.samples.keys() ?? [])]).toEqual([
    `pm_tuning_mode{pattern="${S1}",mode="off"}`,
  ]);
  await api.close();
});

it('[M6] With tokens the metrics are for readers and operators', async () => {
  const token = (role: string) => `token-of-the-${role}-1`;
  const tokens = Object.fromEntries(
    ['pm', 'reader', 'operator'].map(role => [token(role), { role, name: role }]),
  );
  const api = await openApi({ callers: callersOf(tokens, 'test') });
  const statusOf = async (headers: Record<string, string>) =>
    (await api.service.app.request('http://localhost/metrics', { headers })).status;
  expect(await statusOf({})).toBe(401);
  for (const [role, status] of [
    ['pm', 403],
    ['reader', 200],
    ['operator', 200],
  ] as const)
    expect(await statusOf({ authorization: `Bearer ${token(role)}` })).toBe(status);
  await api.close();
});
