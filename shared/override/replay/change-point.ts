import { DAY_MS } from '../../time.ts';
import type { Gates } from './gates.ts';
import { fitGreedily } from './greedy-fit.ts';
import type { ReplaySettings } from './settings.ts';
import { compareUtility, decisionsUnderMoves } from './utility.ts';

/** So many events tell whether something changed; of twice as many and more, blocks of hours are drawn. */
const BREAK_ROWS = 100_000;
const BLOCK_MS = 6 * 3_600_000;

/**
 * How many days ago what held before ceased to hold. What was learned from events older than an age is scored on the
 * events since that age, and since every younger one; the age at which it falls short by most standard errors, if by enough.
 */
export function findChangePoint(
  gates: Gates,
  window: Uint32Array,
  asOf: number,
  settings: ReplaySettings,
): number | undefined {
  const { breaks } = settings;
  if (!breaks) return undefined;
  const all = sampleBlocks(gates, window);
  const base = decisionsUnderMoves(gates, [], all);
  let found: number | undefined;
  let worst = breaks.errors;
  for (const learned of breaks.learned) {
    const [past, rest] = split(gates, all, asOf - learned * DAY_MS);
    const { moves } = fitGreedily(gates, past, {
      ...settings,
      maxDimensions: settings.maxDimensions === 0 ? 0 : 1,
    });
    if (moves.length === 0) continue;
    const moved = decisionsUnderMoves(gates, moves, all);
    const taught = compareUtility(gates, past, moved, base, settings);
    let rows = rest;
    for (const age of breaks.scored) {
      if (age > learned) continue;
      rows = split(gates, rows, asOf - age * DAY_MS)[1];
      const { gain, error } = compareUtility(gates, rows, moved, base, settings);
      if (gain >= -breaks.losing * error) continue;
      const share = rows.length / past.length;
      const shortfall = (share * taught.gain - gain) / Math.hypot(error, share * taught.error);
      if (shortfall <= worst) continue;
      worst = shortfall;
      found = age;
    }
  }
  return found;
}

function sampleBlocks({ columns: { time } }: Gates, rows: Uint32Array): Uint32Array {
  const one = Math.floor(rows.length / BREAK_ROWS);
  if (one <= 1) return rows;
  // Blocks are mixed (Knuth's multiplicative hash), so that no hour of the day is left out.
  const mixed = (block: number): number => Math.imul(block, 0x9e3779b1) >>> 8;
  return rows.filter(row => mixed(Math.floor((time[row] ?? 0) / BLOCK_MS)) % one === 0);
}

/** Rows before a moment, and from it on. */
function split({ columns: { time } }: Gates, rows: Uint32Array, at: number): [Uint32Array, Uint32Array] {
  const before = new Uint32Array(rows.length);
  const after = new Uint32Array(rows.length);
  let b = 0;
  let a = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if ((time[row] ?? 0) < at) before[b++] = row;
    else after[a++] = row;
  }
  return [before.subarray(0, b), after.subarray(0, a)];
}
