import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceAnswerSchema } from '../../shared/http/schemas/evaluation.ts';
import { generationsAnswerSchema, settingsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { summarize } from '../../shared/override/evaluation/evaluation.ts';
import type { Api } from '../support/api.ts';
import { importAll, openApi, readLines } from '../support/api.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';
import { randomOf } from '../support/random.ts';

/* These tests run one pattern under both policies over HTTP, and check what each publishes and records. */

const DAYS = 60;
const PER_DAY = 40;

/** Returns events. Those just below the TS gate win often in timeframe 1h and seldom in the others. */
function tradedEvents(seed: number): object[] {
  const random = randomOf(seed);
  return Array.from({ length: DAYS * PER_DAY }, (_, i) => {
    const margin = 0.7 * (random() - 0.7);
    const timeframe = ['15m', '1h', '4h'][Math.floor(random() * 3)];
    const won = random() < (margin >= 0 || timeframe === '1h' ? 0.6 : 0.15);
    const at = NOW - (DAYS - i / PER_DAY) * DAY;
    return {
      pattern_key: S1,
      episode_id: `t${i}`,
      decision: margin >= 0 ? 'acted' : 'skipped',
      scope: { timeframe, venue: random() < 0.5 ? 'a' : 'b' },
      factors: {
        ts_score: 0.6 * Math.exp(margin),
        ts_min: 0.6,
        halo_distance: 0.1,
        halo_max: 1,
        ema60_slope: 1,
        slope_min: 0,
      },
      timestamp: iso(at),
      outcome: won ? 'success' : 'failure',
      resolved_at: iso(Math.min(NOW, at + DAY)),
    };
  });
}

const PATH = `/v1/patterns/${S1}`;
let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  await importAll(api, tradedEvents(1));
});
afterAll(() => api.close());

const evidence = async () =>
  evidenceAnswerSchema.parse(await (await api.send('GET', `${PATH}/evidence`)).json());
const generations = async () =>
  generationsAnswerSchema.parse(await (await api.send('GET', `${PATH}/generations`)).json());
const putSettings = (body: object) => api.send('PUT', `${PATH}/settings`, { reason: 'a test', ...body });

describe('the backtest before any run', () => {
  it('The evidence of a pattern without a run has no policies and a sentence that gives the reason', async () => {
    expect(await evidence()).toMatchObject({
      as_of: null,
      policies: [],
      says: expect.stringContaining('no run'),
    });
  });
});

describe('drift is published, replay is a challenger', () => {
  it('A run stores the comparison of all policies in its record, in the generation and in the evidence', async () => {
    const { patterns } = await api.cycle({ as_of: iso(NOW) });
    const [run] = patterns;
    expect(run).toMatchObject({ status: 'published', generation: 1 });
    expect(run?.evidence?.map(e => [e.policy, e.overrides > 0])).toEqual([
      ['drift', true],
      ['replay', true],
      ['model', false],
    ]);
    const [generation] = (await generations()).generations;
    expect(generation).toMatchObject({
      policy: 'drift',
      payoff: { win: 2, loss: 1 },
      evidence: run?.evidence,
    });
    const evidenceAnswer = await evidence();
    expect(evidenceAnswer.policies.map(summarize)).toEqual(run?.evidence);
    for (const { over_random, over_never } of evidenceAnswer.policies)
      expect([over_random, over_never]).not.toContain(undefined);
    expect(evidenceAnswer.policies.find(p => p.policy === 'replay')?.low).toBeGreaterThan(0);
    expect(evidenceAnswer.says).toContain('replay gained');
  });
});

