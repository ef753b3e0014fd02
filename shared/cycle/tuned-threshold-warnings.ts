import type { FactorColumns } from '../episode/columns/columns.ts';
import { faultCode } from '../errors.ts';
import type { Generation } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import type { GenerationStores } from '../generation/ports.ts';
import { elementAt } from '../numbers.ts';
import type { Override } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ServedGeneration } from '../warning/tuned-without-applied.ts';
import { mayLogTuned, newestRows, tunedWithoutApplied } from '../warning/tuned-without-applied.ts';
import type { Warning } from '../warning/warning.ts';

/** Maximum number of different sets of overrides against which the newest events are tested. */
const MAX_SETS = 8;

/** A generation and the time in which it was served, milliseconds since 1970. */
interface Period {
  readonly generation: Generation;
  readonly from: number;
  readonly until: number;
}

/**
 * Warns when the newest events log tuned thresholds without `applied`. Outcomes come late, so the newest events of the
 * window may be older than the generation in force: each is tested against the generation that was served at its time.
 * Past generations are read only when a threshold has more than one value.
 * @param inForce the overrides in force
 */
export async function tunedThresholdWarnings(
  { heads, overrides }: Pick<GenerationStores, 'heads' | 'overrides'>,
  pattern: PatternKey,
  head: Head,
  columns: FactorColumns,
  inForce: readonly Override[],
): Promise<Warning[]> {
  const { current, mode } = head;
  if (!current || (mode !== 'live' && mode !== 'frozen') || !mayLogTuned(pattern, columns, inForce))
    return [];
  const periods = servedPeriods([current, ...(await heads.archived(pattern))]);
  const rows = newestRows(columns, Math.min(...periods.map(({ from }) => from)));
  const tested = periodsOf(columns, rows, periods);
  const served = await Promise.all(
    tested.map(async ({ generation, from, until }): Promise<ServedGeneration[]> => {
      const { resolution } = generation;
      const isCurrent = generation.overrides.id === current.overrides.id;
      const rows = isCurrent ? inForce : await readUnlessDamaged(overrides, pattern, generation);
      return rows ? [{ from, until, overrides: rows, resolution }] : [];
    }),
  );
  return tunedWithoutApplied(pattern, columns, rows, served.flat());
}

/** Returns the generations with their times, oldest first. Each was served until the next one was published. */
function servedPeriods(generations: readonly Generation[]): Period[] {
  const ordered = [...new Map(generations.map(g => [g.generation, g])).values()]
    .map(generation => ({ generation, from: Date.parse(generation.published_at) }))
    .sort((a, b) => a.from - b.from);
  return ordered.map((period, i) => ({ ...period, until: ordered[i + 1]?.from ?? Number.POSITIVE_INFINITY }));
}

/** Returns the periods of the newest rows, with at most `MAX_SETS` different sets of overrides. */
function periodsOf(columns: FactorColumns, rows: readonly number[], periods: readonly Period[]): Period[] {
  const found = new Set<Period>();
  const sets = new Set<string>();
  for (const row of rows) {
    const time = elementAt(columns.time, row);
    const period = periods.find(({ from, until }) => from <= time && time < until);
    if (!period || found.has(period)) continue;
    sets.add(period.generation.overrides.id);
    if (sets.size > MAX_SETS) break;
    found.add(period);
  }
  return [...found];
}

async function readUnlessDamaged(
  overrides: GenerationStores['overrides'],
  pattern: PatternKey,
  generation: Generation,
): Promise<Override[] | undefined> {
  try {
    return await overrides.read(pattern, generation.overrides);
  } catch (error) {
    if (faultCode(error) === 'damaged_generation') return undefined;
    throw error;
  }
}
