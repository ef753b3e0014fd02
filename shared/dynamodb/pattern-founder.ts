import type { Writer } from '../episode/writer.ts';
import { formatWriter } from '../episode/writer.ts';
import type { HeadStore } from '../generation/ports.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';

/** The kind of item that names a pattern: an event, or an outcome that waits for its event. */
type NamedBy = 'event' | 'outcome';

/**
 * Registers the patterns of a request, of which a pm may found a limited number.
 *
 * A pm has as many places as it may found patterns, each an item. A pattern takes the first free place by a conditional
 * write, before it is registered. A pattern that has a place keeps it. So concurrent and repeated requests found no
 * pattern twice, and never more than there are places.
 */
export class PatternFounder {
  readonly #control: ControlTable;
  readonly #heads: HeadStore;
  readonly #maxPerWriter: number;

  constructor(control: ControlTable, heads: HeadStore, maxPerWriter: number) {
    this.#control = control;
    this.#heads = heads;
    this.#maxPerWriter = maxPerWriter;
  }

  /** Registers patterns. @returns those that the writer may not found */
  async admit(
    patterns: readonly PatternKey[],
    writer: Writer,
    namedBy: NamedBy,
  ): Promise<ReadonlySet<PatternKey>> {
    const unknown = await this.#heads.unregistered(patterns, namedBy);
    if (unknown.length === 0) return new Set();
    const refused = writer.isOperator ? new Set<PatternKey>() : await this.#takePlaces(unknown, writer);
    await this.#heads.register(
      unknown.filter(pattern => !refused.has(pattern)),
      namedBy,
    );
    return refused;
  }

  /** Takes a place for each pattern. @returns the patterns for which none is left */
  async #takePlaces(patterns: readonly PatternKey[], writer: Writer): Promise<Set<PatternKey>> {
    const partition = keys.foundedPartition(formatWriter(writer));
    const refused = new Set<PatternKey>();
    let taken = await this.#places(partition);
    for (const pattern of patterns) {
      while (!taken.has(pattern)) {
        if (taken.size >= this.#maxPerWriter) {
          refused.add(pattern);
          break;
        }
        // The places are taken in order, so the first free one follows the last.
        if (await this.#take(partition, taken.size, pattern)) taken.add(pattern);
        else taken = await this.#places(partition);
      }
    }
    return refused;
  }

  async #places(partition: string): Promise<Set<string>> {
    const items = await this.#control.db.query(this.#control.partition(partition));
    return new Set(items.map(({ pattern }) => String(pattern)));
  }

  #take(partition: string, place: number, pattern: PatternKey): Promise<boolean> {
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: { pk: partition, sk: keys.pageSort(place), pattern },
      ConditionExpression: 'attribute_not_exists(pk) OR pattern = :pattern',
      ExpressionAttributeValues: { ':pattern': pattern },
    });
  }
}
