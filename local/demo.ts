import { strict as assert } from 'node:assert';
import type { output, ZodType } from 'zod';
import { processHost } from '../cli/host.ts';
import { runCli } from '../cli/program.ts';
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

type Step = readonly [heading: string, ...command: string[]];

/** Steps under the drift policy: a heading, and the command that a reader could type. */
const DRIFT_STEPS: readonly Step[] = [
  ['1. Import events through the API', 'import', EVENTS],
  ['2. Run one cycle: mine lessons, derive overrides, put them in force', 'cycle', '--as-of', AS_OF],
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
const REPLAY_STEPS: readonly Step[] = [
  [
    '8. Run a cycle on the same events under the replay policy',
    'cycle',
    '--as-of',
    AS_OF,
    '--policy',
    'replay',
  ],
  ['9. Replay moves no threshold; list the reason for each slice', 'lessons', PATTERN, '--why'],
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
    for (const [heading, ...command] of REPLAY_STEPS) await step(server, heading, command);
    await checkReplay(service);
    process.stdout.write('\nThe demo worked. Next: npm start, then npm run cli -- --help\n');
  } finally {
    await server.close();
    await service.close();
  }
}

async function step(server: Listening, heading: string, command: readonly string[]): Promise<void> {
  process.stdout.write(`\n${heading}\n$ pm-tuning ${command.join(' ')}\n`);
  const url = `http://127.0.0.1:${server.port}`;
  const code = await runCli([...command, '--url', url], processHost());
  assert.equal(code, 0, `pm-tuning ${command[0]} ended with exit code ${code}`);
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

async function checkReplay(service: Service): Promise<void> {
  const { overrides } = await get(service, `/v1/overrides?pattern_key=${PATTERN}`, overridesPageSchema);
  assert.equal(overrides.length, 0);
  const { lessons } = await get(service, `/v1/lessons?pattern_key=${PATTERN}`, lessonsPageSchema);
  assert.ok(lessons.length === 10 && lessons.every(lesson => lesson.why_not), 'a slice has no reason');
}

async function get<T extends ZodType>({ app }: Service, path: string, schema: T): Promise<output<T>> {
  return schema.parse(await (await app.request(`http://localhost${path}`)).json());
}

main().catch(error => {
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
