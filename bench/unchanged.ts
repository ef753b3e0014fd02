import { writeFile } from 'node:fs/promises';
import type { FitStore } from '../shared/cycle/fit-store.ts';
import { Dynamo } from '../shared/dynamodb/client.ts';
import { sealedPartition } from '../shared/dynamodb/keys.ts';
import { readEpisode } from '../shared/episode/episode-schema.ts';
import type { SealedDayStore } from '../shared/episode/sealed-days.ts';
import { FoldMemory } from '../shared/override/evaluation/fold-memory.ts';
import { parsePatternKey } from '../shared/pattern/pattern-key.ts';
import { formatNumber, machine, median, table } from './support/report.ts';
import type { Bench } from './support/workload.ts';
import { AS_OF, makeEvents, openBench, PATTERN, SIX_DIMENSIONS } from './support/workload.ts';

/** Rounds of one hour of each kind. */
const ROUNDS = 3;
const HOUR = 3_600_000;

/** Stores that keep nothing, as before days were sealed and fits were stored. */
const NO_FITS: FitStore = {
  yearFit: async () => undefined,
  putYearFit: async () => undefined,
  folds: async () => [],
  putFolds: async () => undefined,
};
const NO_SEALS: SealedDayStore = {
  states: async () => new Map(),
  read: async function* () {},
  seal: async () => undefined,
};

/**
 * Times hourly runs of one pattern in which nothing is new, side by side:
 * - in a new process without what earlier runs stored, which reads and computes everything;
 * - in a new process, which reads sealed days and takes over what earlier runs computed;
 * - in a process that goes on.
 */
export async function benchUnchanged(count: number, write: boolean): Promise<void> {
  const clock = { now: Date.parse(AS_OF) };
  const bench = await openBench('memory', () => clock.now);
  const { runtime } = bench.service;
  const episodes = makeEvents(count, SIX_DIMENSIONS, 1).map(event => readEpisode(event, clock.now));
  for (let i = 0; i < count; i += 500) await runtime.episodes.add(episodes.slice(i, i + 500));
  // A day after the import its days can be sealed.
  clock.now += 25 * HOUR;
  const { fits, sealedDays } = runtime;
  const hour = async (stores: object): Promise<Time> => {
    Object.assign(runtime, stores);
    clock.now += HOUR / 2;
    return run(bench);
  };
  // The first run publishes and seals; as many follow as it takes until every day is sealed.
  for (let sealed = 0; sealed < count; sealed += 100_000) await hour({});
  const [nothing, process, warm]: [Time[], Time[], Time[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    nothing.push(await hour({ folds: new FoldMemory(), fits: NO_FITS, sealedDays: NO_SEALS }));
    process.push(await hour({ folds: new FoldMemory(), fits, sealedDays }));
    warm.push(await hour({}));
  }
  const bytes = await sealedBytes(bench);
  await bench.close();
  const row = (name: string, times: readonly Time[]) => [
    name,
    median(times.map(time => time.processor)),
    median(times.map(time => time.clock)),
  ];
  const rows = [
    row('everything read and computed', nothing),
    row('a new process', process),
    row('the same process', warm),
  ];
  const report =
    `${machine({})}\n\n${count} events of 6 dimensions, ${ROUNDS} rounds, median\n` +
    `${table(['run with nothing new', 'processor s', 'clock s'], rows)}\n\n` +
    `sealed days take ${formatNumber(bytes / count)} bytes an event; an entry of the index takes about 370`;
  console.log(report);
  if (write)
    await writeFile(
      new URL('results/unchanged.md', import.meta.url),
      `# Hours in which nothing changed\n\nMade by \`npm run bench:large-window -- --unchanged --write --events ${count}\` ` +
        `on\n${new Date().toISOString().slice(0, 10)}, on the embedded engine in memory.\n\n\`\`\`text\n${report}\n\`\`\`\n`,
    );
}

/** Seconds. */
interface Time {
  readonly processor: number;
  readonly clock: number;
}

async function run({ service }: Bench): Promise<Time> {
  const start = process.cpuUsage();
  const clock = performance.now();
  const response = await service.app.request('/v1/cycles?wait=true', { method: 'POST', body: '{}' });
  const { status } = (await response.json()) as { readonly status: string };
  if (status !== 'succeeded')
    throw new Error(`the run ended as ${status}: read its record with GET /v1/cycles`);
  const { user, system } = process.cpuUsage(start);
  return { processor: (user + system) / 1e6, clock: (performance.now() - clock) / 1000 };
}

async function sealedBytes({ client, service }: Bench): Promise<number> {
  const items = await new Dynamo(client).query({
    TableName: service.runtime.config.tables.control,
    KeyConditionExpression: 'pk = :p',
    ExpressionAttributeValues: { ':p': sealedPartition(parsePatternKey(PATTERN)) },
  });
  return items.reduce((sum, { z }) => sum + (z instanceof Uint8Array ? z.length : 0), 0);
}
