import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../shared/errors.ts';
import { lessonsPageSchema } from '../../shared/http/schemas/lessons.ts';
import { overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import { jsonLog } from '../../shared/log.ts';
import type { Api } from '../support/api.ts';
import { events, importAll, openApi, readLines } from '../support/api.ts';
import { DAY, iso, NOW, S1, S2 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

/* A trial computes, is recorded, and changes nothing else (contract, section 6). */

let api: Api;
let now = NOW;
let lines: Record<string, unknown>[] = [];
beforeEach(async () => {
  now = NOW;
  lines = [];
  const log = jsonLog('info', line => lines.push(JSON.parse(line)), Date.now);
  api = await openApi({ now: () => now, log, environment: { N_MIN: '10' } });
  await api.postEvents(events(20, 'a'));
  await api.cycle();
});
afterEach(() => api.close());

/** Returns everything that a trial must not change. */
async function inForce() {
  const { heads, dimensions, changes } = api.service.runtime;
  const { now: _, ...status } = await api.status();
  return {
    status,
    head: await heads.head(S1),
    archived: await heads.archived(S1),
    near: await heads.near(S1),
    evidence: await heads.evidence(S1),
    used: (await dimensions.coverage(S1)).used,
    changes: await changes.page({ limit: 100 }, () => true),
    lookUp: await api.lookup({ pattern_key: S1, scope: { chain: 'solana' }, thresholds: { ts_min: 0.6 } }),
  };
}

const overridesOf = async (cycleId: string) => {
  const response = await api.send('GET', `/v1/overrides?pattern_key=${S1}&cycle_id=${cycleId}`);
  expect(response.status).toBe(200);
  return overridesPageSchema.parse(await response.json());
};
const lessonsOf = async (cycleId: string, query = '') => {
  const response = await api.send('GET', `/v1/lessons?pattern_key=${S1}&cycle_id=${cycleId}${query}`);
  expect(response.status).toBe(200);
  return lessonsPageSchema.parse(await response.json());
};

describe('[T1] a trial', () => {
  it.each([
    ['as_of', { as_of: '2015-01-01T00:00:00Z' }, { added: 0, removed: 4, changed: 0 }],
    ['as_of of today', { as_of: iso(NOW) }, { added: 0, removed: 0, changed: 4 }],
    ['lookback_days', { lookback_days: 1 }, { added: 0, removed: 4, changed: 0 }],
    ['n_min', { n_min: 61 }, { added: 0, removed: 4, changed: 0 }],
    ['policy', { policy: 'replay' }, { added: 0, removed: 4, changed: 0 }],
    ['publish: false', { publish: false }, { added: 0, removed: 0, changed: 4 }],
    ['publish: false and a reason', { publish: false, reason: 'look' }, { added: 0, removed: 0, changed: 4 }],
  ])('A run with %s changes nothing and counts what it would change', async (_, options, changes) => {
    await api.postEvents(events(40, 'b'));
    const before = await inForce();
    now += 1000;
    const response = await api.send('POST', '/v1/cycles?wait=true', options);
    const record = (await response.json()) as Record<string, unknown>;
    expect(record).toMatchObject({ status: 'succeeded', trial: true, who: 'local' });
    const { as_of, publish, reason, ...settings } = {
      as_of: '',
      publish: false,
      reason: undefined,
      ...options,
    };
    expect(record.settings).toEqual(settings);
    expect(record.reason).toBe(reason);
    expect(record.patterns).toMatchObject([
      { status: 'computed', published: false, would_publish: true, generation: 1, changes },
    ]);
    expect(await inForce()).toEqual({
      ...before,
      status: {
        ...before.status,
        last_cycle: { ...before.status.last_cycle, age_seconds: 1 },
      },
    });
  });

  it('A trial is in the list of cycles, and is neither the last cycle of status nor a metric', async () => {
    now += 1000;
    const { cycle_id: last } = await api.cycle();
    const trials = [];
    for (let i = 0; i < 12; i++) {
      now += 1000;
      trials.push((await api.trial({ n_min: 11 })).cycle_id);
    }
    expect((await api.status()).last_cycle?.cycle_id).toBe(last);
    const list = await api.service.runtime.cycles.listAll(100);
    expect(list.map(cycle => cycle.cycle_id).slice(0, 13)).toEqual([...trials.toReversed(), last]);
    expect(lines.filter(line => line.message === 'cycle closed')).toHaveLength(2);
    expect(lines.filter(line => line.message === 'trial closed')).toHaveLength(12);
  });

  it('A trial whose result equals what is in force would publish nothing', async () => {
    const { patterns } = await api.trial({ as_of: iso(NOW) });
    expect(patterns).toMatchObject([
      { status: 'computed', would_publish: false, changes: { added: 0, removed: 0, changed: 0 } },
    ]);
  });

  it.each([
    ['live', true],
    ['shadow', true],
    ['off', true],
    ['frozen', false],
  ])('A trial of a pattern in mode %s would publish: %s', async (mode, would_publish) => {
    await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode, reason: 'a test' });
    const { patterns } = await api.trial({ n_min: 61 });
    expect(patterns).toMatchObject([{ status: 'computed', would_publish, generation: 1 }]);
  });

  it('Two trials at the same time as a run of the schedule change nothing, and the run publishes', async () => {
    await api.postEvents(events(40, 'b'));
    const runs = await Promise.all([api.trial({ n_min: 61 }), api.cycle(), api.trial({ n_min: 61 })]);
    expect(runs.map(run => run.patterns[0]?.status)).toEqual(['computed', 'published', 'computed']);
    expect((await api.status()).patterns).toMatchObject([{ generation: 2, overrides: 4 }]);
  });

  it('A trial that stops after mining leaves everything as it was', async () => {
    await api.postEvents(events(40, 'b'));
    const before = await inForce();
    const { runtime } = api.service;
    const { tuneStep } = await import('../../shared/cycle/steps/tune.ts');
    const { openStep } = await import('../../shared/cycle/steps/open.ts');
    const execution = { name: 'cut', started_at: iso(NOW) };
    const { cycle } = await openStep(runtime, { execution, options: { n_min: 61 } });
    await tuneStep(runtime, { cycle, pattern_key: S1 });
    expect(await inForce()).toEqual(before);
  });

  it('A trial that fails is recorded with the reason, and leaves the service healthy', async () => {
    const { episodes } = api.service.runtime;
    Object.assign(episodes, {
      resolved: () => {
        throw new Fault('damaged_event', 'a test');
      },
    });
    expect(await api.trial()).toMatchObject({
      status: 'failed',
      trial: true,
      patterns_failed: 1,
      patterns: [{ status: 'failed', would_publish: false, reason: 'failed: damaged_event: a test' }],
    });
    expect(await api.status()).toMatchObject({ healthy: true, last_cycle: { status: 'succeeded' } });
    expect(lines.filter(line => line.message === 'trial closed')).toMatchObject([{ status: 'failed' }]);
    expect(lines.filter(line => line.message === 'cycle closed')).toHaveLength(1);
    expect(await api.cycle()).toMatchObject({ status: 'failed', trial: false });
    expect((await api.status()).healthy).toBe(false);
  });
});

