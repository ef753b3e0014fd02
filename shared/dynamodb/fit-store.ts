import type { FitStore } from '../cycle/fit-store.ts';
import type { StoredFold } from '../override/evaluation/fold-memory.ts';
import type { YearFit } from '../override/model/year-fit.ts';
import type { Policy } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ControlTable } from './control-table.ts';
import { deflateJson, inflateJson } from './deflated-json.ts';
import { MAX_ITEM_BYTES } from './item-size.ts';
import * as keys from './keys.ts';

/** Bytes of an item that its keys and short attributes may take. */
const OTHER_BYTES = 2000;
/** Version of what is stored; another one is computed anew. */
const FORM = 1;

/** Fits in the control table, each as one item of deflated JSON. */
export class DynamoFits implements FitStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async yearFit(pattern: PatternKey, key: string): Promise<YearFit | undefined> {
    return (await this.#get<YearFit>(pattern, keys.MODEL, key))?.value;
  }

  async putYearFit(pattern: PatternKey, key: string, fit: YearFit): Promise<void> {
    await this.#put(pattern, keys.MODEL, fit, key);
  }

  async folds(pattern: PatternKey, policy: Policy): Promise<readonly StoredFold[]> {
    return (await this.#get<readonly StoredFold[]>(pattern, keys.foldsSort(policy)))?.value ?? [];
  }

  async putFolds(pattern: PatternKey, policy: Policy, folds: readonly StoredFold[]): Promise<void> {
    await this.#put(pattern, keys.foldsSort(policy), folds);
  }

  async #get<T>(pattern: PatternKey, sort: string, key?: string): Promise<{ readonly value: T } | undefined> {
    const item = await this.#control.get(keys.patternPartition(pattern), sort);
    if (item?.v !== FORM || item.k !== key || !(item.z instanceof Uint8Array)) return undefined;
    try {
      return { value: inflateJson(item.z) as T };
    } catch {
      return undefined;
    }
  }

  async #put(pattern: PatternKey, sort: string, value: unknown, key?: string): Promise<void> {
    const z = deflateJson(value);
    if (z.length > MAX_ITEM_BYTES - OTHER_BYTES) return;
    const content = { v: FORM, z, ...(key !== undefined && { k: key }) };
    await this.#control.put(keys.patternPartition(pattern), sort, content);
  }
}
