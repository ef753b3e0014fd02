import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCore } from '../../client/src/core.ts';
import { scorer } from '../../client/src/score.ts';
import { readColumns } from '../../shared/cycle/event-window.ts';
import { Dynamo, documentClient } from '../../shared/dynamodb/client.ts';
import { setPartition } from '../../shared/dynamodb/keys.ts';
import { fillThresholds } from '../../shared/episode/columns/fill-thresholds.ts';
import { compactSnapshotSchema, snapshotSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { elementAt } from '../../shared/numbers.ts';
import { replaySettings } from '../../shared/override/compute-overrides.ts';
import { scoreRows } from '../../shared/override/model/fit-model.ts';
import { modelPolicy } from '../../shared/override/policies/model.ts';
import { decisionsUnderMoves } from '../../shared/override/replay/applied-moves.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import type { ScoreModel } from '../../shared/override/score/score-model.ts';
import { scoreOfParts } from '../../shared/override/score/score-parts.ts';
import { readScorer } from '../../shared/override/score/scorer.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { startOfDay } from '../../shared/time.ts';
import { Line, openTestEdge } from '../edge/open-test-edge.ts';
import type { Api } from '../support/api.ts';
import { importAll, openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';
import { randomOf } from '../support/random.ts';

const BASE_THRESHOLDS = { ts_min: 0.6, halo_max: 1 };
const SETTINGS = {
  policy: 'model',
  challengers: [],
  score: 'advise',
  base_thresholds: BASE_THRESHOLDS,
};
/** Each of so many look-ups goes over HTTP as well. */
const OVER_HTTP = 6;

interface Sent {
  readonly episode_id: string;
  readonly timestamp: string;
  readonly scope: Record<string, string>;
  readonly factors: Record<string, unknown>;
}

/** A year of events that log their gates in every form, of which thresholds misjudge 15m (too tight) and 1m (too loose). */
function year(count: number): Sent[] {
  const random = randomOf(11);
  return Array.from({ length: count }, (_, i) => {
    const timeframe = ['15m', '1m', '1h'][Math.floor(3 * random())] as string;
    const ts = 0.3 + 0.6 * random();
    const needed = { '15m': 0.4, '1m': 0.85, '1h': 0.6 }[timeframe] ?? 0.6;
    const form = random();
    const factors = {
      ...(form < 0.9 && { ts_score: form < 0.3 ? { min: 0, median: ts, max: 1 } : ts }),
      ...(form > 0.2 && { ts_min: form < 0.25 ? 0.5 : 0.6 }),
      ...(form >= 0.9 && { ts_ok: ts > 0.6 }),
      ...(form > 0.1 && form < 0.8 && { halo_distance: 2 * random() - 0.1, halo_max: 1 }),
      ...((form <= 0.1 || form >= 0.8) && {
        blocked_by: ['halo', 'slope', 'ts'].slice(Math.floor(3 * random())),
      }),
      ...(form > 0.95 && { blocked_by: ['volume'] }),
      ema60_slope: random() - 0.3,
      slope_min: 0,
      note: 'kept',
    };
    const time = NOW - (1 + (358 * i) / count) * DAY;
    return {
      pattern_key: S1,
      episode_id: `e${i}`,
      decision: random() < 0.5 ? 'acted' : 'skipped',
      scope: { timeframe, chain: `c${Math.floor(4 * random() ** 2)}`, ...(random() < 0.5 && { side: 'x' }) },
      factors,
      timestamp: iso(time),
      outcome: random() < (ts >= needed ? 0.7 : 0.1) ? 'success' : 'failure',
      resolved_at: iso(time + 1000),
    };
  });
}

const EVENTS = year(900);
let api: Api;
let db: Dynamo;
let now = NOW;
const put = (path: string, body: object) =>
  api.send('PUT', `/v1/patterns/${S1}/${path}`, { ...body, reason: 'a test' });
beforeAll(async () => {
  api = await openApi({
    now: () => now,
    changeClientSettings: settings => {
      db = new Dynamo(documentClient(settings));
      return settings;
    },
  });
  await importAll(api, EVENTS);
  await put('settings', SETTINGS);
  await api.cycle();
});
afterAll(() => api.close());

/** Returns the decisions of the model that the run fitted at midnight, by time of the event; events that cannot be replayed are left out. */
async function fittedDecisions(isHalted: boolean): Promise<ReadonlyMap<number, boolean>> {
  const midnight = startOfDay(now);
  const stored = await readColumns(api.service.runtime.episodes, S1, midnight, 365, new Set());
  const columns = fillThresholds(stored, BASE_THRESHOLDS);
  const payoff = { win: 2, loss: 1 };
  const settings = replaySettings({ payoff, n_min: 33, lookback_days: 365, max_overrides: 20_000 });
  const { model } = modelPolicy(S1, columns, midnight, settings);
  if (!model) throw new Error('no model was fitted');
  const gates = prepareGates(S1, columns, settings);
  const rows = Uint32Array.from({ length: columns.size }, (_, row) => row).filter(
    row => gates.replayable[row] === 1,
  );
  const { acts } = scoreRows(model, gates, rows, decisionsUnderMoves(gates, [], rows), settings, isHalted);
  return new Map([...rows].map((row, i) => [elementAt(columns.time, row), acts[i] === 1]));
}

async function publishedModel(): Promise<ScoreModel> {
  const head = await api.service.runtime.heads.head(S1);
  const parts = head?.current?.score && (await api.service.runtime.scores.read(S1, head.current.score));
  const model = parts && scoreOfParts(parts);
  if (!model) throw new Error('no model is in force');
  return model;
}

const logOdds = (p: number): number => Math.log(p / (1 - p));
const lookUp = ({ scope, factors }: Pick<Sent, 'scope' | 'factors'>) => ({ pattern_key: S1, scope, factors });

describe('a look-up with factors', () => {
  it('[K38] Service, edge and client advise on each event of the year as the fitted model decides', async () => {
    const decisions = await fittedDecisions(false);
    const line = new Line(api.service.app);
    const edge = openTestEdge(line);
    await edge.core.refresh();
    const client = openCore({ url: 'http://localhost', fetch: line.fetch, scorer, off: () => false });
    await client.refresh();
    const counts = { acts: 0, skips: 0, opened: 0, closed: 0, none: 0 };
    for (const [i, event] of EVENTS.entries()) {
      const answer = client.thresholds(S1, event.scope, {}, { factors: event.factors });
      const { advice, no_advice, applied } = answer;
      expect(advice?.act).toBe(decisions.get(Date.parse(event.timestamp)));
      if (i % OVER_HTTP === 0) {
        const expected = { applied, ...(advice ? { advice } : { no_advice }) };
        expect(await api.lookup(lookUp(event))).toMatchObject(expected);
        const onEdge = await edge.send('POST', '/v1/overrides/lookup', lookUp(event));
        expect(await onEdge.json()).toMatchObject(expected);
      }
      const { score = Number.NaN, rung = Number.NaN } = applied;
      if (!advice) counts.none++;
      else {
        // What the bot logs has the decision: the score is above the rung.
        expect(score).toBeCloseTo((logOdds(advice.p) - logOdds(advice.break_even)) / advice.error, 9);
        expect(advice.act).toBe(score > rung);
        counts[advice.act ? (rung > 0 ? 'opened' : 'acts') : rung > 0 ? 'skips' : 'closed']++;
      }
    }
    client.close();
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
  });

  it('[K38] On a halted pattern only what clears the rung of openings is advised', async () => {
    const decisions = await fittedDecisions(true);
    const score = readScorer(await publishedModel());
    for (const { scope, factors, timestamp } of EVENTS) {
      const advised = score?.(factors, {}, normalizeScope(scope), true).answer;
      expect(advised && 'advice' in advised ? advised.advice.act : undefined).toBe(
        decisions.get(Date.parse(timestamp)),
      );
    }
  });
});

describe('factors and applied', () => {
  it('An event takes what a look-up with advice answered as applied', async () => {
    const [event] = EVENTS;
    const { applied } = await api.lookup(lookUp(event as Sent));
    expect(applied).toMatchObject({ generation: 1, score: expect.any(Number), rung: expect.any(Number) });
    const decided = {
      ...event,
      episode_id: 'decided',
      factors: { ...event?.factors, applied },
      outcome: null,
    };
    expect(await api.postEvents([{ ...decided, resolved_at: null }])).toMatchObject({ accepted: 1 });
  });

  it('A threshold that factors lack comes from the thresholds of the look-up', async () => {
    const factors = { ts_score: 0.5, halo_distance: 0.5, ema60_slope: 0.1, slope_min: 0 };
    const scope = { timeframe: '15m' };
    const adviceOn = async (body: object) => (await api.lookup({ pattern_key: S1, scope, ...body })).advice;
    const strict = await adviceOn({ factors: { ...factors, ts_min: 0.9 } });
    expect(await adviceOn({ factors, thresholds: { ts_min: 0.9 } })).toEqual(strict);
    expect(await adviceOn({ factors })).toEqual(await adviceOn({ factors: { ...factors, ts_min: 0.6 } }));
    expect(await adviceOn({ factors })).not.toEqual(strict);
  });

  it.each([
    ['applied', { applied: {} }, 'factors.applied', /^is what a look-up answers/],
    ['a text for a number', { ts_score: 'high' }, 'factors.ts_score', /^must be a number/],
  ])('Factors with %s are refused by name', async (_, factors, path, message) => {
    const response = await api.send('POST', '/v1/overrides/lookup', { pattern_key: S1, scope: {}, factors });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      errors: [{ path, message: expect.stringMatching(message) }],
    });
  });
});

