import { EVERY_DIMENSION } from '../lookup/queried-dimensions.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { expiryAfter } from '../time.ts';
import type { DimensionCoverage } from '../warning/dimension-coverage.ts';
import type { DimensionStore } from '../warning/dimension-store.ts';
import type { Item } from './client.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';

/** Days from the last look-up with a dimension to the expiry of its item. */
const QUERIED_DAYS = 30;
/** Days from the last event with a misspelt factor to the expiry of its item. */
const FACTOR_DAYS = 3;
/** Maximum number of dimensions that are recorded for a pattern, so that callers cannot make `status` slow. */
const MAX_USED = 100;

/** Dimensions in the control table: one item with all that lessons use, and one item for each that look-ups use or events misspell. */
export class DynamoDimensionStore implements DimensionStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async putUsed(pattern: PatternKey, names: readonly string[]): Promise<void> {
    const pk = keys.dimensionsPartition(pattern);
    const since = toUsed(await this.#control.get(pk, keys.USED));
    const used = names.slice(0, MAX_USED);
    if (used.length === since.size && used.every(name => since.has(name))) return;
    const now = this.#control.now();
    const rows = used.map(name => [name, since.get(name) ?? now]);
    await this.#control.put(pk, keys.USED, { used: JSON.stringify(rows) });
  }

  async recordQueried(pattern: PatternKey, names: readonly string[], caller?: string): Promise<void> {
    const used = toUsed(await this.#control.get(keys.dimensionsPartition(pattern), keys.USED));
    const asked = names.includes(EVERY_DIMENSION) ? used.keys() : new Set(names);
    const known = [...asked].filter(name => used.has(name));
    const sorts = [
      ...known.map(keys.queriedSort),
      ...(caller === undefined ? [] : [keys.callerSort(caller)]),
    ];
    await this.#putTimes(pattern, new Map(sorts.map(sort => [sort, {}])), QUERIED_DAYS);
  }

  async recordFactors(pattern: PatternKey, names: readonly string[]): Promise<void> {
    const places = new Map(names.map(name => [keys.factorSort(name), { name }]));
    await this.#putTimes(pattern, places, FACTOR_DAYS);
  }

  /** Writes the current time into one item for each sort key, beside its content. */
  async #putTimes(pattern: PatternKey, contents: ReadonlyMap<string, object>, days: number): Promise<void> {
    const now = this.#control.now();
    const items = [...contents].map(([sk, content]) => ({
      pk: keys.dimensionsPartition(pattern),
      sk,
      ...content,
      at: now,
      [keys.TTL_ATTRIBUTE]: expiryAfter(now, days),
    }));
    await this.#control.db.putMany(this.#control.name, items);
  }

  async coverage(pattern: PatternKey): Promise<DimensionCoverage> {
    const items = await this.#control.db.query(this.#control.partition(keys.dimensionsPartition(pattern)));
    return {
      used: toUsed(items.find(item => item.sk === keys.USED)),
      queried: toTimes(items, ({ sk }) => keys.queriedName(String(sk))),
      misspelt: toTimes(items, factorOf),
      callers: toTimes(items, ({ sk }) => keys.callerName(String(sk))),
    };
  }
}

/** Returns the times of the items that have a name. */
function toTimes(items: readonly Item[], nameOf: (item: Item) => string | undefined): Map<string, number> {
  return new Map(
    items.flatMap(item => {
      const name = nameOf(item);
      return name === undefined || typeof item.at !== 'number' ? [] : [[name, item.at] as const];
    }),
  );
}

function factorOf({ sk, name }: Item): string | undefined {
  if (!keys.isFactorSort(String(sk))) return undefined;
  return typeof name === 'string' ? name : keys.factorName(String(sk));
}

/** Reads pairs of name and time from JSON text. A DynamoDB map would turn names that callers choose into attributes. */
function toUsed(item: Item | undefined): Map<string, number> {
  const rows: unknown = typeof item?.used === 'string' ? JSON.parse(item.used) : [];
  if (!Array.isArray(rows)) return new Map();
  return new Map(rows.map(([name, since]: [unknown, unknown]) => [String(name), Number(since)]));
}