describe('switching the policy', () => {
  it('[L3] One call switches the policy, is audited and returns the settings in force', async () => {
    const answer = settingsAnswerSchema.parse(await (await putSettings({ policy: 'replay' })).json());
    expect(answer).toMatchObject({ policy: 'replay', challengers: ['drift', 'model'] });
    expect(answer.last_change).toMatchObject({ what: 'settings', why: 'policy "replay": a test' });
    expect((await generations()).changes).toContainEqual(answer.last_change);
  });

  it('[L3] After a switch, the new policy publishes from the next run on, with its own resolution', async () => {
    const { patterns } = await api.cycle({ as_of: iso(NOW) });
    expect(patterns[0]).toMatchObject({ status: 'published', generation: 2 });
    expect((await generations()).generations[0]).toMatchObject({ policy: 'replay', resolution: 'product' });
  });

  it('The replay policy publishes at most three overrides, each with its evidence as figures and as a sentence', async () => {
    const overrides = await api.overrides(S1);
    expect(overrides.length).toBeLessThanOrEqual(3);
    const hourly = overrides.find(o => o.scope_subset.timeframe === '1h');
    expect(hourly).toMatchObject({ action_category: 'tuning_ts_min', evidence: { window_days: 90 } });
    expect(hourly?.multiplier).toBeLessThan(0.95);
    expect(hourly?.evidence?.winners).toBeGreaterThan(hourly?.evidence?.losers ?? 0);
    expect(hourly?.reason).toMatch(/^ts_min × 0\.\d+ on timeframe=1h: in the last 90 days \d+ more winners/);
    const answer = await api.lookup({
      pattern_key: S1,
      scope: { timeframe: '1h', venue: 'a' },
      thresholds: { ts_min: 0.6 },
      explain: true,
    });
    expect(answer.thresholds.ts_min).toBeCloseTo(0.6 * (hourly?.multiplier ?? 0), 2);
    expect(answer.explain?.map(e => e.reason)).toContain(hourly?.reason);
  });

  it('[L2] Every lesson leads to an override or has a why_not', async () => {
    const movedSlices = new Set((await api.overrides(S1)).map(o => o.scope_hash));
    const lessons = await api.lessons(S1);
    expect(lessons.length).toBeGreaterThan(8);
    for (const lesson of lessons)
      expect([lesson.scope_subset, lesson.why_not === undefined]).toEqual([
        lesson.scope_subset,
        movedSlices.has(lesson.scope_hash),
      ]);
  });

  it('A run over the same events changes nothing, and a run with another payoff publishes a new generation', async () => {
    expect((await api.cycle({ as_of: iso(NOW) })).patterns[0]).toMatchObject({ status: 'unchanged' });
    expect((await putSettings({ payoff: { win: 2, loss: 1.25 } })).status).toBe(200);
    expect((await api.cycle({ as_of: iso(NOW) })).patterns[0]).toMatchObject({ generation: 3 });
    expect((await generations()).generations[0]?.payoff).toEqual({ win: 2, loss: 1.25 });
  });

  it('The setting challengers may be empty, and each of its entries must be a policy', async () => {
    expect((await putSettings({ challengers: [] })).status).toBe(200);
    await api.cycle({ as_of: iso(NOW) });
    expect((await evidence()).policies.map(p => p.policy)).toEqual(['replay']);
    const rejected = await putSettings({ challengers: ['best'] });
    expect([rejected.status, await rejected.json()]).toMatchObject([400, { code: 'policy_not_available' }]);
  });
});

describe('the real events of a PM', () => {
  it('The replay policy publishes no override from the real events of a PM, and every lesson has a reason', async () => {
    const pmApi = await openApi();
    await importAll(pmApi, readLines('data/pm-episode-events.jsonl'));
    const { patterns } = await pmApi.cycle({ as_of: '2025-01-20T00:00:00Z', policy: 'replay' });
    const run = patterns.find(p => p.pattern_key === S1);
    expect(run).toMatchObject({ status: 'published', lessons: 10, overrides: 0 });
    expect(run?.reason).toContain('base gates take 2 winners and 5 losers');
    const lessons = await pmApi.lessons(S1);
    expect(lessons.map(lesson => lesson.reason_code)).toEqual(Array(10).fill('within_chance'));
    for (const { why_not } of lessons) expect(why_not).toMatch(/changes utility by [+−]?\d.*: within chance/);
    expect(await pmApi.overrides(S1)).toEqual([]);
    await pmApi.close();
  });
});

describe('warnings of a policy', () => {
  it('The answer of settings warns of it when drift is chosen, and carries no warning under replay', async () => {
    const settings = async (policy: string) =>
      settingsAnswerSchema.parse(await (await putSettings({ policy })).json());
    expect((await settings('drift')).warning).toContain('12 of 12 runs');
    expect((await settings('replay')).warning).toBeUndefined();
  });

  it('The answer of settings warns of a score without a model', async () => {
    const settings = async (change: object) =>
      settingsAnswerSchema.parse(await (await putSettings(change)).json()).warning;
    expect(await settings({ policy: 'model', score: 'advise' })).toBeUndefined();
    expect(await settings({ policy: 'replay' })).toContain('set policy to model, or score to off');
    await settings({ policy: null, score: null });
  });
});
