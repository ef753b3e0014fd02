import type { FactorColumns } from '../episode/columns/columns.ts';
import { NO_WRITER_ID } from '../episode/writer.ts';
import { ACTION_CATEGORIES } from '../lever/lever.ts';
import { elementAt } from '../numbers.ts';
import type { Override } from '../override/override.ts';
import { OverrideIndex } from '../override/override-index.ts';
import { describeScope } from '../pattern/describe-scope.ts';
import type { Warning } from './warning.ts';

/** An override, and the writer of more than half of the events of its slice. */
interface Dominance {
  readonly override: Override;
  /** Number of the writer. */
  readonly writer: number;
  readonly events: number;
  /** Events of the slice. */
  readonly of: number;
}

/** Events that have one scope and one writer. */
interface Group {
  /** A row of the group. */
  readonly row: number;
  readonly writer: number;
  events: number;
}

/**
 * Finds the overrides whose slice consists of the events of one writer by more than half, in a pattern that has more than
 * one writer. Of two overrides of one slice the first is named.
 *
 * A list of warnings shows the first few. So the slices with most events come first, of each writer in turn, and first of
 * the writer with fewest events: that it decides a slice is the least expected.
 */
export function dominatedOverrides(columns: FactorColumns, overrides: readonly Override[]): Dominance[] {
  const writers = columns.writer;
  if (!writers || overrides.length === 0 || new Set(writers.subarray(0, columns.size)).size < 2) return [];
  const slices = [...Map.groupBy(overrides, ({ scope_hash }) => scope_hash).values()].flatMap(([first]) =>
    first ? [first] : [],
  );
  const index = new OverrideIndex(slices, ACTION_CATEGORIES);
  const counts = new Map<Override, Map<number, number>>();
  for (const { row, writer, events } of groupRows(columns, writers)) {
    for (const override of index.matching(scopeOf(columns, row))) {
      const byWriter = counts.get(override) ?? new Map<number, number>();
      counts.set(override, byWriter.set(writer, (byWriter.get(writer) ?? 0) + events));
    }
  }
  const found = [...counts].flatMap(([override, byWriter]) => dominance(override, byWriter));
  return inTurns(found, eventsOfWriters(columns.size, writers));
}

function eventsOfWriters(size: number, writers: Uint32Array): ReadonlyMap<number, number> {
  const events = new Map<number, number>();
  for (const writer of writers.subarray(0, size)) events.set(writer, (events.get(writer) ?? 0) + 1);
  return events;
}

function inTurns(found: readonly Dominance[], events: ReadonlyMap<number, number>): Dominance[] {
  const ordered = found.toSorted(
    (a, b) => b.of - a.of || (a.override.scope_hash < b.override.scope_hash ? -1 : 1),
  );
  const eventsOf = ({ writer }: Dominance): number => events.get(writer) ?? 0;
  return [...Map.groupBy(ordered, ({ writer }) => writer).values()]
    .flatMap(ofWriter => ofWriter.map((dominance, turn) => ({ dominance, turn })))
    .sort((a, b) => a.turn - b.turn || eventsOf(a.dominance) - eventsOf(b.dominance))
    .map(({ dominance }) => dominance);
}

function dominance(override: Override, byWriter: ReadonlyMap<number, number>): Dominance[] {
  const of = [...byWriter.values()].reduce((sum, events) => sum + events, 0);
  return [...byWriter].flatMap(([writer, events]) =>
    writer !== NO_WRITER_ID && events * 2 > of ? [{ override, writer, events, of }] : [],
  );
}

function groupRows({ dimensions, size }: FactorColumns, writers: Uint32Array): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (let row = 0; row < size; row++) {
    const writer = elementAt(writers, row);
    let key = String(writer);
    for (const { codes } of dimensions) key += `,${elementAt(codes, row)}`;
    const group = groups.get(key);
    if (group) group.events++;
    else groups.set(key, { row, writer, events: 1 });
  }
  return groups.values();
}

/** Returns the scope of a row; dimensions are in the order of their names. */
function scopeOf({ dimensions }: FactorColumns, row: number): Record<string, string> {
  return Object.fromEntries(
    dimensions.flatMap(({ name, values, codes }) => {
      const value = values[elementAt(codes, row) - 1];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Warns of overrides that rest on the events of one writer. @param nameOf returns the name of a writer by its number */
export function oneWriterDominates(
  found: readonly Dominance[],
  nameOf: (writer: number) => string | undefined,
): Warning[] {
  return found.map(({ override: { action_category, scope_subset }, writer, events, of }) => {
    const name = nameOf(writer) ?? 'an unknown writer';
    return {
      code: 'one_writer_dominates',
      message:
        `${action_category} of ${describeScope(scope_subset)} rests on ${name}, which wrote ${events} of ${of} events ` +
        `(${Math.round((events / of) * 100)} %): if that is not intended, exclude the writer`,
      action_category,
      scope_subset,
      writer: name,
      share: events / of,
    };
  });
}
