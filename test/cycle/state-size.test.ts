import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cycleDefinition } from '../../infra/cycle/definition.ts';
import { failStep } from '../../shared/cycle/steps/fail.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { patternOfItem } from '../../shared/cycle/steps/pattern-of-item.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { measurement } from '../support/measurements.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

/* Step Functions limits the input and the result of every state to 262,144 bytes. */

const MAX_BYTES = 262_144;
const PATTERNS = 10_000;
/** Every so many patterns the test reads the name that an item stands for. */
const SAMPLE = 101;

/** Returns a pattern key of 199 characters, the longest whose state has three digits. */
const key = (i: number) =>
  parsePatternKey(
    `${'a'.repeat(59)}${String(i)
      .padStart(5, '0')
      .replace(/\d/g, d => 'bcdefghijk'[Number(d)] ?? '')}.` + `${'b'.repeat(64)}.S100.${'c'.repeat(64)}`,
  );
const patterns = Array.from({ length: PATTERNS }, (_, i) => key(i)).sort();

let stores: Stores;
beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.close());

/** Runs the definition with real steps where the list of patterns matters, and returns the most bytes of each state. */
async function largestInputs(distributedMap: boolean, fails: boolean): Promise<Map<string, number>> {
  const { runtime } = stores;
  const largest = new Map<string, number>();
  const saw = (state: string, input: unknown): void => {
    const bytes = Buffer.byteLength(JSON.stringify(input ?? null));
    largest.set(state, Math.max(largest.get(state) ?? 0, bytes));
  };
  const heads = Object.assign(Object.create(runtime.heads), { activePatterns: async () => patterns });
  const named = new Set<string>();
  const tasks = {
    Open: async (input: never) => {
      const opened = await openStep({ ...runtime, heads }, input);
      saw('Patterns', opened);
      return opened;
    },
    Mine: async ({ cycle, item }: { cycle: { cycle_id: string }; item: number }) => {
      if (fails) throw Object.assign(new Error('x'), { name: 'Lambda.Unknown' });
      if (item % SAMPLE === 0) named.add(await patternOfItem(runtime.cycles, cycle, { item }));
      return { pattern_key: key(item) };
    },
    Materialize: async () => ({}),
    RecordFailure: async (input: { item: number }) => (input.item === 0 ? failStep(runtime, input) : {}),
    Close: async () => ({ status: 'succeeded', trial: false }),
  };
  const handlers = Object.entries(tasks).map(([state, task]) => [
    state,
    async ({ Payload }: { Payload: never }) => {
      saw(state, Payload);
      return { Payload: await task(Payload) };
    },
  ]);
  const machine = new StateMachine(JSON.parse(cycleDefinition({ distributedMap })), {
    validationOptions: { noValidate: true },
  });
  const execution = machine.run(
    {},
    {
      context: { Execution: { Name: `size ${distributedMap} ${fails}`, StartTime: '2025-01-20T00:00:00Z' } },
      overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
    },
  );
  await execution.result;
  if (!fails) expect(named).toEqual(new Set(patterns.filter((_, i) => i % SAMPLE === 0)));
  return largest;
}

it.each([
  ['inline', false, false],
  ['inline, each pattern failing', false, true],
  ['distributed', true, false],
])(
  '[X2] With 10,000 patterns of the longest names no state gets more than 262,144 bytes: %s',
  async (name, distributedMap, fails) => {
    expect(patterns[0]).toHaveLength(199);
    const largest = await largestInputs(distributedMap, fails);
    const expected = ['Close', 'Mine', 'Open', 'Patterns', ...(fails ? ['RecordFailure'] : ['Materialize'])];
    expect([...largest.keys()].sort()).toEqual(expected.sort());
    for (const [state, bytes] of largest) expect([state, bytes < MAX_BYTES]).toEqual([state, true]);
    const sizes = [...largest].map(([state, bytes]) => `${state} ${bytes}`);
    measurement('state', `10,000 patterns, ${name}, bytes: ${sizes.join(', ')}`);
  },
  120_000,
);

it('No state of the definition passes the key of a pattern to another pattern or to the step Close', () => {
  const text = readFileSync(new URL('../../infra/cycle/cycle.asl.json', import.meta.url), 'utf8');
  expect(text).not.toContain('pattern_key');
});