describe('[T2] the result of a run', () => {
  it('Lessons, near lessons and overrides of a trial are read by its id', async () => {
    const { cycle_id } = await api.trial({ n_min: 5, lookback_days: 30 });
    const overrides = await overridesOf(cycle_id);
    expect(overrides).toMatchObject({ pattern_key: S1, generation: 0, cycle_id });
    expect(overrides.overrides).toHaveLength(4);
    expect(await lessonsOf(cycle_id)).toMatchObject({
      generation: 0,
      cycle_id,
      lessons: [{ n: 20 }, { n: 20 }],
    });
    await api.postEvents(events(15, 'near', { scope: { chain: 'base' }, timestamp: iso(NOW - DAY) }));
    const higher = await api.trial({ n_min: 16, as_of: iso(NOW) });
    const near = await lessonsOf(higher.cycle_id, '&near=true');
    expect(near).toMatchObject({ generation: 0, cycle_id: higher.cycle_id });
    expect(near.lessons.map(lesson => [lesson.n, lesson.lacks])).toEqual([[15, 1]]);
    expect(await api.near(S1)).toEqual([]);
  });

  it('Pages of a trial continue with its rows', async () => {
    const { cycle_id } = await api.trial({ n_min: 5 });
    const path = `/v1/overrides?pattern_key=${S1}&cycle_id=${cycle_id}&limit=3`;
    const first = overridesPageSchema.parse(await (await api.send('GET', path)).json());
    const token = encodeURIComponent(first.next ?? '');
    const second = overridesPageSchema.parse(await (await api.send('GET', `${path}&next=${token}`)).json());
    expect([first.overrides.length, second.overrides.length, second.cycle_id]).toEqual([3, 1, cycle_id]);
    expect([...first.overrides, ...second.overrides]).toEqual((await overridesOf(cycle_id)).overrides);
  });

  it('The result of a run that published carries its generation, also after a later one', async () => {
    const [first] = await api.service.runtime.cycles.listAll(1);
    now += 1000;
    await api.postEvents(events(40, 'b'));
    await api.cycle();
    const old = await overridesOf(first?.cycle_id ?? '');
    expect(old).toMatchObject({ generation: 1, cycle_id: first?.cycle_id });
    expect(old.overrides.map(override => override.n)).toEqual([20, 20, 20, 20]);
    expect(await lessonsOf(first?.cycle_id ?? '', '&near=true')).toMatchObject({
      generation: 1,
      lessons: [],
    });
  });

  it('Near lessons of a run stay readable after another run replaced them', async () => {
    await api.postEvents(events(9, 'near', { scope: { chain: 'base' } }));
    now += 1000;
    const first = await api.cycle();
    await api.postEvents(events(1, 'more', { scope: { chain: 'base' } }));
    now += 1000;
    const second = await api.cycle();
    expect((await lessonsOf(first.cycle_id, '&near=true')).lessons.map(l => l.lacks)).toEqual([1]);
    expect((await lessonsOf(second.cycle_id, '&near=true')).lessons).toEqual([]);
  });

  it('After a day the result of a run answers trial_expired, and an unknown run unknown_cycle', async () => {
    const { cycle_id } = await api.trial({ n_min: 5 });
    now += DAY;
    await overridesOf(cycle_id);
    now += 1;
    for (const list of ['overrides?', 'lessons?', 'lessons?near=true&']) {
      const path = `/v1/${list}pattern_key=${S1}`;
      expect(await requestProblem(api, 'GET', `${path}&cycle_id=${cycle_id}`)).toMatchObject({
        status: 404,
        code: 'trial_expired',
        detail: `the results of cycle ${cycle_id} were kept for a day and have expired: run it again`,
      });
      const unknown = await requestProblem(api, 'GET', `${path}&cycle_id=none`);
      expect(unknown).toMatchObject({ status: 404, code: 'unknown_cycle' });
    }
  });

  it('A pattern that a run did not compute answers unknown_cycle and says where to look', async () => {
    const { cycle_id } = await api.trial({ n_min: 5 });
    await api.postEvents(events(1, 'later', { pattern: S2 }));
    const path = `/v1/overrides?pattern_key=${S2}&cycle_id=${cycle_id}`;
    expect((await requestProblem(api, 'GET', path)).detail).toBe(
      `cycle ${cycle_id} has no result for ${S2}: GET /v1/cycles/${cycle_id} shows what it computed`,
    );
  });

  it('A trial never shortens the life of rows that a generation shares', async () => {
    const head = await api.service.runtime.heads.head(S1);
    now += 20 * DAY;
    await api.trial({ n_min: 10 });
    now += 41 * DAY;
    const set = head?.current?.overrides;
    expect(set && (await api.service.runtime.overrides.read(S1, set))).toHaveLength(4);
  });
});

