import { expect, it, test } from 'vitest';
import type { NUMERIC_FACTORS } from '../../../shared/episode/packed-episode.ts';
import { designRows } from '../../../shared/override/model/design.ts';
import { scoreRows } from '../../../shared/override/model/fit-model.ts';
import { modelPolicy } from '../../../shared/override/policies/model.ts';
import { decisionsUnderMoves } from '../../../shared/override/replay/applied-moves.ts';
import { prepareGates } from '../../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../../shared/override/replay/settings.ts';
import type { Advice } from '../../../shared/override/score/scorer.ts';
import { readScorer } from '../../../shared/override/score/scorer.ts';
import { linear, linearError, logistic } from '../../../shared/statistics/ridge-logistic.ts';
import { S2, S3 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { randomOf } from '../../support/random.ts';
import { AS_OF, event } from '../../support/replay-events.ts';

const SETTINGS = { ...REPLAY_SETTINGS, windows: [365] as const };

/** A year of events with the gates of all states; half of them log SR, and few EDX, whose gate is then not measured. */
function year(count: number): KnownEvent[] {
  const random = randomOf(5);
  return Array.from({ length: count }, () => {
    const ts = 0.3 + 0.6 * random();
    const daysAgo = 1 + 360 * random();
    const known = event({
      outcome: random() < (ts > 0.45 ? 0.7 : 0.15) ? 'success' : 'failure',
      ts,
      halo: 2 * random(),
      slope: 0.01 * (random() - 0.2),
      dx: random() < 0.1 ? -1 : 20 * random(),
      scope: { chain: `c${Math.floor(3 * random())}`, ...(random() < 0.7 && { constructor: 'a' }) },
      daysAgo,
      resolvedDaysAgo: daysAgo - 0.5,
      flags: random() < 0.3 ? { ts_ok: random() < 0.5, slope_ok: random() < 0.5 } : {},
      ...(random() < 0.2 && { blockedBy: ['edx'] }),
    });
    const more: [(typeof NUMERIC_FACTORS)[number], number][] = [
      ...(random() < 0.6 ? [['sr_boost', 0.5 + random()] as const, ['sr_min', 0.8] as const] : []),
      ...(random() < 0.1 ? [['edx', random()] as const, ['edx_max', 0.7] as const] : []),
    ] as never;
    return { ...known, episode: { ...known.episode, numbers: new Map([...known.episode.numbers, ...more]) } };
  });
}

/** Returns the factors of an event as a bot sends them. */
const factorsOf = ({ episode: { numbers, flags, blockedBy } }: KnownEvent): Record<string, unknown> => ({
  ...Object.fromEntries([...numbers, ...flags]),
  ...(blockedBy && { blocked_by: [...blockedBy] }),
});

const adviceOf = (answer: object | undefined): Advice | undefined =>
  (answer as { readonly advice?: Advice } | undefined)?.advice;

test.each([S2, S3])(
  '[K38] Of %s the published model predicts and decides as the fitted one, with optional gates and logged results',
  pattern => {
    const events = year(1200);
    const columns = factorColumns(events);
    const { model, publish } = modelPolicy(pattern, columns, AS_OF, SETTINGS);
    const published = publish?.({});
    if (!model || !published) throw new Error('no model was fitted');
    expect(published.gates.some(({ optional, measured }) => optional && !measured)).toBe(pattern === S3);
    const scorer = readScorer(JSON.parse(JSON.stringify(published)));
    const gates = prepareGates(pattern, columns, SETTINGS);
    const rows = Uint32Array.from(events, (_, row) => row);
    const base = decisionsUnderMoves(gates, [], rows);
    const encoded = designRows(model.design, gates, base, rows, SETTINGS);
    const halted = scoreRows(model, gates, rows, base, SETTINGS, true).acts;
    const { acts } = scoreRows(model, gates, rows, base, SETTINGS);
    events.forEach((known, row) => {
      const advise = (isHalted: boolean): Advice | undefined =>
        adviceOf(scorer?.(factorsOf(known), {}, known.episode.scope, isHalted).answer);
      const advice = advise(false);
      expect(advice === undefined).toBe(gates.replayable[row] === 0);
      if (!advice) return;
      expect([advice.act, advise(true)?.act]).toEqual([acts[row] === 1, halted[row] === 1]);
      expect(advice.p).toBeCloseTo(logistic(linear(encoded, row, model.fit.weights)), 12);
      expect(advice.error).toBeCloseTo(linearError(encoded, row, model.fit.covariance), 6);
    });
  },
);

it('A model of another form is ignored, and one whose matrix is cut is refused', () => {
  const published = modelPolicy(S2, factorColumns(year(600)), AS_OF, SETTINGS).publish?.({});
  if (!published) throw new Error('no model was fitted');
  expect(readScorer({ ...published, form: 2 })).toBeUndefined();
  const covariance = published.covariance.slice(0, -8);
  expect(() => readScorer({ ...published, covariance })).toThrow('damaged');
});

it('A model or factors that cannot be evaluated give a reason, and no error', () => {
  const events = year(400);
  const published = modelPolicy(S2, factorColumns(events), AS_OF, SETTINGS).publish?.({});
  if (!published) throw new Error('no model was fitted');
  const acted = { ts_score: 0.9, ts_min: 0.6, blocked_by: [] };
  const codeOf = (model: object, factors: object): string | undefined => {
    const answer = readScorer(model)?.({ ...factors }, {}, {}, false).answer;
    return answer && 'no_advice' in answer ? answer.no_advice.code : undefined;
  };
  expect(codeOf(published, acted)).toBeUndefined();
  expect(codeOf({ ...published, base: 60_000 }, acted)).toBe('model_unreadable');
  expect(codeOf({ ...published, gates: undefined }, acted)).toBe('model_unreadable');
  const hostile = { ...acted, blocked_by: [Symbol('ts')] };
  expect(codeOf(published, hostile)).toBe('model_unreadable');
});
