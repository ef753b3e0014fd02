import { median } from '../support/report.ts';

/** Time for the calls of one measurement, milliseconds. */
const BUDGET_MS = 300;

export interface Timed {
  /** Nanoseconds a call, by the clock. */
  readonly samples: readonly number[];
  /** Mean processor time of a call, microseconds. */
  readonly cpuMicros: number;
}

/** Returns the median time of two reads of the clock, nanoseconds: it is part of every sample. */
export function clockCost(): number {
  const samples = Array.from({ length: 20_000 }, () => {
    const start = process.hrtime.bigint();
    return Number(process.hrtime.bigint() - start);
  });
  return median(samples);
}

/**
 * Times calls in groups, until the inputs or the time are used up. The clock takes as long as a look-up of a repeated
 * scope, so those are timed sixteen at once. Processor time does not count what other programs take.
 */
export function timeEach<Input>(
  call: (input: Input) => unknown,
  inputs: readonly Input[],
  cost: number,
  group: number,
): Timed {
  const samples: number[] = [];
  const end = performance.now() + BUDGET_MS;
  const cpu = process.cpuUsage();
  let from = 0;
  for (; from + group <= inputs.length; from += group) {
    const start = process.hrtime.bigint();
    for (let i = from; i < from + group; i++) call(inputs[i] as Input);
    samples.push(Math.max(0, Number(process.hrtime.bigint() - start) - cost) / group);
    if (samples.length % 64 === 0 && performance.now() > end) break;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { samples, cpuMicros: (user + system) / (samples.length * group) };
}
