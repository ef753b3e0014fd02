import type { OutcomeRevision } from '../outcome.ts';
import type { NumericFactor } from '../packed-episode.ts';
import { NUMERIC_FACTORS } from '../packed-episode.ts';
import { readFactors, readMoves } from '../read-packed-episode.ts';
import { NO_WRITER_ID } from '../writer.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import type { EpisodeColumns, FactorColumns } from './columns.ts';
import { HASH_WORDS, writeRowHash } from './row-fingerprint.ts';
import { ColumnCollector, growInto, INITIAL_ROWS } from './scope-columns.ts';

/** Dimensions that name the traded instrument; the first one present counts. */
const PAIR_DIMENSIONS = ['pair', 'symbol', 'ticker', 'token', 'instrument'];

/** Collects packed events, in one pass, into the columns that the miner and the replay policy read. */
export class FactorCollector {
  readonly #base: ColumnCollector;
  readonly #trades = new ByteDictionary();
  readonly #episodes = new ByteDictionary();
  /** By index into `NUMERIC_FACTORS`; a column is created at the first event that carries the number. */
  readonly #numbers: (Float64Array | undefined)[] = NUMERIC_FACTORS.map(() => undefined);
  #size = 0;
  #length = INITIAL_ROWS;
  #time = new Float64Array(INITIAL_ROWS);
  #resolvedAt = new Float64Array(INITIAL_ROWS);
  #flagsKnown = new Uint8Array(INITIAL_ROWS);
  #flagsSet = new Uint8Array(INITIAL_ROWS);
  #blocked = new Uint8Array(INITIAL_ROWS);
  #trade = new Uint32Array(INITIAL_ROWS);
  #hashes = new Uint32Array(INITIAL_ROWS * HASH_WORDS);
  /** Created at the first row of an episode with windows. */
  #episode: Uint32Array | undefined;
  /** Created at the first row whose writer is known. */
  #writer: Uint32Array | undefined;
  /** Created at the first outcome with a return. */
  #returns: Float64Array | undefined;

  /** Created at the first event that logged `applied`. */
  #appliedKnown: Uint8Array | undefined;
  readonly #moves: (Float64Array | undefined)[] = [];

  /**
   * Stores one number of the current row. All events share this function, because a closure per event would be slow.
   */
  readonly #store = (index: number, value: number): void => {
    this.#numberColumn(index)[this.#size - 1] = value;
  };

  readonly #storeMove = (lever: number, value: number): void => {
    const column = this.#moves[lever] ?? new Float64Array(this.#length).fill(Number.NaN);
    this.#moves[lever] = column;
    column[this.#size - 1] = value;
  };

  /** @param options withDxCount: whether the pattern makes ladder lessons */
  constructor(options: { readonly withDxCount: boolean }) {
    this.#base = new ColumnCollector(options);
  }

  /**
   * Adds an event.
   * @param time event time, milliseconds since 1970
   * @param revision the outcome that counts, and when it became known
   * @throws Fault `damaged_event`
   */
  add(packed: Uint8Array, time: number, revision: OutcomeRevision): void {
    const end = this.#base.add(packed, revision.outcome);
    const row = this.#size++;
    if (row === this.#length) this.#grow();
    this.#time[row] = time;
    this.#resolvedAt[row] = revision.resolvedAt;
    writeRowHash(this.#hashes, row, packed, time, revision);
    const factors = readFactors(packed, end, this.#store);
    this.#flagsKnown[row] = factors.flagsKnown;
    this.#flagsSet[row] = factors.flagsSet;
    this.#blocked[row] = factors.blocked;
    const [tradeStart, tradeEnd] = factors.trade;
    if (tradeEnd > tradeStart) this.#trade[row] = this.#trades.idOf(packed, tradeStart, tradeEnd) + 1;
    const [episodeStart, episodeEnd] = factors.episode;
    if (episodeEnd > episodeStart) {
      this.#episode ??= new Uint32Array(this.#length);
      this.#episode[row] = this.#episodes.idOf(packed, episodeStart, episodeEnd) + 1;
    }
    if (readMoves(packed, factors.partsAt, this.#storeMove)) {
      this.#appliedKnown ??= new Uint8Array(this.#length);
      this.#appliedKnown[row] = 1;
    }
    if (factors.writer !== NO_WRITER_ID) {
      this.#writer ??= new Uint32Array(this.#length);
      this.#writer[row] = factors.writer;
    }
    if (revision.return !== undefined) {
      this.#returns ??= new Float64Array(this.#length).fill(Number.NaN);
      this.#returns[row] = revision.return;
    }
  }

  /** Returns the columns of all added events. The collector must not be used afterwards. */
  columns(): FactorColumns {
    const base = this.#base.columns();
    const pair = pairOf(base);
    const numbers: Partial<Record<NumericFactor, Float64Array>> = {};
    NUMERIC_FACTORS.forEach((name, i) => {
      const column = this.#numbers[i];
      if (column) numbers[name] = column;
    });
    return {
      ...base,
      time: this.#time,
      resolvedAt: this.#resolvedAt,
      numbers,
      flagsKnown: this.#flagsKnown,
      flagsSet: this.#flagsSet,
      blocked: this.#blocked,
      hashes: this.#hashes,
      ...(this.#trades.size > 0 && { trade: this.#trade }),
      ...(this.#episode && { episode: this.#episode }),
      ...(this.#writer && { writer: this.#writer }),
      ...(this.#returns && { returns: this.#returns }),
      ...(this.#appliedKnown && { applied: { known: this.#appliedKnown, moves: this.#moves } }),
      ...(pair && { pair }),
    };
  }

  #numberColumn(index: number): Float64Array {
    const column = this.#numbers[index] ?? new Float64Array(this.#length).fill(Number.NaN);
    this.#numbers[index] = column;
    return column;
  }

  #grow(): void {
    const length = this.#length * 2;
    this.#length = length;
    this.#time = growInto(this.#time, new Float64Array(length));
    this.#resolvedAt = growInto(this.#resolvedAt, new Float64Array(length));
    this.#flagsKnown = growInto(this.#flagsKnown, new Uint8Array(length));
    this.#flagsSet = growInto(this.#flagsSet, new Uint8Array(length));
    this.#blocked = growInto(this.#blocked, new Uint8Array(length));
    this.#trade = growInto(this.#trade, new Uint32Array(length));
    this.#hashes = growInto(this.#hashes, new Uint32Array(length * HASH_WORDS));
    if (this.#episode) this.#episode = growInto(this.#episode, new Uint32Array(length));
    if (this.#writer) this.#writer = growInto(this.#writer, new Uint32Array(length));
    if (this.#returns) this.#returns = growInto(this.#returns, new Float64Array(length).fill(Number.NaN));
    if (this.#appliedKnown) this.#appliedKnown = growInto(this.#appliedKnown, new Uint8Array(length));
    for (const columns of [this.#numbers, this.#moves])
      columns.forEach((column, i) => {
        if (column) columns[i] = growInto(column, new Float64Array(length).fill(Number.NaN));
      });
  }
}

/** Returns the codes of the dimension that names the traded instrument, undefined without one. */
function pairOf({ dimensions, size }: EpisodeColumns): Uint32Array | undefined {
  const instrument = PAIR_DIMENSIONS.map(name => dimensions.find(d => d.name === name)).find(
    d => d !== undefined,
  );
  return instrument && Uint32Array.from(instrument.codes.subarray(0, size));
}
