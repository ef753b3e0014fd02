import type { FactorColumns } from '../../episode/columns/columns.ts';
import { faultCode } from '../../errors.ts';
import type { Generation } from '../../generation/generation.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import type { Served } from '../../generation/served.ts';
import { servedAt } from '../../generation/served.ts';
import type { Moves } from '../../guard/flips.ts';
import { ACTION_CATEGORIES } from '../../lever/lever.ts';
import { elementAt } from '../../numbers.ts';
import { byScope } from '../../override/by-scope.ts';
import type { Override } from '../../override/override.ts';
import { OverrideIndex } from '../../override/override-index.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';

/** Sets of overrides that are read at once. */
const PARALLEL = 16;

/** Returns what the overrides of a generation move for each row; undefined when they are damaged. @throws Fault of the store */
export type ReadMoves = (
  generation: Pick<Generation, 'overrides' | 'resolution'>,
) => Promise<Moves | undefined>;

/**
 * Returns a reader of moves that reads and resolves each set of overrides once: the tests of one run share many sets. Damage
 * does not depend on outcomes, so a test stays valid without the flips of that generation.
 */
export function movesReader(
  deps: Pick<GenerationStores, 'overrides'>,
  pattern: PatternKey,
  columns: Pick<FactorColumns, 'dimensions'>,
): ReadMoves {
  const read = new Map<string, ReturnType<ReadMoves>>();
  return generation => {
    const key = `${generation.overrides.id} ${generation.resolution}`;
    const moves = read.get(key) ?? movesOf(deps, pattern, columns, generation);
    read.set(key, moves);
    return moves;
  };
}

/**
 * Returns what moved the thresholds of events that logged no `applied`: by the generation that was served at their time.
 * It reads the overrides of these generations, and nothing when every event logged `applied`.
 * @param served what was served since when, ascending
 * @param from events before this time are not asked for, milliseconds since 1970
 * @throws Fault of the store
 */
export async function movesInForce(
  deps: Pick<GenerationStores, 'heads'>,
  readMoves: ReadMoves,
  pattern: PatternKey,
  columns: FactorColumns,
  served: readonly Served[],
  current: Generation | undefined,
  from: number,
): Promise<Moves> {
  const needed = new Set<number>();
  for (let row = 0; row < columns.size; row++) {
    const time = elementAt(columns.time, row);
    if (columns.applied?.known[row] !== 1 && time >= from) needed.add(servedAt(served, time));
  }
  needed.delete(0);
  const generations = await generationsOf(deps, pattern, needed, current);
  const resolvers = new Map<number, Moves>();
  for (let i = 0; i < generations.length; i += PARALLEL)
    await Promise.all(
      generations.slice(i, i + PARALLEL).map(async generation => {
        const moves = await readMoves(generation);
        if (moves) resolvers.set(generation.generation, moves);
      }),
    );
  return row => resolvers.get(servedAt(served, elementAt(columns.time, row)))?.(row);
}

async function movesOf(
  { overrides }: Pick<GenerationStores, 'overrides'>,
  pattern: PatternKey,
  { dimensions }: Pick<FactorColumns, 'dimensions'>,
  generation: Pick<Generation, 'overrides' | 'resolution'>,
): Promise<Moves | undefined> {
  let rows: readonly Override[];
  try {
    rows = await overrides.read(pattern, generation.overrides);
  } catch (error) {
    if (faultCode(error) === 'damaged_generation') return undefined;
    throw error;
  }
  const index = new OverrideIndex(rows, ACTION_CATEGORIES);
  return byScope(
    dimensions,
    scope =>
      new Map(
        index
          .resolve(scope, generation.resolution)
          .map(({ action_category, ...move }) => [action_category, move]),
      ),
  );
}

async function generationsOf(
  { heads }: Pick<GenerationStores, 'heads'>,
  pattern: PatternKey,
  needed: ReadonlySet<number>,
  current: Generation | undefined,
): Promise<Generation[]> {
  const found = current && needed.has(current.generation) ? [current] : [];
  if (needed.size === found.length) return found;
  const past = (await heads.archived(pattern)).filter(
    ({ generation }) => needed.has(generation) && generation !== current?.generation,
  );
  return [...found, ...past];
}