describe('[T3] publication on purpose', () => {
  it.each([
    [{ as_of: iso(NOW) }, 'as_of'],
    [{ lookback_days: 30, n_min: 5 }, 'lookback_days, n_min'],
    [{ policy: 'replay' }, 'policy'],
  ])(
    'A run with %j and publish: true without a reason is refused and nothing runs',
    async (options, names) => {
      const body = { ...options, publish: true };
      expect(await requestProblem(api, 'POST', '/v1/cycles?wait=true', body)).toMatchObject({
        status: 400,
        code: 'reason_required',
        detail:
          `a run with ${names} publishes only with a reason: ` +
          'add "reason", or leave "publish" out to see what the run would change',
        errors: [{ path: 'reason', message: 'is required with publish' }],
      });
      expect(await api.service.runtime.cycles.listAll(10)).toHaveLength(1);
    },
  );

  it('A run that publishes with a reason is audited with who, why and the settings', async () => {
    now += 1000;
    const { cycle_id, ...run } = await api.cycle({ n_min: 61, publish: true, reason: 'too thin' });
    expect(run).toMatchObject({ trial: false, who: 'local', reason: 'too thin', settings: { n_min: 61 } });
    expect(run.patterns).toMatchObject([{ status: 'too_few_events', published: true, generation: 2 }]);
    const [audited] = await api.service.runtime.changes.audits(S1);
    expect(audited).toEqual({
      who: 'local',
      at: iso(now),
      what: 'publish',
      why: `cycle ${cycle_id}: too thin`,
      generation: 2,
      settings: {
        as_of: iso(now),
        lookback_days: 90,
        n_min: 61,
        policy: 'drift',
        payoff: { win: 2, loss: 1 },
      },
    });
  });

  it.each([
    ['no option', {}, 0],
    ['publish: true', { publish: true }, 0],
    ['publish: true and a reason', { publish: true, reason: 'now' }, 1],
    ['a reason', { reason: 'now' }, 1],
    ['a pattern key', { pattern_key: S1 }, 0],
  ])(
    'A run with %s publishes as the schedule does, and is audited only with a reason',
    async (_, options, audits) => {
      await api.postEvents(events(40, 'b'));
      const response = await api.send('POST', '/v1/cycles?wait=true', options);
      expect(await response.json()).toMatchObject({ trial: false, patterns: [{ status: 'published' }] });
      expect(await api.service.runtime.changes.audits(S1)).toHaveLength(audits);
    },
  );

  it('A frozen pattern publishes nothing, also with publish: true', async () => {
    await api.send('PUT', `/v1/patterns/${S1}/mode`, { mode: 'frozen', reason: 'hold' });
    const { patterns } = await api.cycle({ n_min: 61, publish: true, reason: 'try' });
    expect(patterns).toMatchObject([{ status: 'frozen', published: false, generation: 1 }]);
    expect((await api.service.runtime.changes.audits(S1)).map(change => change.what)).toEqual(['mode']);
  });

  it('status shows the policy in force, and the one of the next run beside it', async () => {
    expect((await api.status()).patterns[0]).toMatchObject({ policy: 'drift' });
    expect((await api.status()).patterns[0]).not.toHaveProperty('next_policy');
    await api.send('PUT', `/v1/patterns/${S1}/settings`, { policy: 'replay', reason: 'try' });
    expect((await api.status()).patterns[0]).toMatchObject({ policy: 'drift', next_policy: 'replay' });
    await api.cycle();
    expect((await api.status()).patterns[0]).toMatchObject({ policy: 'replay' });
  });
});

