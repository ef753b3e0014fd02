import { QUADRANT } from '../../shared/episode/columns/columns.ts';
import { selectRows } from '../../shared/episode/columns/select-rows.ts';
import { guardBlockHours } from '../../shared/guard/block-hours.ts';
import type { Block } from '../../shared/guard/flips.ts';
import type { GuardTest } from '../../shared/guard/guard-test.ts';
import { evaluateTest, recentStart, startTest } from '../../shared/guard/guard-test.ts';
import { LINES } from '../../shared/guard/wealth.ts';
import { rowsWhere } from '../../shared/override/rows-where.ts';
import { DAY_MS } from '../../shared/time.ts';
import { columnsOf, START_MS } from '../policy/policy-runners.ts';
import type { Events } from '../policy/world.ts';
import { noFlips } from './streams.ts';

const HOUR_MS = 3_600_000;

/** Simulated time of a day, milliseconds since 1970. */
const atDay = (day: number): number => START_MS + day * DAY_MS;

/** Returns the blocks of the flips of a policy as they are known at a moment, by the rules of the guard. */
function blocksKnown(
  events: Events,
  flips: readonly number[],
  acts: Uint8Array,
  now: number,
  hours: number,
): Block[] {
  const blocks = new Map<
    number,
    { index: number; last: number; counts: Pick<Block, 'loosened' | 'tightened'> }
  >();
  for (const i of flips) {
    const at = atDay(events.day[i] ?? 0);
    if (at > now) break;
    const index = Math.floor(at / (hours * HOUR_MS));
    const block = blocks.get(index) ?? {
      index,
      last: at,
      counts: { loosened: noFlips(), tightened: noFlips() },
    };
    blocks.set(index, block);
    block.last = at;
    const isKnown = atDay(events.known[i] ?? 0) <= now;
    const outcome = isKnown ? (events.success[i] === 1 ? 'success' : 'failure') : 'unknown';
    const counts = block.counts[acts[i] === 1 ? 'loosened' : 'tightened'] as ReturnType<typeof noFlips>;
    counts[outcome]++;
  }
  return [...blocks.values()].map(({ index, last, counts }) => ({ index, last, ...counts }));
}

/** Returns the first hour of a span at which a test reaches the line of harm; more knowledge only adds wealth. */
function firstHarm(test: GuardTest, from: number, to: number, blocksAt: (now: number) => Block[]) {
  const isHarmful = (now: number): boolean => {
    const blocks = blocksAt(now).filter(({ last }) => last >= test.since);
    return evaluateTest(test, blocks, now).result.log_wealth.harm >= LINES.harm;
  };
  let [low, high] = [0, Math.floor((to - from) / HOUR_MS)];
  if (!isHarmful(from + high * HOUR_MS)) return undefined;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isHarmful(from + middle * HOUR_MS)) high = middle;
    else low = middle + 1;
  }
  return from + high * HOUR_MS;
}

/**
 * Returns the day on which the guard turns a policy off; undefined when it does not.
 * @param base decisions of the base gates
 * @param from the policy is live from this day on
 */
function dayOfWithdrawal(
  events: Events,
  acts: Uint8Array,
  base: Uint8Array,
  from: number,
): number | undefined {
  const flips = Array.from(acts.keys()).filter(i => acts[i] !== base[i] && (events.day[i] ?? 0) >= from);
  const first = flips[0];
  if (first === undefined) return undefined;
  const since = atDay(Math.max(from, Math.floor(events.day[first] ?? 0)));
  const end = atDay(events.world.days);
  const columns = columnsOf(
    events,
    Uint8Array.from(events.success, s => (s === 1 ? QUADRANT.miss : QUADRANT.dodge)),
  );
  const before = rowsWhere(columns, (time, resolvedAt) => time < since && resolvedAt <= since);
  const hours = guardBlockHours(selectRows(columns, before));
  const blocksAt = (now: number): Block[] => blocksKnown(events, flips, acts, now, hours);
  const { payoff } = events.world;
  const found = [firstHarm(startTest(since, hours, payoff, 'drift'), since, end, blocksAt)];
  for (let at = recentStart(since, since + 28 * DAY_MS) ?? end; at < end; at += 28 * DAY_MS)
    found.push(
      firstHarm(
        startTest(at, hours, payoff, 'drift'),
        at,
        Math.min(end, at + 28 * DAY_MS - HOUR_MS),
        blocksAt,
      ),
    );
  const stops = found.filter(at => at !== undefined);
  return stops.length === 0 ? undefined : (Math.min(...stops) - START_MS) / DAY_MS;
}

/**
 * Returns the decisions of a policy while it is live, and those of the base gates while it is off. What the policy learns
 * from its own decisions while it is off is not simulated.
 * @param resumeAfter days after which an operator resumes it; infinite: nobody does
 * @returns the decisions, and the day of the first withdrawal
 */
export function guardedActs(
  events: Events,
  acts: Uint8Array,
  base: Uint8Array,
  resumeAfter: number,
): [Uint8Array, number | undefined] {
  const guarded = acts.slice();
  let first: number | undefined;
  for (let from = 0; from < events.world.days; ) {
    const stop = dayOfWithdrawal(events, acts, base, from);
    if (stop === undefined) break;
    first ??= stop;
    from = stop + resumeAfter;
    for (let i = 0; i < events.size; i++) {
      const day = events.day[i] ?? 0;
      if (day >= stop && day < from) guarded[i] = base[i] ?? 0;
    }
  }
  return [guarded, first];
}
