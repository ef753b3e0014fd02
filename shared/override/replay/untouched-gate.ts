/* Kernel: counts over all rows of a fit, which are in range by construction. */

import { shiftOf } from '../../lever/lever.ts';
import type { Reason } from '../../reason.ts';
import { describeMove } from './describe.ts';
import type { Gate, Gates } from './gates.ts';
import { RESULT } from './gates.ts';

/** Winners and losers of a fit by what decides them at one gate, at the base thresholds. */
interface Decided {
  readonly neutral: number;
  readonly notReplayable: number;
  readonly failOthers: number;
  /** Those that pass all other gates. */
  readonly passOthers: number;
  /** Of these, those that this gate blocks. */
  readonly blocked: number;
}

/**
 * Returns why no step of a lever changes an event of a slice. Counts are those of the whole pattern.
 * @param rows row numbers of the fit
 */
export function untouchedReason(gates: Gates, index: number, rows: Uint32Array): Reason {
  const gate = gates.gates[index] as Gate;
  const { neutral, notReplayable, failOthers, passOthers, blocked } = decidedAt(gates, gate, rows);
  const { threshold } = gate.lever;
  if (failOthers + passOthers === 0)
    return { code: 'not_replayable', text: notReplayableText(gates, neutral, notReplayable) };
  if (passOthers === 0)
    return { code: 'other_gates_decide', text: `all ${failOthers} winners and losers fail another gate` };
  if (blocked === 0)
    return {
      code: 'gate_never_blocked',
      text: `${threshold} blocked none of the ${passOthers} winners and losers that pass the other gates, and none of this slice is near it`,
    };
  return {
    code: 'no_event_near_gate',
    text: `no winner or loser of this slice that passes the other gates lies between ${range(gate)}`,
  };
}

/** Names the factors of the levers that too few events log, because their gates' results may be missing too. */
function notReplayableText({ disabled }: Gates, neutral: number, notReplayable: number): string {
  const factors = disabled.flatMap(({ lever }) => (lever.optional ? [] : [lever.factor])).join(' or ');
  const gate = factors === '' ? 'a gate' : `the gate of ${factors}`;
  const texts = [
    ...(neutral > 0 ? [`${neutral} have a neutral outcome`] : []),
    ...(notReplayable > 0
      ? [
          `${notReplayable} were blocked by a gate without a lever, or log neither factor nor result of ${gate}`,
        ]
      : []),
  ];
  return `none of ${neutral + notReplayable} events can be replayed: ${texts.join(', ')}`;
}

function decidedAt({ gates, replayable, result }: Gates, gate: Gate, rows: Uint32Array): Decided {
  const counts = { neutral: 0, notReplayable: 0, failOthers: 0, passOthers: 0, blocked: 0 };
  const others = gates.filter(other => other !== gate);
  for (const row of rows) {
    if (result[row] === RESULT.neutral) counts.neutral++;
    else if (replayable[row] !== 1) counts.notReplayable++;
    else if (others.some(other => (other.margin[row] as number) < 0)) counts.failOthers++;
    else {
      counts.passOthers++;
      if ((gate.margin[row] as number) < 0) counts.blocked++;
    }
  }
  return counts;
}

/** Returns the thresholds that the largest step reaches on both sides: `ts_min × 0.65 and ts_min × 1.54`. */
function range({ lever, steps }: Gate): string {
  const largest = steps.at(-1) ?? 0;
  const moves = [-largest, largest].map(opening => shiftOf(lever, opening)).sort((a, b) => a - b);
  return moves
    .map(shift => describeMove(lever, lever.scale === 'log' ? Math.exp(shift) : shift))
    .join(' and ');
}
