import type { GuardAnswer } from '../../shared/http/schemas/guard.ts';

/** Returns a test of the guard as the API answers it: nothing is proven, on no block. */
export function guardTestAnswer(
  fields: Partial<GuardAnswer['tests'][number]> = {},
): GuardAnswer['tests'][number] {
  return {
    test: 'whole',
    since: '2025-01-20T00:00:00Z',
    blocks: 0,
    block_hours: 6,
    flips: { loosened: 0, tightened: 0, known: 0, unknown: 0 },
    log_wealth: { harm: 0, gain: 0 },
    lines: { harm: Math.log(100), gain: Math.log(20) },
    verdict: 'none',
    sentence: 'neither harm nor gain is proven',
    path: [],
    ...fields,
  };
}
