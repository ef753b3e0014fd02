import type { Log } from '../log.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Dynamo } from './dynamo.ts';
import { COUNTS, patternPartition } from './keys.ts';
import type { EventCounts } from './stores.ts';

/** What one request changes of the counters that `status` shows. */
export class CountChanges {
  readonly #changes = new Map<PatternKey, { total: number; withOutcome: number; parked: number }>();

  add(pattern: PatternKey, by: Partial<EventCounts>): void {
    const change = this.#changes.get(pattern) ?? { total: 0, withOutcome: 0, parked: 0 };
    change.total += by.total ?? 0;
    change.withOutcome += by.withOutcome ?? 0;
    change.parked += by.parked ?? 0;
    this.#changes.set(pattern, change);
  }

  /**
   * One write per pattern, after everything else is durable. A count that gets lost is logged and does not fail
   * the request: the events themselves are what runs read.
   */
  async write(db: Dynamo, table: string, log: Log): Promise<void> {
    for (const [pattern, change] of this.#changes) {
      if (change.total === 0 && change.withOutcome === 0 && change.parked === 0) continue;
      try {
        await db.update({
          TableName: table,
          Key: { pk: patternPartition(pattern), sk: COUNTS },
          UpdateExpression: 'ADD events :t, with_outcome :o, parked :p',
          ExpressionAttributeValues: { ':t': change.total, ':o': change.withOutcome, ':p': change.parked },
        });
      } catch (error) {
        log.error('counter not updated', error, { pattern, ...change });
      }
    }
  }
}
