import type { SeenValues, SeenValuesStore } from '../generation/seen-values.ts';
import { seenValuesSchema } from '../generation/seen-values.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';

/** The values of the last run in the control table: one item for each pattern. */
export class DynamoSeenValuesStore implements SeenValuesStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async putSeen(pattern: PatternKey, values: SeenValues): Promise<void> {
    const rows = [...values].map(([name, seen]) => [name, [...seen]]);
    await this.#control.putIfChanged(keys.patternPartition(pattern), keys.VALUES, JSON.stringify(rows));
  }

  async seen(pattern: PatternKey): Promise<SeenValues> {
    const item = await this.#control.get(keys.patternPartition(pattern), keys.VALUES);
    return seenValuesSchema.parse(typeof item?.rows === 'string' ? JSON.parse(item.rows) : []);
  }
}