describe('options of a run', () => {
  it.each([
    [{ as_of: '2052-01-23T00:00:00Z' }, 'as_of_out_of_range'],
    [{ as_of: iso(NOW + DAY + 1) }, 'as_of_out_of_range'],
    [{ as_of: '2052-01-23T00:00:00Z', publish: true, reason: 'r' }, 'as_of_out_of_range'],
    [{ n_min: 10_001 }, 'invalid_request'],
    [{ publish: 'yes' }, 'invalid_request'],
    [{ publish: true, reason: ' ' }, 'invalid_request'],
    [{ reason: 'x'.repeat(1001) }, 'invalid_request'],
    [{ who: 'me' }, 'invalid_request'],
  ])('The options %j are refused with %s before a run starts', async (options, code) => {
    expect(await requestProblem(api, 'POST', '/v1/cycles', options)).toMatchObject({ status: 400, code });
    await api.service.stateMachine.idle();
    expect(await api.service.runtime.cycles.listAll(10)).toHaveLength(1);
  });

  it('An as_of of exactly a day after now is accepted', async () => {
    expect(await api.trial({ as_of: iso(NOW + DAY) })).toMatchObject({ status: 'succeeded' });
  });

  it('A pattern that no event named is refused with the nearest known one', async () => {
    const body = { pattern_key: 'pm.uptrend.S1.entri' };
    expect(await requestProblem(api, 'POST', '/v1/cycles', body)).toMatchObject({
      status: 404,
      code: 'unknown_pattern',
      detail: 'no event named pm.uptrend.S1.entri; did you mean pm.uptrend.S1.entry?',
    });
  });

  it('A wrong year withdraws nothing: 2052 is refused, and 2015 is a trial', async () => {
    const pattern = 'pm.wrongyear.S1.entry';
    await importAll(api, readLines('data/cases/as-of-wrong-year.jsonl'));
    const right = { as_of: '2025-01-20T12:00:00Z', publish: true, reason: 'the right year' };
    await api.cycle(right);
    const published = await api.overrides(pattern);
    expect(published.length).toBeGreaterThan(0);
    const future = await requestProblem(api, 'POST', '/v1/cycles', { as_of: '2052-01-23T00:00:00Z' });
    expect(future).toMatchObject({
      status: 400,
      code: 'as_of_out_of_range',
      detail:
        'as_of 2052-01-23T00:00:00.000Z is more than a day in the future: ' +
        `use a time up to ${iso(NOW + DAY)}`,
    });
    const response = await api.send('POST', '/v1/cycles?wait=true', { as_of: '2015-01-23T00:00:00Z' });
    const { patterns } = (await response.json()) as { patterns: { pattern_key: string }[] };
    expect(patterns.find(run => run.pattern_key === pattern)).toMatchObject({
      status: 'computed',
      would_publish: true,
      changes: { added: 0, removed: published.length, changed: 0 },
    });
    expect(await api.overrides(pattern)).toEqual(published);
  });
});
