import * as z from 'zod';
import { Fault } from '../errors.ts';
import { parseJsonText } from '../json.ts';
import type { Factors, FactorValue } from './factors.ts';
import { factorValueSchema } from './factors.ts';

/** Whose outcome brought a late factor: the row's own, or that of the episode, which holds for all its windows. */
export type Origin = 'own' | 'episode';

/** One factor that became known after the decision. */
interface LateFactor {
  readonly value: FactorValue;
  /** Time of the outcome that brought it, milliseconds since 1970. */
  readonly at: number;
  /** True if it may replace a value that was known before. */
  readonly correction: boolean;
  readonly origin: Origin;
}

/**
 * Factors that outcomes brought, by name. They are a set, as an outcome history is: of the corrections the last by its
 * time counts, a correction counts over a first value, and a window's own value over that of its episode.
 */
export type LateFactors = ReadonlyMap<string, LateFactor>;

interface Sent {
  readonly factors: Factors;
  readonly at: number;
  readonly correction: boolean;
  readonly origin: Origin;
}

/**
 * Adds the factors of one outcome to the late factors of a row.
 * @param eventFactors factors of the event itself; undefined while it is not stored
 * @returns the same object when nothing was added; undefined when the event has another value of a factor
 */
export function joinFactors(
  late: LateFactors,
  { factors, at, correction, origin }: Sent,
  eventFactors: Factors | undefined,
): LateFactors | undefined {
  const joined = new Map(late);
  let changed = false;
  for (const [name, sent] of Object.entries(factors)) {
    const factor: LateFactor = { value: factorValueSchema.parse(sent), at, correction, origin };
    const known = late.get(name);
    const logged = eventFactors && Object.hasOwn(eventFactors, name) ? eventFactors[name] : undefined;
    const joins = known ? compareWithLate(known, factor) : compareWithEvent(logged, factor);
    if (joins === 'conflict') return undefined;
    if (joins === 'unchanged') continue;
    joined.set(name, factor);
    changed = true;
  }
  return changed ? joined : late;
}

type Comparison = 'joins' | 'unchanged' | 'conflict';

function compareWithLate(known: LateFactor, sent: LateFactor): Comparison {
  if (known.origin !== sent.origin) return sent.origin === 'own' ? 'joins' : 'unchanged';
  if (sent.correction) return isLater(sent, known) ? 'joins' : 'unchanged';
  return known.correction || isSame(known.value, sent.value) ? 'unchanged' : 'conflict';
}

function compareWithEvent(logged: FactorValue | object | undefined, sent: LateFactor): Comparison {
  if (logged === undefined || logged === null) return 'joins';
  if (isSame(logged, sent.value) || sent.origin === 'episode') return 'unchanged';
  return sent.correction ? 'joins' : 'conflict';
}

/** Returns whether a correction counts over what is known. Values at equal times have an order of their own. */
function isLater(sent: LateFactor, known: LateFactor): boolean {
  if (!known.correction) return true;
  return sent.at > known.at || (sent.at === known.at && textOf(sent.value) > textOf(known.value));
}

const isSame = (a: FactorValue | object, b: FactorValue | object): boolean => textOf(a) === textOf(b);

/** Returns the JSON of a factor with the members of `{min, median, max}` in their order. */
function textOf(value: FactorValue | object): string {
  return JSON.stringify(
    Array.isArray(value) || typeof value !== 'object' || value === null
      ? value
      : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Returns the factors of an event with those that outcomes brought. */
export function withLateFactors(factors: Factors, late: LateFactors): Factors {
  return { ...factors, ...Object.fromEntries([...late].map(([name, { value }]) => [name, value])) };
}

/*
 * The stored text is JSON: `[["dx_count", 2, 1737331200000, 1, 1]]`. An entry is name, value, time, 1 for a correction,
 * and 1 for the origin `episode`.
 */
const bit = z.union([z.literal(0), z.literal(1)]);
const storedSchema = z.array(z.tuple([z.string(), factorValueSchema, z.number(), bit, bit]));

/** Returns the stored text of late factors, in the order of their names. */
export function formatLateFactors(late: LateFactors): string {
  const entries = [...late].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    entries.map(([name, f]) => [name, f.value, f.at, Number(f.correction), Number(f.origin === 'episode')]),
  );
}

/** Reads stored late factors. @throws Fault `damaged_event` */
export function parseLateFactors(text: string): LateFactors {
  const stored = storedSchema.safeParse(parseJsonText(text));
  if (!stored.success) throw new Fault('damaged_event', 'stored late factors are unreadable');
  return new Map(
    stored.data.map(([name, value, at, correction, episode]) => [
      name,
      { value, at, correction: correction === 1, origin: episode === 1 ? 'episode' : 'own' },
    ]),
  );
}
