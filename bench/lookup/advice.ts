import type { Situation } from '../../client/src/answer.ts';
import { answerLookup } from '../../client/src/answer.ts';
import { ACTION_CATEGORIES, leversOf } from '../../shared/lever/lever.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { modelPolicy } from '../../shared/override/policies/model.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import type { ScoreModel } from '../../shared/override/score/score-model.ts';
import { readScorer } from '../../shared/override/score/scorer.ts';
import { S1 } from '../../test/support/episodes.ts';
import { factorColumns } from '../../test/support/factor-columns.ts';
import { randomOf } from '../../test/support/random.ts';
import { AS_OF, event } from '../../test/support/replay-events.ts';
import { median, quantile } from '../support/report.ts';
import { drawRules, drawScopes } from './rules.ts';
import type { Timed } from './time-each.ts';
import { clockCost, timeEach } from './time-each.ts';

/* Look-ups of the client with the advice of a model and without, on the same scopes and overrides. */

const EVENTS = 12_000;
const RULES = 1000;
const LOOKUPS = 2000;
/** Times that each scope is looked up in a round. */
const REPEATS = 10;
const ROUNDS = 7;
const GROUP = 16;

/** One way to look up, in microseconds. */
interface AdviceRow {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

export interface AdviceTimes {
  readonly columns: number;
  /** Kilobytes of the published model as JSON. */
  readonly kilobytes: number;
  readonly rows: readonly AdviceRow[];
}

/** Fits a model on a year of events with eight dimensions, of which six have columns. */
function fitted(): ScoreModel {
  const random = randomOf(8);
  const events = drawScopes(EVENTS, 6).map(scope => {
    const ts = 0.3 + 0.6 * random();
    const daysAgo = 1 + 360 * random();
    const outcome = random() < (ts > 0.5 ? 0.6 : 0.2) ? 'success' : 'failure';
    const draft = { outcome, ts, halo: 1.5 * random(), slope: random() - 0.3, scope, daysAgo } as const;
    return event({ ...draft, resolvedDaysAgo: daysAgo - 0.5 });
  });
  const settings = { ...REPLAY_SETTINGS, windows: [365] as const };
  const model = modelPolicy(S1, factorColumns(events), AS_OF, settings).publish?.({});
  if (!model) throw new Error('no model was fitted');
  return model;
}

function situation(model: ScoreModel): Situation {
  const served = {
    pattern: S1,
    generation: 1,
    mode: 'live',
    policy: 'model',
    resolution: 'product',
    entries: 'open',
    entriesReason: undefined,
    publishedAt: undefined,
    levers: leversOf(S1),
    index: new OverrideIndex(drawRules(RULES), ACTION_CATEGORIES),
    score: readScorer(model),
    etag: '"1"',
    text: undefined,
  } as const;
  return { served, barred: undefined, mode: 'live', stale: false, ageSeconds: 1 };
}

/** Measures the evaluation alone, and look-ups of repeated scopes without and with factors. */
export function measureAdvice(): AdviceTimes {
  const model = fitted();
  const on = situation(model);
  const random = randomOf(9);
  const inputs = drawScopes(LOOKUPS, 4).map(scope => ({
    scope,
    factors: {
      ...{ ts_score: 0.3 + 0.6 * random(), ts_min: 0.6, halo_distance: 1.5 * random(), halo_max: 1 },
      ...{ ema60_slope: random() - 0.3, slope_min: 0 },
    },
  }));
  type Input = (typeof inputs)[number];
  const base = { ts_min: 0.6, halo_max: 1 };
  const ways: readonly (readonly [string, (input: Input) => unknown])[] = [
    ['evaluation alone', ({ scope, factors }) => on.served?.score?.(factors, base, scope, false)],
    ['client look-up without factors', ({ scope }) => answerLookup(on, scope, base, undefined)],
    ['client look-up with factors', ({ scope, factors }) => answerLookup(on, scope, base, { factors })],
  ];
  const often = Array.from({ length: REPEATS }, () => inputs).flat();
  const cost = clockCost();
  const timed = ways.map(() => [] as Timed[]);
  // The ways take turns, so that a slow moment of the machine meets all of them. The first round compiles the code.
  for (let round = 0; round <= ROUNDS; round++)
    ways.forEach(([, call], w) => {
      const one = timeEach(call, often, cost, GROUP);
      if (round > 0) timed[w]?.push(one);
    });
  const rows = ways.map(([name], w): AdviceRow => {
    const rounds = timed[w] ?? [];
    const samples = rounds.flatMap(round => round.samples);
    const [p50, p99] = [quantile(samples, 0.5) / 1000, quantile(samples, 0.99) / 1000];
    return { name, p50, p99, cpu: median(rounds.map(({ cpuMicros }) => cpuMicros)) };
  });
  const columns = Buffer.from(model.weights, 'base64').byteLength / 8;
  return { columns, kilobytes: JSON.stringify(model).length / 1000, rows };
}
