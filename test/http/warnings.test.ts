import { afterEach, describe, expect, it } from 'vitest';
import { jsonLog } from '../../shared/log.ts';
import { CYCLE_CLOSED_MESSAGE } from '../../shared/log-messages.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { DAY, HOUR, iso, NOW, S1 } from '../support/episodes.ts';

/* Each kind of warning stands in the record of the run, in `status` and in the log line that closes the run. */

const clock = { now: NOW };
const lines: Record<string, unknown>[] = [];
let api: Api | undefined;
afterEach(() => api?.close());

/** Opens a service whose store can be made to fail. */
async function open(environment: Record<string, string> = {}) {
  clock.now = NOW;
  lines.length = 0;
  const store = { down: false };
  const opened = await openApi({
    now: () => clock.now,
    log: jsonLog(
      'info',
      line => lines.push(JSON.parse(line)),
      () => clock.now,
    ),
    environment: { N_MIN: '5', CYCLE_MAX_AGE_MINUTES: String(60 * 24 * 60), ...environment },
    changeClientSettings: settings => {
      const { handle } = settings.requestHandler as { handle(request: unknown): Promise<unknown> };
      const handleOrFail = (request: unknown) =>
        store.down ? Promise.reject(new Error('down')) : handle(request);
      return { ...settings, maxAttempts: 1, requestHandler: { handle: handleOrFail } as never };
    },
  });
  api = opened;
  return { api: opened, store };
}

const codes = (warnings: readonly { readonly code: string }[]): string[] => warnings.map(({ code }) => code);
/** Returns the number of findings in the newest line that closed a run. */
const loggedWarnings = (): unknown => lines.findLast(line => line.message === CYCLE_CLOSED_MESSAGE)?.warnings;

/** Posts skipped successes of one slice: under drift each lowers the threshold by half a percent. */
const misses = (target: Api, n: number, prefix: string, fields: object = {}) =>
  target.postEvents(events(n, prefix, { timestamp: iso(NOW - DAY), ...fields }));

describe('withdrawn overrides', () => {
  it('[F8] A run of the wrong year that is published on purpose warns that it takes out everything, and why', async () => {
    const { api } = await open();
    await misses(api, 40, 'w', { pattern: 'pm.wrongyear.S1.entry' });
    expect((await api.cycle({})).warnings).toEqual([]);
    clock.now += HOUR;
    const record = await api.cycle({ as_of: '2015-01-23T00:00:00Z', publish: true, reason: 'on purpose' });
    const warning = {
      code: 'overrides_withdrawn',
      pattern_key: 'pm.wrongyear.S1.entry',
      message: expect.stringContaining('no event in the 90 days to 2015-01-23; the newest is of 2025-01-19'),
    };
    expect(record).toMatchObject({ status: 'succeeded', trial: false, warnings: [warning] });
    expect(record.patterns[0]?.warnings).toEqual(record.warnings);
    expect(loggedWarnings()).toBe(1);
    const status = await api.status();
    expect(status).toMatchObject({ healthy: true, warnings: [warning] });
  });

  it('A trial warns in its own record, and neither status nor the line of the metrics shows it', async () => {
    const { api } = await open();
    await misses(api, 40, 'w');
    await api.cycle({});
    const closed = lines.filter(line => line.message === CYCLE_CLOSED_MESSAGE).length;
    const record = await api.trial({ as_of: '2015-01-23T00:00:00Z' });
    expect(codes(record.warnings)).toEqual(['overrides_withdrawn']);
    expect(record.patterns[0]).toMatchObject({ status: 'computed', published: false });
    expect((await api.status()).warnings).toEqual([]);
    expect(lines.filter(line => line.message === CYCLE_CLOSED_MESSAGE)).toHaveLength(closed);
  });

  it('A run that takes out overrides for another policy or a larger n_min names that cause', async () => {
    const { api } = await open();
    await misses(api, 40, 'w');
    await api.cycle({});
    const larger = await api.trial({ n_min: 1000 });
    expect(larger.warnings[0]?.message).toContain('n_min rose from 5 to 1000');
    const replay = await api.trial({ policy: 'replay' });
    expect(replay.warnings[0]?.message).toContain('the policy changed from drift to replay');
  });
});

