import type { Outcome } from '../episode/outcome.ts';
import { actedAt, numberAt, scopeRange, unpackScope } from '../episode/pack.ts';
import type { EpisodeColumns } from './columns.ts';
import { QUADRANT } from './columns.ts';

/**
 * Collects packed events into columns, one pass, each event decoded once. Distinct scopes are far fewer than events,
 * so a scope is unpacked when its bytes are first seen and every later event costs one map look-up.
 */
export class ColumnCollector {
  readonly #withDxCount: boolean;
  readonly #scopeIds = new Map<string, number>();
  readonly #scopes: Readonly<Record<string, string>>[] = [];
  #size = 0;
  #scopeOf = new Uint32Array(1024);
  #quadrant = new Uint8Array(1024);
  #dxCount = new Float64Array(0);

  /** @param options withDxCount: whether the pattern makes ladder lessons */
  constructor(options: { readonly withDxCount: boolean }) {
    this.#withDxCount = options.withDxCount;
    if (options.withDxCount) this.#dxCount = new Float64Array(1024);
  }

  /** Adds an event. @throws Fault `damaged_event` */
  add(packed: Uint8Array, outcome: Outcome): void {
    const row = this.#size;
    if (row === this.#scopeOf.length) this.#grow();
    const [start, end] = scopeRange(packed);
    this.#scopeOf[row] = this.#scopeId(packed, start, end);
    this.#quadrant[row] = quadrantOf(actedAt(packed, end), outcome);
    if (this.#withDxCount) this.#dxCount[row] = numberAt(packed, end, 'dx_count');
    this.#size++;
  }

  /** The columns of everything added. The collector must not be used after it. */
  columns(): EpisodeColumns {
    const names = [...new Set(this.#scopes.flatMap(scope => Object.keys(scope)))].sort();
    const dimensions = names.map(name => this.#dimension(name));
    const columns = { size: this.#size, dimensions, quadrant: this.#quadrant };
    return this.#withDxCount ? { ...columns, dxCount: this.#dxCount } : columns;
  }

  #scopeId(packed: Uint8Array, start: number, end: number): number {
    const key = Buffer.from(packed.buffer, packed.byteOffset + start, end - start).toString('latin1');
    let id = this.#scopeIds.get(key);
    if (id === undefined) {
      id = this.#scopes.length;
      this.#scopes.push(unpackScope(packed, start, end));
      this.#scopeIds.set(key, id);
    }
    return id;
  }

  /** Values get their codes in sorted order, so that columns do not depend on the order of reading. */
  #dimension(name: string): EpisodeColumns['dimensions'][number] {
    const values = [
      ...new Set(this.#scopes.flatMap(scope => (Object.hasOwn(scope, name) ? [scope[name] ?? ''] : []))),
    ].sort();
    const codeOf = new Map(values.map((value, i) => [value, i + 1]));
    const codeOfScope = Uint32Array.from(this.#scopes, scope =>
      Object.hasOwn(scope, name) ? (codeOf.get(scope[name] ?? '') ?? 0) : 0,
    );
    const width = values.length < 256 ? Uint8Array : values.length < 65_536 ? Uint16Array : Uint32Array;
    const codes = new width(this.#size);
    for (let row = 0; row < codes.length; row++) codes[row] = codeOfScope[this.#scopeOf[row] ?? 0] ?? 0;
    return { name, values, codes };
  }

  #grow(): void {
    const length = this.#scopeOf.length * 2;
    const scopeOf = new Uint32Array(length);
    scopeOf.set(this.#scopeOf);
    this.#scopeOf = scopeOf;
    const quadrant = new Uint8Array(length);
    quadrant.set(this.#quadrant);
    this.#quadrant = quadrant;
    if (!this.#withDxCount) return;
    const dxCount = new Float64Array(length);
    dxCount.set(this.#dxCount);
    this.#dxCount = dxCount;
  }
}

function quadrantOf(acted: boolean, outcome: Outcome): number {
  if (outcome === 'success') return acted ? QUADRANT.win : QUADRANT.miss;
  if (outcome === 'failure') return acted ? QUADRANT.falsePositive : QUADRANT.dodge;
  return acted ? QUADRANT.actedNeutral : QUADRANT.skippedNeutral;
}
