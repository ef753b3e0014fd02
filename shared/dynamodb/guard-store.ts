import type { GuardState, GuardStore } from '../guard/guard-state.ts';
import { guardStateSchema } from '../guard/guard-state.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ControlTable } from './control-table.ts';
import { deflateJson, inflateJson } from './deflated-json.ts';
import * as keys from './keys.ts';

/** The state of the guard in the control table: one item a pattern, as deflated JSON, with its version beside it. */
export class DynamoGuardStore implements GuardStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async guard(pattern: PatternKey): Promise<GuardState | undefined> {
    const item = await this.#control.get(keys.patternPartition(pattern), keys.GUARD);
    if (item?.z instanceof Uint8Array) return guardStateSchema.parse(inflateJson(item.z));
    // An earlier version stored it as text.
    return typeof item?.state === 'string' ? guardStateSchema.parse(JSON.parse(item.state)) : undefined;
  }

  async replaceGuard(pattern: PatternKey, state: GuardState): Promise<boolean> {
    return this.#control.db.put({
      TableName: this.#control.name,
      Item: {
        pk: keys.patternPartition(pattern),
        sk: keys.GUARD,
        v: state.version,
        z: deflateJson(state),
      },
      ConditionExpression: 'attribute_not_exists(pk) OR v = :before',
      ExpressionAttributeValues: { ':before': state.version - 1 },
    });
  }
}