it('Factors in a query are refused, and the message names the call that takes them', async () => {
  const query = `pattern_key=${S1}&factors.ts_score=0.5`;
  const response = await api.send('GET', `/v1/overrides/lookup?${query}`);
  const message = expect.stringContaining('POST /v1/overrides/lookup');
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_request', errors: [{ path: 'factors.ts_score', message }] },
  ]);
});

describe('the model of a generation', () => {
  const event = EVENTS.find(({ factors }) => typeof factors.ts_score === 'number' && factors.ts_min) as Sent;
  const snapshot = async (form: string): Promise<Record<string, unknown>> =>
    (await (await api.send('GET', `/v1/snapshots/${S1}?form=${form}`)).json()) as Record<string, unknown>;

  it('Both forms of the snapshot carry it, and a run with the same events leaves it in force', async () => {
    const model = await publishedModel();
    expect(snapshotSchema.parse(await snapshot('full')).score).toEqual(model);
    expect(compactSnapshotSchema.parse(await snapshot('compact')).score).toEqual(model);
    now += 1000;
    expect((await api.cycle()).patterns).toMatchObject([{ status: 'unchanged', generation: 1 }]);
  });

  it('A client serves the overrides of a snapshot whose model is damaged', async () => {
    const document = { ...(await snapshot('full')), score: { form: 1, weights: '', covariance: '' } };
    const client = openCore({
      url: 'http://localhost',
      fetch: () => Promise.reject(new Error('offline')),
      bootstrap: [JSON.stringify(document)],
      scorer,
      off: () => false,
    });
    await client.ready();
    const answer = client.thresholds(S1, event.scope, { ts_min: 0.6 }, { factors: event.factors });
    client.close();
    expect(answer).toMatchObject({ generation: 1, applied: { generation: 1 } });
    expect(answer).not.toHaveProperty('advice');
  });

  it('In mode shadow neither look-ups nor snapshots have it', async () => {
    await put('mode', { mode: 'shadow' });
    expect(await api.lookup(lookUp(event))).toMatchObject({ applied: {}, no_advice: { code: 'not_served' } });
    expect(await snapshot('full')).not.toHaveProperty('score');
    await put('mode', { mode: 'live' });
  });

  it('A candidate has its own, and one that cannot be read leaves the overrides in force', async () => {
    const { heads, scores } = api.service.runtime;
    const [head, model] = [await heads.head(S1), await publishedModel()];
    if (!head?.current) throw new Error('nothing is in force');
    const kept = { ...head.current.score, kept_until: iso(NOW + 60 * DAY) };
    const parts = [{ part: 0, text: JSON.stringify({ ...model, break_even: 0.9 }) }];
    const other = { ...kept, ...(await scores.write(S1, parts, NOW / 1000 + 1e6)) };
    const share = { share: 1, started_at: iso(NOW), step_at: iso(NOW), moves: 'm' };
    let { version } = head;
    const answerWith = async (score: typeof other) => {
      const generation = { ...head.current, generation: 9, score } as NonNullable<typeof head.current>;
      const candidate = { ...share, generation, salt: score.id };
      await heads.replaceHead(S1, { ...head, version: ++version, candidate });
      const { advice: control } = await api.lookup(lookUp(event));
      expect(control?.break_even).toBeCloseTo(1 / 3, 12);
      return api.lookup({ ...lookUp(event), episode_id: 'e' });
    };
    expect(await answerWith(other)).toMatchObject({ arm: 'candidate', advice: { break_even: 0.9 } });
    expect(await snapshot('full')).toMatchObject({ candidate: { score: { break_even: 0.9 } } });
    const { overrides, no_advice } = await answerWith({ ...other, id: 'missing' });
    expect([overrides.length > 0, no_advice?.code]).toEqual([true, 'model_unreadable']);
    const partial = await api.service.app.request(`/v1/snapshots/${S1}`);
    const document = (await partial.json()) as { readonly candidate: object; readonly etag: string };
    expect(document).toMatchObject({ score: model, candidate: { overrides: expect.any(Array) } });
    expect(document.candidate).not.toHaveProperty('score');
    // A caller that has it asks again until the model can be read.
    const again = await api.service.app.request(`/v1/snapshots/${S1}`, {
      headers: { 'if-none-match': document.etag },
    });
    expect([partial.headers.get('etag'), again.status]).toEqual([document.etag, 200]);
    await heads.replaceHead(S1, { ...head, version: ++version });
  });

  it('Parts of it that are lost are written anew by the next run, or reported where it may not replace them', async () => {
    const model = await publishedModel();
    const lose = async (): Promise<void> => {
      const { id = '' } = (await api.service.runtime.heads.head(S1))?.current?.score ?? {};
      const pk = setPartition(S1, id);
      await db.delete({ TableName: 'pm-tuning-overrides', Key: { pk, sk: '0000' } });
      await expect(publishedModel()).rejects.toMatchObject({ code: 'damaged_generation' });
    };
    await lose();
    expect((await api.cycle()).patterns).toMatchObject([{ status: 'unchanged', generation: 1 }]);
    expect(await publishedModel()).toEqual(model);

    await put('mode', { mode: 'frozen' });
    await put('settings', { base_thresholds: { ts_min: 0.5 } });
    await lose();
    const message = expect.stringContaining('are missing or differ (score)');
    const warning = { code: 'generation_damaged', message };
    expect((await api.cycle()).patterns).toMatchObject([
      { status: 'frozen', warnings: expect.arrayContaining([expect.objectContaining(warning)]) },
    ]);
    await put('settings', { base_thresholds: BASE_THRESHOLDS });
    await api.cycle();
    expect(await publishedModel()).toEqual(model);
    await put('mode', { mode: 'live' });
  });

  it('With score off the next run publishes none, and a rollback brings it back', async () => {
    await put('settings', { score: 'off' });
    expect((await api.cycle()).patterns).toMatchObject([{ status: 'published', generation: 2 }]);
    expect(await api.lookup(lookUp(event))).toMatchObject({ generation: 2, no_advice: { code: 'no_model' } });
    expect(await snapshot('compact')).not.toHaveProperty('score');
    const before = await api.send('POST', `/v1/patterns/${S1}/rollback`, { generation: 1, reason: 'a test' });
    expect(before.status).toBe(200);
    expect(await api.lookup(lookUp(event))).toMatchObject({
      generation: 1,
      advice: { act: expect.any(Boolean) },
    });
  });
});