describe('jumps', () => {
  const jumping = async (environment: Record<string, string>) => {
    const { api } = await open(environment);
    await misses(api, 10, 'a');
    await api.cycle({});
    await misses(api, 100, 'b');
    return api;
  };

  it('An override that moves from × 0.95 to × 0.58 is a jump, which a run publishes by default', async () => {
    const api = await jumping({});
    const record = await api.cycle({});
    expect(codes(record.patterns[0]?.warnings ?? [])).toEqual(['jump', 'jump', 'jump', 'jump']);
    expect(record.patterns[0]).toMatchObject({ status: 'published', generation: 2 });
    expect(record.warnings[0]).toMatchObject({ pattern_key: S1, scope_subset: expect.anything() });
    expect(loggedWarnings()).toBe(4);
  });

  it('A first generation and a move within the factor are no jump', async () => {
    const { api } = await open();
    await misses(api, 100, 'a');
    expect((await api.cycle({})).warnings).toEqual([]);
    await misses(api, 10, 'b');
    expect((await api.cycle({})).warnings).toEqual([]);
    const wide = await jumping({ JUMP: '3' });
    expect((await wide.cycle({})).warnings).toEqual([]);
  });

  it('With on_jump hold, a run publishes nothing until an operator publishes with a reason', async () => {
    const api = await jumping({ ON_JUMP: 'hold' });
    for (const _ of [1, 2])
      expect((await api.cycle({})).patterns[0]).toMatchObject({
        status: 'held',
        generation: 1,
        published: false,
        would_publish: true,
        reason: expect.stringContaining(`pm-tuning cycle --pattern ${S1} --publish --reason`),
      });
    expect((await api.trial()).patterns[0]).toMatchObject({
      status: 'computed',
      would_publish: true,
      reason: expect.stringContaining('--publish --reason'),
    });
    const ordered = await api.cycle({ pattern_key: S1, publish: true, reason: 'the new feed is right' });
    expect(ordered.patterns[0]).toMatchObject({ status: 'published', generation: 2 });
    expect((await api.cycle({})).patterns[0]).toMatchObject({ status: 'unchanged', warnings: [] });
  });

  it('The settings of a pattern set factor and action, and a factor of 1 or less is rejected', async () => {
    const api = await jumping({});
    const put = (body: object) =>
      api.send('PUT', `/v1/patterns/${S1}/settings`, { ...body, reason: 'a test' });
    expect(await (await put({ jump: 1.2, on_jump: 'hold' })).json()).toMatchObject({
      jump: 1.2,
      on_jump: 'hold',
    });
    expect((await api.cycle({})).patterns[0]?.status).toBe('held');
    expect((await put({ jump: 1 })).status).toBe(400);
    expect((await put({ on_jump: 'stop' })).status).toBe(400);
  });
});

it('Overrides at their clamp are listed three by three, and the rest is counted', async () => {
  const { api } = await open();
  await misses(api, 150, 'a', { scope: { chain: 'solana', bucket: 'nano', timeframe: '1m' } });
  const record = await api.cycle({});
  expect(record.patterns[0]?.overrides).toBe(16);
  expect(record.warnings.map(({ code, count }) => [code, count])).toEqual([
    ['at_clamp', undefined],
    ['at_clamp', undefined],
    ['at_clamp', undefined],
    ['at_clamp', 13],
  ]);
  expect(loggedWarnings()).toBe(16);
});

