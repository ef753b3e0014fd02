import { strict as assert } from 'node:assert';
import type { output, ZodType } from 'zod';
import { processHost } from '../cli/host.ts';
import { runCli } from '../cli/program.ts';
import { cyclesPageSchema } from '../shared/http/schemas/cycles.ts';
import { lessonsPageSchema } from '../shared/http/schemas/lessons.ts';
import { lookupAnswerSchema } from '../shared/http/schemas/lookup-answer.ts';
import { overridesPageSchema } from '../shared/http/schemas/overrides.ts';
import { statusSchema } from '../shared/http/schemas/status.ts';
import { jsonLog } from '../shared/log.ts';
import type { Listening } from './http-server.ts';
import { listen } from './http-server.ts';
import type { Service } from './service.ts';
import { openService } from './service.ts';

const EVENTS = 'test/data/pm-episode-events.jsonl';
const AS_OF = '2025-01-20T00:00:00Z';
const PATTERN = 'pm.uptrend.S1.entry';

/** Options that put the result of a run on past events in force. */
const PUBLISH = ['--publish', '--reason', 'the demo starts with past events'];

type Step = readonly [heading: string, ...command: string[]];

/** Steps under the drift policy: a heading, and the command that a reader could type. */
const DRIFT_STEPS: readonly Step[] = [
  ['1. Import events through the API', 'import', EVENTS],
  [
    '2. Run one cycle on past events: mine lessons, derive overrides, put them in force',
    'cycle',
    '--as-of',
    AS_OF,
    ...PUBLISH,
  ],
  ['3. List the lessons: one per slice with at least 33 outcomes', 'lessons', PATTERN],
  ['4. List near lessons: slices just under 33 outcomes', 'lessons', PATTERN, '--near'],
  ['5. List the overrides of the drift policy: moved thresholds and their evidence', 'overrides', PATTERN],
  [
    '6. Look up thresholds for one entry: before, after, and why',
    'lookup',
    PATTERN,
    '--scope',
    'chain=solana,timeframe=15m,bucket=micro',
    '--threshold',
    'ts_min=0.6',
    '--threshold',
    'halo_max=1',
    '--explain',
  ],
  ['7. Compare both policies, each week scored by what was known before it', 'evidence', PATTERN],
];
const TRIAL_STEP: Step = [
  '8. Try the replay policy on the same events: a trial puts nothing in force',
  'cycle',
  '--as-of',
  AS_OF,
  '--policy',
  'replay',
];

/** Steps after the trial. @param trial id of the trial */
const stepsAfter = (trial: string): readonly Step[] => [
  [
    '9. Replay would move no threshold; list the reason for each slice',
    'lessons',
    PATTERN,
    '--why',
    '--cycle',
    trial,
  ],
  [
    '10. Count the entries that other values of one threshold would have taken',
    'whatif',
    PATTERN,
    '--lever',
    'ts_min',
    '--from',
    '0.8',
    '--to',
    '1.2',
    '--as-of',
    AS_OF,
  ],
  ['11. Show the status of the whole system', 'status'],
  ['12. List who changed what', 'changes'],
];

async function main(): Promise<void> {
  process.stdout.write('PM Tuning demo: from events to tuned thresholds, with all data in memory.\n');
  const service = await openService({
    log: jsonLog('warn', line => process.stderr.write(`${line}\n`), Date.now),
    environment: { POLICY: 'drift' },
  });
  const server = await listen(service.app, 0);
  try {
    for (const [heading, ...command] of DRIFT_STEPS) await step(server, heading, command);
    await checkDrift(service);
    const [heading, ...command] = TRIAL_STEP;
    await step(server, heading, command);
    const trial = await newestCycle(service);
    for (const [heading, ...command] of stepsAfter(trial)) await step(server, heading, command);
    await checkReplay(service, trial);
    await checkDrift(service);
    process.stdout.write('\nThe demo worked. Next: npm start, then npm run cli -- --help\n');
  } finally {
    await server.close();
    await service.close();
  }
}

async function step(server: Listening, heading: string, command: readonly string[]): Promise<void> {
  process.stdout.write(`\n${heading}\n$ pm-tuning ${command.map(quoted).join(' ')}\n`);
  const url = `http://127.0.0.1:${server.port}`;
  const code = await runCli([...command, '--url', url], processHost());
  assert.equal(code, 0, `pm-tuning ${command[0]} ended with exit code ${code}`);
}

/** Returns an argument as a shell takes it. */
const quoted = (text: string): string => (text.includes(' ') ? JSON.stringify(text) : text);

async function newestCycle(service: Service): Promise<string> {
  const { cycles } = await get(service, '/v1/cycles?limit=1', cyclesPageSchema);
  assert.ok(cycles[0]?.trial, 'the newest cycle is no trial');
  return cycles[0].cycle_id;
}

/** Compares the results with the known content of the data, so the exit code shows whether the demo worked. */
async function checkDrift(service: Service): Promise<void> {
  const status = await get(service, '/v1/status', statusSchema);
  assert.deepEqual(status.events, { total: 276, with_outcome: 104, pending: 172 });
  const { lessons } = await get(service, `/v1/lessons?pattern_key=${PATTERN}`, lessonsPageSchema);
  assert.equal(lessons.length, 10);
  const { overrides } = await get(service, `/v1/overrides?pattern_key=${PATTERN}`, overridesPageSchema);
  assert.equal(overrides.length, 6);
  const query = `pattern_key=${PATTERN}&scope.timeframe=15m&thresholds.halo_max=1`;
  const lookup = await get(service, `/v1/overrides/lookup?${query}`, lookupAnswerSchema);
  assert.ok((lookup.thresholds.halo_max ?? 0) > 1, 'the look-up moved no threshold');
}

async function checkReplay(service: Service, trial: string): Promise<void> {
  const query = `pattern_key=${PATTERN}&cycle_id=${trial}`;
  const { overrides } = await get(service, `/v1/overrides?${query}`, overridesPageSchema);
  assert.equal(overrides.length, 0);
  const { lessons } = await get(service, `/v1/lessons?${query}`, lessonsPageSchema);
  assert.ok(lessons.length === 10 && lessons.every(lesson => lesson.why_not), 'a slice has no reason');
}

async function get<T extends ZodType>({ app }: Service, path: string, schema: T): Promise<output<T>> {
  return schema.parse(await (await app.request(`http://localhost${path}`)).json());
}

main().catch(error => {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
