import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { selectRows } from '../../shared/episode/columns/select-rows.ts';
import { elementAt } from '../../shared/numbers.ts';
import { simulateDecisions } from '../../shared/override/evaluation/simulate-decisions.ts';
import { scoreRows } from '../../shared/override/model/fit-model.ts';
import { modelPolicy } from '../../shared/override/policies/model.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { rowsWhere } from '../../shared/override/rows-where.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { PolicyRunner } from './policy-runners.ts';
import { baseRunner, columnsOf, FIRST_DAY, PATTERN, START_MS } from './policy-runners.ts';
import type { Events } from './world.ts';
import { generate } from './world.ts';

/** Days of the window that the model reads. */
const LOOKBACK_DAYS = 365;
/** Days of the same world before day 0, which only the model reads: with them its window is full from day 120 on. */
const HISTORY_DAYS = 245;
/** Random numbers of the history, apart from those of the events that are scored. */
const HISTORY_STREAM = 3;

/** Decisions by the gates and by the score of one model. */
interface ModelActs {
  readonly gates: Uint8Array;
  readonly score: Uint8Array;
  readonly overrides: number;
}

/** Decisions by events and days between two fits, which two runners share. */
const known = new WeakMap<Events, Map<number, ModelActs>>();

/** Returns a runner of the model, which is fitted every few days to the outcomes of a year that are known by then. */
export const modelRunner =
  (use: 'gates' | 'score', everyDays: number): PolicyRunner =>
  events => {
    const ofEvents = known.get(events) ?? new Map<number, ModelActs>();
    known.set(events, ofEvents);
    const acts = ofEvents.get(everyDays) ?? simulateModel(events, everyDays);
    ofEvents.set(everyDays, acts);
    return { acts: acts[use], overrides: use === 'gates' ? acts.overrides : 0 };
  };

function simulateModel(events: Events, everyDays: number): ModelActs {
  const all = withHistory(events);
  const before = all.size - events.size;
  // The model reads outcomes and the gates' margins, so that no decision of its own is fed back.
  const base = baseRunner(all).acts;
  const quadrant = base.map((acts, i) => {
    if (acts === 1) return all.success[i] === 1 ? QUADRANT.win : QUADRANT.falsePositive;
    return all.success[i] === 1 ? QUADRANT.miss : QUADRANT.dodge;
  });
  const columns = columnsOf(all, quadrant);
  const settings = {
    ...REPLAY_SETTINGS,
    payoff: events.world.payoff,
    windows: [LOOKBACK_DAYS] as const,
  };
  const gates = prepareGates(PATTERN, columns, settings);
  const decisions = { gates: base.slice(), score: base.slice() };
  let overrides = 0;
  for (let day = FIRST_DAY; day < events.world.days; day += everyDays) {
    const at = START_MS + day * DAY_MS;
    const from = at - LOOKBACK_DAYS * DAY_MS;
    const window = rowsWhere(columns, (time, resolvedAt) => time >= from && time < at && resolvedAt <= at);
    const fit = modelPolicy(PATTERN, selectRows(columns, window), at, settings);
    if (!fit.model) continue;
    const rows = rowsWhere(columns, time => time >= at && time < at + everyDays * DAY_MS);
    simulateDecisions(gates, fit.overrides, 'product', rows, decisions.gates);
    const scores = scoreRows(fit.model, gates, rows, base, settings).acts;
    rows.forEach((row, i) => {
      decisions.score[row] = elementAt(scores, i);
    });
    overrides = Math.max(overrides, fit.overrides.length);
  }
  return { gates: decisions.gates.slice(before), score: decisions.score.slice(before), overrides };
}

/** Returns events after `HISTORY_DAYS` of other events of the same world. */
function withHistory(events: Events): Events {
  const { world, seed, curve } = events;
  const span = { firstDay: -HISTORY_DAYS, days: HISTORY_DAYS, stream: HISTORY_STREAM };
  const earlier = generate(world, seed, curve, span);
  const [ts, halo, slope] = events.margins;
  const [earlierTs, earlierHalo, earlierSlope] = earlier.margins;
  return {
    ...events,
    size: earlier.size + events.size,
    day: joined(Float64Array, earlier.day, events.day),
    known: joined(Float64Array, earlier.known, events.known),
    dimensions: events.dimensions.map((dimension, d) => ({
      ...dimension,
      codes: joined(Uint8Array, earlier.dimensions[d]?.codes ?? [], dimension.codes),
    })),
    margins: [
      joined(Float64Array, earlierTs, ts),
      joined(Float64Array, earlierHalo, halo),
      joined(Float64Array, earlierSlope, slope),
    ],
    probability: joined(Float64Array, earlier.probability, events.probability),
    success: joined(Uint8Array, earlier.success, events.success),
    pair: joined(Uint32Array, earlier.pair, events.pair),
    shift: [...earlier.shift, ...events.shift],
  };
}

function joined<T>(
  Type: new (values: number[]) => T,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): T {
  return new Type([...Array.from(first), ...Array.from(second)]);
}
