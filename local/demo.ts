import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { output, ZodType } from 'zod';
import type { Host } from '../cli/host.ts';
import { processHost } from '../cli/host.ts';
import { runCli } from '../cli/program.ts';
import { renderTable } from '../cli/table.ts';
import { cyclesPageSchema } from '../shared/http/schemas/cycles.ts';
import { lessonsPageSchema } from '../shared/http/schemas/lessons.ts';
import { lookupAnswerSchema } from '../shared/http/schemas/lookup-answer.ts';
import { overridesPageSchema } from '../shared/http/schemas/overrides.ts';
import { statusSchema } from '../shared/http/schemas/status.ts';
import { jsonLog } from '../shared/log.ts';
import { buildPage } from '../web/build.ts';
import { clientBot } from './demo/bot.ts';
import { BASE, PLANTED, startOf } from './demo/market.ts';
import { Screen } from './demo/screen.ts';
import type { SimulationResult, Total } from './demo/simulated-pm.ts';
import { DAYS, simulatePm } from './demo/simulated-pm.ts';
import type { Listening } from './http-server.ts';
import { listen } from './http-server.ts';
import type { Service, ServiceOptions } from './service.ts';
import { openService } from './service.ts';

const EVENTS = 'test/data/pm-episode-events.jsonl';
const AS_OF = '2025-01-20T00:00:00Z';
const PATTERN = 'pm.uptrend.S1.entry';

/** Options that put the result of a run on past events in force. */
const PUBLISH = ['--publish', '--reason', 'the demo starts with past events'];

type Step = readonly [heading: string, ...command: string[]];

/** Part 1: a heading, and the command that a reader could type. */
const DRIFT_STEPS: readonly Step[] = [
  ['Import events through the API', 'import', EVENTS],
  ['Run one cycle: mine lessons, derive overrides, publish', 'cycle', '--as-of', AS_OF, ...PUBLISH],
  ['List the lessons: one per slice with at least 33 outcomes', 'lessons', PATTERN],
  ['List the overrides: moved thresholds', 'overrides', PATTERN],
  [
    'Look up thresholds for one entry: before, after, and why',
    'lookup',
    PATTERN,
    '--scope',
    'chain=solana,timeframe=15m,bucket=micro',
    '--threshold',
    'ts_min=0.6',
    '--threshold',
    'halo_max=1',
  ],
];
const TRIAL_STEP: Step = [
  'Try replay on the same events: a trial puts nothing in force',
  'cycle',
  '--as-of',
  AS_OF,
  '--policy',
  'replay',
];

/** Part 2, after the trial. @param trial its id */
const stepsAfter = (trial: string): readonly Step[] => [
  ['List why no override follows', 'lessons', PATTERN, '--why', '--limit', '3', '--cycle', trial],
  ['Compare both policies, each week scored by what was known before it', 'evidence', PATTERN],
];

/** Part 3, after the simulation. */
const SIMULATED_STEPS: readonly Step[] = [
  ['List the overrides that replay found, with their evidence', 'overrides', PATTERN],
  ['Compare both policies on the last weeks, and the payoff that trades had', 'evidence', PATTERN],
];

/**
 * Runs the three parts and checks their results, so that a failure ends with an error.
 * @param keep true leaves the page running with the data of the last part, until Ctrl-C
 */
export async function runDemo(host: Host, keep = false): Promise<SimulationResult> {
  const screen = new Screen(host);
  screen.print('PM Tuning demo: from events to tuned thresholds, in three parts, with all data in memory.');
  await withService({ environment: { POLICY: 'drift' } }, async (service, server) => {
    screen.title('1 of 3 · 276 real events under drift, the formula of the original');
    await steps(screen, server, DRIFT_STEPS);
    await checkDrift(service);
    screen.title('2 of 3 · The same events under replay, the default');
    const [heading, ...command] = TRIAL_STEP;
    await step(screen, server, heading, command);
    const trial = await newestCycle(service);
    await steps(screen, server, stepsAfter(trial));
    await explainReplay(screen, service, trial);
  });
  return simulatedPart(screen, keep);
}

async function withService<T>(
  options: Pick<ServiceOptions, 'environment' | 'now' | 'page'>,
  use: (service: Service, server: Listening) => Promise<T>,
): Promise<T> {
  const log = jsonLog('error', line => process.stderr.write(`${line}\n`), Date.now);
  const service = await openService({ ...options, log });
  const server = await listen(service.app, 0);
  try {
    return await use(service, server);
  } finally {
    await server.close();
    await service.close();
  }
}

async function steps(screen: Screen, server: Listening, all: readonly Step[]): Promise<void> {
  for (const [heading, ...command] of all) await step(screen, server, heading, command);
}

async function step(
  screen: Screen,
  server: Listening,
  heading: string,
  command: readonly string[],
): Promise<void> {
  screen.command(heading, command);
  const code = await runCli([...command, '--url', urlOf(server)], screen.host);
  assert.equal(code, 0, `pm-tuning ${command[0]} ended with exit code ${code}`);
}

const urlOf = ({ port }: Listening): string => `http://127.0.0.1:${port}`;

async function newestCycle(service: Service): Promise<string> {
  const { cycles } = await get(service, '/v1/cycles?limit=1', cyclesPageSchema);
  assert.ok(cycles[0]?.trial, 'the newest cycle is no trial');
  return cycles[0].cycle_id;
}

