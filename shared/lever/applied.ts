import type { FaultIssue } from '../errors.ts';
import { isObject } from '../json.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { nearestName } from '../suggestion.ts';
import { count } from '../validation.ts';
import type { ActionCategory, Lever } from './lever.ts';
import { leversOf } from './lever.ts';
import type { ThresholdMove } from './threshold-move.ts';

/** The `factors.applied` of an event as it was read, and everything in it that cannot be read. */
interface Applied {
  readonly moves: ReadonlyMap<ActionCategory, ThresholdMove>;
  readonly issues: readonly FaultIssue[];
}

const PATH = 'factors.applied';

/**
 * Reads `factors.applied`: what moved the thresholds that an event logs. It takes
 * - the `applied` of a look-up's answer: `{generation?, multipliers?, deltas?, score?, rung?}`, by threshold name, by
 *   another name of the threshold, or by action category; score and rung of an advice move no threshold;
 * - the `overrides` of a look-up's answer as they are, alone or as `{generation?, overrides}`;
 * - `{}`, an empty list and null, for nothing.
 */
export function readApplied(pattern: PatternKey, applied: unknown): Applied {
  const reader = new AppliedReader(pattern);
  if (Array.isArray(applied)) reader.readList(PATH, applied);
  else if (isObject(applied)) reader.readObject(applied);
  else if (applied !== null && applied !== undefined)
    reader.report(PATH, 'must be the `applied` or the `overrides` of a look-up, or null');
  return reader;
}

/** Returns what is wrong with a member; undefined for a valid one. */
type Check = (value: unknown) => string | undefined;
type EffectKind = Lever['effect'];

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const notA = (wanted: string, value: unknown): string =>
  `must be a ${wanted}${typeof value === 'string' ? ', not text' : ''}`;

const CHECK_OF: Readonly<Record<EffectKind, Check>> = {
  multiplier: value => (isNumber(value) && value > 0 ? undefined : notA('number above 0', value)),
  delta: value => (isNumber(value) ? undefined : notA('number', value)),
};
const isCount: Check = value => (count.safeParse(value).success ? undefined : notA('whole number', value));
const isSlice: Check = value =>
  isObject(value) && Object.values(value).every(text => typeof text === 'string')
    ? undefined
    : 'must be an object of texts';
/** The check of a member that is read by another function. */
const readElsewhere: Check = () => undefined;

class AppliedReader implements Applied {
  readonly moves = new Map<ActionCategory, ThresholdMove>();
  readonly issues: FaultIssue[] = [];
  readonly #pattern: PatternKey;
  readonly #levers: readonly Lever[];

  constructor(pattern: PatternKey) {
    this.#pattern = pattern;
    this.#levers = leversOf(pattern);
  }

  report(path: string, message: string): void {
    this.issues.push({ path, message });
  }

  readObject(applied: Readonly<Record<string, unknown>>): void {
    this.#checkMembers(PATH, applied, {
      generation: isCount,
      overrides: readElsewhere,
      multipliers: readElsewhere,
      deltas: readElsewhere,
      score: CHECK_OF.delta,
      rung: CHECK_OF.delta,
    });
    const { overrides, multipliers, deltas } = applied;
    if (overrides === undefined) {
      this.#readNamed('multiplier', `${PATH}.multipliers`, multipliers);
      this.#readNamed('delta', `${PATH}.deltas`, deltas);
    } else if (multipliers !== undefined || deltas !== undefined)
      this.report(PATH, 'must have either `overrides`, or `multipliers` and `deltas`');
    else if (Array.isArray(overrides)) this.readList(`${PATH}.overrides`, overrides);
    else this.report(`${PATH}.overrides`, 'must be a list');
  }

  /** Reads the `overrides` of a look-up's answer. */
  readList(path: string, overrides: readonly unknown[]): void {
    for (const [i, entry] of overrides.entries()) {
      if (isObject(entry)) this.#readEntry(`${path}.${i}`, entry);
      else this.report(`${path}.${i}`, 'must be an override as a look-up answers it');
    }
  }

  #readEntry(path: string, entry: Readonly<Record<string, unknown>>): void {
    const { action_category: category } = entry;
    const lever = this.#levers.find(l => l.category === category);
    if (lever) {
      const { effect } = lever;
      this.#checkMembers(path, entry, {
        action_category: readElsewhere,
        [effect]: readElsewhere,
        scope_subset: isSlice,
        matched: isCount,
      });
      this.#add(lever, effect, `${path}.${effect}`, entry[effect]);
    } else this.#reportUnknown(`${path}.action_category`, String(category), l => [l.category]);
  }

  /** Reads multipliers or deltas by the name of a threshold or by action category. */
  #readNamed(effect: EffectKind, path: string, values: unknown): void {
    if (values === undefined) return;
    if (!isObject(values)) this.report(path, 'must be an object of numbers by threshold');
    else
      for (const [name, value] of Object.entries(values)) {
        const lever = this.#levers.find(l => l.category === name || l.thresholds.includes(name));
        if (lever) this.#add(lever, effect, `${path}.${name}`, value);
        else this.#reportUnknown(`${path}.${name}`, name, l => [...l.thresholds, l.category]);
      }
  }

  #add({ category }: Lever, effect: EffectKind, path: string, value: unknown): void {
    const problem = CHECK_OF[effect](value);
    if (problem !== undefined) this.report(path, problem);
    else if (isNumber(value)) {
      const move = this.moves.get(category);
      const other = move?.[effect];
      if (other !== undefined && other !== value)
        this.report(path, `differs from ${other}, which is sent for the same lever: send one of them`);
      this.moves.set(category, { ...move, [effect]: value });
    }
  }

  #checkMembers(path: string, object: object, known: Readonly<Record<string, Check>>): void {
    for (const [name, value] of Object.entries(object)) {
      const check = Object.hasOwn(known, name) ? known[name] : undefined;
      const problem = check ? check(value) : unknown(name, Object.keys(known));
      if (problem !== undefined) this.report(`${path}.${name}`, problem);
    }
  }

  #reportUnknown(path: string, name: string, namesOf: (lever: Lever) => readonly string[]): void {
    const near = nearestName(name, this.#levers.flatMap(namesOf));
    const taken = this.#levers.map(lever => namesOf(lever)[0]).join(', ') || 'none';
    const advice = near === undefined ? `: it has ${taken}` : `; did you mean \`${near}\`?`;
    this.report(path, `is no lever of ${this.#pattern}${advice}`);
  }
}

function unknown(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined
    ? `is unknown: it takes ${known.join(', ')}`
    : `is unknown; did you mean \`${near}\`?`;
}
