import { randomUUID } from 'node:crypto';
import type { AddResult, ResolveResult } from '../episode/episode-store.ts';
import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo } from './client.ts';
import { COUNTS, patternPartition } from './keys.ts';

/** Attribute of each counter in the store. */
export const COUNTERS = {
  total: 'events',
  withOutcome: 'with_outcome',
  parked: 'parked',
  eventConflicts: 'event_conflicts',
  outcomeConflicts: 'outcome_conflicts',
} as const;
export type Counter = keyof typeof COUNTERS;

const NAMES: readonly Counter[] = ['total', 'withOutcome', 'parked', 'eventConflicts', 'outcomeConflicts'];

/** Attributes of the outcomes that came without their event since the last one that found its event. */
export const WAITING = 'waiting';
export const WAITING_SINCE = 'waiting_since';

interface CounterSettings {
  readonly controlTable: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Beginning of the attributes that count the events of each writer; its number follows, in base 36. */
export const BY_WRITER = 'by_';

/** Changes of one request to the counters that `status` shows. A request has one writer. */
export class CounterUpdates {
  readonly #changes = new Map<PatternKey, Map<Counter, number>>();
  readonly #writer: number;

  /** @param writer number of the sender of the events */
  constructor(writer: number) {
    this.#writer = writer;
  }

  add(pattern: PatternKey, increments: Readonly<Partial<Record<Counter, number>>>): void {
    const change = this.#changes.get(pattern) ?? new Map<Counter, number>();
    for (const name of NAMES) change.set(name, (change.get(name) ?? 0) + (increments[name] ?? 0));
    this.#changes.set(pattern, change);
  }

  /** Counts a result that is a conflict; any other result changes nothing. */
  addConflict(pattern: PatternKey, result: AddResult | ResolveResult): void {
    if (result === 'event_conflict') this.add(pattern, { eventConflicts: 1 });
    if (result === 'outcome_conflict' || result === 'factor_conflict')
      this.add(pattern, { outcomeConflicts: 1 });
  }

  /**
   * Writes the counters, one write per pattern, after everything else is durable.
   *
   * - Each write carries a random token, so a retry after a lost response does not count twice.
   * - A write that fails is logged and does not fail the request: runs read the events, not the counters.
   */
  async write(db: Dynamo, { controlTable, now, log }: CounterSettings): Promise<void> {
    for (const [pattern, change] of this.#changes) {
      if ([...change.values()].every(increment => increment === 0)) continue;
      try {
        await db.update({
          TableName: controlTable,
          Key: { pk: patternPartition(pattern), sk: COUNTS },
          UpdateExpression: updateExpression(change),
          ExpressionAttributeNames: { '#by': `${BY_WRITER}${this.#writer.toString(36)}` },
          ConditionExpression: 'attribute_not_exists(w) OR w <> :w',
          ExpressionAttributeValues: {
            ':w': randomUUID().slice(0, 13),
            ...(onlyParks(change) && { ':now': now() }),
            ...Object.fromEntries(NAMES.map(name => [`:${name}`, change.get(name) ?? 0])),
          },
        });
      } catch (error) {
        log.error('counter not updated', error, { pattern, ...Object.fromEntries(change) });
      }
    }
  }
}

type Change = ReadonlyMap<Counter, number>;

/** Returns whether a request parked outcomes, and none of its outcomes found its event. */
function onlyParks(change: Change): boolean {
  return (change.get('parked') ?? 0) > 0 && !findsEvents(change);
}

function findsEvents(change: Change): boolean {
  return (change.get('withOutcome') ?? 0) > 0 || (change.get('parked') ?? 0) < 0;
}

function updateExpression(change: Change): string {
  const add = `ADD ${NAMES.map(name => `${COUNTERS[name]} :${name}`).join(', ')}, #by :total`;
  if (onlyParks(change))
    return `SET w = :w, ${WAITING_SINCE} = if_not_exists(${WAITING_SINCE}, :now) ${add}, ${WAITING} :parked`;
  const end = findsEvents(change) ? ` REMOVE ${WAITING}, ${WAITING_SINCE}` : '';
  return `SET w = :w ${add}${end}`;
}
