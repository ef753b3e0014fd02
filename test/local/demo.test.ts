import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { processHost } from '../../cli/host.ts';
import { PLANTED } from '../../local/demo/market.ts';
import { Screen } from '../../local/demo/screen.ts';
import type { SimulationResult } from '../../local/demo/simulated-pm.ts';
import { runDemo } from '../../local/demo.ts';

/* The demo runs once, on a host that keeps what it prints. The tests check its content, never its time. */

class Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;
  constructor(isTTY: boolean, columns: number) {
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string): void {
    this.text += text;
  }
}

const WIDTH = 60;
const stdout = new Output(true, WIDTH);
const stderr = new Output(true, WIDTH);
let result: SimulationResult;
/** Parts of the output with single spaces, because lines are wrapped. */
let parts: string[];
let text: string;
beforeAll(async () => {
  result = await runDemo({ ...processHost(), stdout, stderr, env: {} });
  text = stripVTControlCharacters(stdout.text);
  parts = text.split(/\d of 3 · /).map(part => part.replace(/\s+/g, ' '));
});

describe('the demo', () => {
  it('Part 1 finds the 10 lessons and 6 overrides of the original under drift', () => {
    expect(parts[1]).toContain('276 accepted, 0 unchanged, 0 rejected');
    expect(parts[1]).toContain('10 lessons');
    expect(parts[1]).toContain('6 overrides');
    expect(parts[1]).toContain('ts_min 0.6 0.591067');
  });

  it('Part 2 shows that replay moves nothing on these events, and why', () => {
    expect(parts[2]).toMatch(/would 104 0 6 0/);
    expect(parts[2]).toContain('within chance');
    expect(parts[2]).toContain('Replay moves nothing here. 7 of 104 events were trades');
  });

  it('Part 3 finds the planted thresholds, and gains by it', () => {
    for (const [timeframe, planted] of Object.entries(PLANTED))
      expect(Math.abs((result.found[timeframe] ?? 0) - planted)).toBeLessThan(0.04);
    expect(result.gain.low).toBeGreaterThan(0);
    expect(result.gain.total).toBeCloseTo(result.tuned.total - result.untuned.total, 6);
    expect(result.opportunities).toBeGreaterThan(4000);
  });

  it('Part 3 prints what the run found: each threshold, the gain and its interval', () => {
    for (const [timeframe, found] of Object.entries(result.found))
      expect(parts[3]).toContain(`${timeframe} 0.6 ${PLANTED[timeframe]} ${found.toFixed(3)}`);
    const { total, low, high } = result.gain;
    expect(parts[3]).toContain(
      `Tuning gained +${total.toFixed(0)} R (90 %: +${low.toFixed(0)} R to +${high.toFixed(0)} R)`,
    );
    expect(parts[3]).toMatch(/in the next 28 days \+\d+ is expected/);
  });

  it('No line is longer than the terminal is wide', () => {
    expect(text.split('\n').filter(line => line.length > WIDTH)).toEqual([]);
  });

  it('The progress of the simulation is shown on stderr, and taken away at its end', () => {
    expect(stderr.text).toContain('day 45 of 90');
    expect(stderr.text.endsWith('\r\u001b[K')).toBe(true);
  });
});

it('Where the output is no terminal, lines stay whole, without colour and progress', () => {
  const [out, err] = [new Output(false, WIDTH), new Output(false, WIDTH)];
  const screen = new Screen({ ...processHost(), stdout: out, stderr: err, env: {} });
  screen.command('A heading', ['cycle', '--reason', 'two words', 'x'.repeat(80)]);
  screen.progress(1, 2, 'half');
  expect(out.text).toBe(`\nA heading\n$ pm-tuning cycle --reason "two words" ${'x'.repeat(80)}\n`);
  expect(err.text).toBe('');
});
