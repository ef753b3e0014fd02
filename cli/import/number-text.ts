import { GATE_FLAGS, NUMERIC_FACTORS } from '../../shared/episode/packed-episode.ts';
import { isObject } from '../../shared/json.ts';
import { count, plural } from '../format.ts';
import type { Entry, EventEntry } from './entry.ts';

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const FLAG = /^\s*(true|false)\s*$/i;
/** Any factor that policies read and whose value is text or an object. Few events need the parsing that follows. */
const MAY_HOLD_TEXT = new RegExp(`"(?:${[...NUMERIC_FACTORS, ...GATE_FLAGS].join('|')})"\\s*:\\s*["{]`);

/** Counts the factors that an import converts from text, and converts them. */
export class NumberText {
  #events = 0;
  #factors = 0;
  readonly #names = new Set<string>();

  /** Number of converted factors. */
  get factors(): number {
    return this.#factors;
  }

  /** Yields the same entries, with numbers and flags in known factors that were text, as old databases held them. */
  async *convert(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    for await (const entry of entries) yield 'text' in entry ? this.#convertEntry(entry) : entry;
  }

  /** Returns one line for the summary of an import; undefined when nothing was converted. */
  summary(): string | undefined {
    if (this.#factors === 0) return undefined;
    const names = [...this.#names].sort().join(', ');
    return `read from text: ${count(this.#factors)} numbers and flags of ${plural(this.#events, 'event')} (${names})`;
  }

  #convertEntry(entry: EventEntry): EventEntry {
    if (!MAY_HOLD_TEXT.test(entry.text)) return entry;
    const event: unknown = JSON.parse(entry.text);
    if (!isObject(event) || !isObject(event.factors)) return entry;
    const { factors } = event;
    const converted = Object.entries(factors).flatMap(([name, value]) => {
      const read = convertFactor(name, value);
      return read === value ? [] : [[name, read] as const];
    });
    const text =
      converted.length === 0
        ? undefined
        : losslessJson({ ...event, factors: { ...factors, ...Object.fromEntries(converted) } });
    if (text === undefined) return entry;
    this.#events++;
    this.#factors += converted.length;
    for (const [name] of converted) this.#names.add(name);
    return { ...entry, text };
  }
}

/** Returns the number or flag that the text of a known factor stands for; any other value unchanged. */
function convertFactor(name: string, value: unknown): unknown {
  if (GATE_FLAGS.some(flag => flag === name))
    return typeof value === 'string' && FLAG.test(value) ? value.trim().toLowerCase() === 'true' : value;
  if (!NUMERIC_FACTORS.some(factor => factor === name)) return value;
  if (!isObject(value)) return numberOf(value);
  const parts = Object.entries(value).map(([part, text]) => [part, numberOf(text)] as const);
  return parts.some(([part, number]) => number !== value[part]) ? Object.fromEntries(parts) : value;
}

function numberOf(value: unknown): unknown {
  const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : value;
}

/** Returns the JSON text of a value; undefined when it holds a number that JSON would write as null. */
function losslessJson(value: object): string | undefined {
  let lossless = true;
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) lossless = false;
    return inner;
  });
  return lossless ? text : undefined;
}