/** Compares the results with what the original computes from these events. */
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

/** Checks that replay moves nothing on the real events, and says why. */
async function explainReplay(screen: Screen, service: Service, trial: string): Promise<void> {
  const query = `pattern_key=${PATTERN}&cycle_id=${trial}`;
  const { overrides } = await get(service, `/v1/overrides?${query}`, overridesPageSchema);
  assert.equal(overrides.length, 0);
  const { lessons, break_even } = await get(service, `/v1/lessons?${query}`, lessonsPageSchema);
  assert.ok(lessons.length > 0 && lessons.every(lesson => lesson.why_not), 'a slice has no reason');
  const acted = lessons.find(({ scope_subset }) => Object.keys(scope_subset).length === 0)?.stats;
  assert.ok(acted && 'n_acted' in acted, 'there is no lesson of all events');
  screen.say(
    `Replay moves nothing here. ${acted.n_acted} of ${acted.n_total} events were trades, and no step of a ` +
      `threshold gains more than chance may. To tell a win rate of ${percent(acted.wr)} from the break-even rate of ` +
      `${percent(break_even)} takes far more trades. Drift moves thresholds all the same, because it follows counts.`,
  );
}

async function simulatedPart(screen: Screen, keep: boolean): Promise<SimulationResult> {
  screen.title(`3 of 3 · ${DAYS} days of a simulated PM, tuned by replay once a week`);
  const planted = Object.entries(PLANTED).map(([timeframe, ts_min]) => `${ts_min} on ${timeframe}`);
  screen.say(
    `The PM trades with ts_min ${BASE.ts_min} everywhere. In its market the right values are ${planted.join(', ')}. ` +
      'It looks its thresholds up each day, logs what it did and skipped, and reports outcomes with their returns.',
  );
  let now = startOf(0);
  const page = keep ? await buildPage() : undefined;
  const options = { environment: { PAYOFF: 'measured' }, now: () => now, page };
  return withService(options, async (service, server) => {
    const runCycle = async (): Promise<boolean> => {
      const response = await service.app.request('http://localhost/v1/cycles?wait=true', { method: 'POST' });
      assert.ok(response.ok, `a cycle ended with status ${response.status}`);
      const { overrides } = await get(service, `/v1/overrides?pattern_key=${PATTERN}`, overridesPageSchema);
      return overrides.length > 0;
    };
    const setTime = (to: number): void => {
      now = to;
    };
    const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-demo-'));
    const bot = clientBot(urlOf(server), folder);
    try {
      const result = await simulatePm(PATTERN, { bot, setTime, runCycle }, (day, opportunities) =>
        screen.progress(day + 1, DAYS, `day ${day + 1} of ${DAYS}, ${opportunities} opportunities`),
      );
      showResult(screen, result);
      await steps(screen, server, SIMULATED_STEPS);
      screen.print('\nThe demo worked. Next: npm start, then npm run cli -- --help');
      if (keep) {
        // The page begins with a service whose last run is new.
        await runCycle();
        screen.print(`The page shows its data: ${urlOf(server)}/ui (Ctrl-C stops it)`);
        await once(process, 'SIGINT');
      }
      return result;
    } finally {
      await bot.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Prints planted and found thresholds, and the gain; fails when replay did not find them. */
function showResult(screen: Screen, result: SimulationResult): void {
  const { opportunities, firstTunedDay, tuned, untuned, gain, trades } = result;
  const rows = Object.entries(PLANTED).map(([timeframe, planted]) => ({
    timeframe,
    planted,
    found: result.found[timeframe] ?? Number.NaN,
  }));
  screen.print(
    `\n${renderTable(
      [
        { title: 'ts_min on', value: row => row.timeframe },
        { title: 'of the PM', value: () => String(BASE.ts_min), align: 'right' },
        { title: 'planted', value: row => String(row.planted), align: 'right' },
        { title: 'found', value: row => row.found.toFixed(3), align: 'right' },
      ],
      rows,
      { width: Number.POSITIVE_INFINITY, color: false },
    )}`,
  );
  assert.ok(firstTunedDay !== undefined, 'no run moved a threshold');
  screen.say(
    `${opportunities} opportunities; the first tuned day was day ${firstTunedDay + 1}. From then on the PM made ` +
      `${trades.tuned} trades for ${inR(tuned.total)}. With its own thresholds it would have made ` +
      `${trades.untuned} for ${inR(untuned.total)}. Tuning gained ${interval(gain)}.`,
  );
  assert.ok(gain.low > 0, 'tuning gained nothing in the simulated market');
  for (const { timeframe, planted, found } of rows)
    assert.ok(
      Math.abs(found - planted) <= Math.abs(BASE.ts_min - planted) / 2 + 0.03,
      `the threshold of ${timeframe} was not found: ${found}`,
    );
}

const inR = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)} R`;
const interval = ({ total, low, high }: Total): string => `${inR(total)} (90 %: ${inR(low)} to ${inR(high)})`;
const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;

async function get<T extends ZodType>({ app }: Service, path: string, schema: T): Promise<output<T>> {
  return schema.parse(await (await app.request(`http://localhost${path}`)).json());
}

if (import.meta.main)
  runDemo(processHost(), process.argv.includes('--keep')).catch(error => {
    process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  });