describe('tuned thresholds without `applied`', () => {
  /** Publishes overrides of two chains, then runs a bot for two days that logs what `log` returns. */
  const run = async (log: (tuned: number, multiplier: number) => object) => {
    const { api } = await open();
    const factors = { ts_score: 0.5, ts_min: 0.6 };
    await misses(api, 10, 'a', { factors, scope: { chain: 'solana' } });
    await misses(api, 20, 'b', { factors, scope: { chain: 'base' } });
    await api.cycle({});
    clock.now += HOUR;
    for (let i = 0; i < 24; i++, clock.now += HOUR) {
      const scope = { chain: ['solana', 'base', 'other'][i % 3] };
      const answer = await api.lookup({ pattern_key: S1, scope, thresholds: { ts_min: 0.6 } });
      const multiplier = answer.overrides.find(o => o.action_category === 'tuning_ts_min')?.multiplier ?? 1;
      const logged = { ts_score: 0.5, ...log(Number(answer.thresholds.ts_min), multiplier) };
      await api.postEvents(
        events(1, `bot-${i}`, {
          factors: logged,
          scope,
          timestamp: iso(clock.now - HOUR / 2),
          outcome: 'failure',
        }),
      );
      // A run every eight hours publishes a new generation, so the events belong to several.
      if (i % 8 === 7) await api.cycle({});
    }
    return codes((await api.cycle({})).warnings);
  };

  it('A bot that logs what the look-up returned, without `applied`, is reported', async () => {
    expect(await run(tuned => ({ ts_min: tuned }))).toContain('tuned_without_applied');
  });

  it('A bot that logs base thresholds, and one that logs `applied`, are not reported', async () => {
    expect(await run(() => ({ ts_min: 0.6 }))).not.toContain('tuned_without_applied');
    const applied = (tuned: number, multiplier: number) => ({
      ts_min: tuned,
      applied: { multipliers: { ts_min: multiplier } },
    });
    expect(await run(applied)).not.toContain('tuned_without_applied');
  });
});

describe('outcomes that stop', () => {
  it('Outcomes that stop for days are reported by the runs, and outcomes that arrive end the report', async () => {
    const { api } = await open();
    const day = async (i: number, outcome: string | null) => {
      await api.postEvents(events(12, `d${i}`, { timestamp: iso(clock.now), outcome }));
      clock.now += DAY;
      return codes((await api.cycle({})).warnings);
    };
    for (let i = 0; i < 4; i++) expect(await day(i, 'failure')).not.toContain('outcomes_missing');
    const found = [];
    for (let i = 4; i < 8; i++) found.push(await day(i, null));
    expect(found.at(-1)).toContain('outcomes_missing');
    expect((await api.status()).warnings).toContainEqual({
      code: 'outcomes_missing',
      pattern_key: S1,
      message: expect.stringMatching(
        /^at least \d+ of the \d+ events that came from 2025-.* have no outcome: check/,
      ),
    });
    for (let i = 4; i < 8; i++)
      await api.postOutcomes(
        Array.from({ length: 12 }, (_, j) => ({
          pattern_key: S1,
          episode_id: `d${i}-${j}`,
          outcome: 'failure',
        })),
      );
    expect(codes((await api.cycle({})).warnings)).not.toContain('outcomes_missing');
  });
});

it('[F7] A look-up that answers neutral because the store fails is in status at once, and in the next run', async () => {
  const { api, store } = await open();
  await misses(api, 40, 'a');
  await api.cycle({});
  clock.now += HOUR;
  store.down = true;
  for (const _ of [1, 2, 3]) await api.lookup({ pattern_key: S1, scope: { chain: 'solana' } });
  store.down = false;
  clock.now += HOUR;
  const warning = {
    code: 'lookups_degraded',
    pattern_key: S1,
    message: expect.stringContaining(`3 look-ups of ${S1} were answered neutral since`),
  };
  expect((await api.status()).warnings).toEqual([warning]);
  expect((await api.cycle({})).warnings).toEqual([warning]);
  expect(loggedWarnings()).toBe(1);
  clock.now += HOUR;
  expect((await api.cycle({})).warnings).toEqual([]);
  expect((await api.status()).warnings).toEqual([]);
});

it('A misspelt factor is in status at once and in the next run, until a day after its last event', async () => {
  const { api } = await open();
  await misses(api, 40, 'a', { factors: { ts_scroe: 0.5, adx: 20 } });
  const warning = {
    code: 'factor_near_known',
    pattern_key: S1,
    message: expect.stringContaining('a factor "ts_scroe", which no policy reads (did you mean "ts_score"?)'),
  };
  expect((await api.status()).warnings).toEqual([warning]);
  expect((await api.cycle({})).warnings).toEqual([warning]);
  clock.now += DAY;
  expect(codes((await api.status()).warnings)).not.toContain('factor_near_known');
});
