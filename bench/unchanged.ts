import { writeFile } from 'node:fs/promises';
import { readEpisode } from '../shared/episode/episode-schema.ts';
import { FoldMemory } from '../shared/override/evaluation/fold-memory.ts';
import { machine, median, table } from './support/report.ts';
import type { Bench } from './support/workload.ts';
import { AS_OF, makeEvents, openBench, SIX_DIMENSIONS } from './support/workload.ts';

/** Rounds of one cold and one warm run; the first run of all publishes and is not counted. */
const ROUNDS = 3;

/**
 * Times runs of one pattern in which nothing is new, side by side: cold, where nothing of earlier runs is remembered, as
 * in a new process, and warm, where the evidence of past weeks is.
 */
export async function benchUnchanged(count: number, write: boolean): Promise<void> {
  const bench = await openBench('memory');
  const asOf = Date.parse(AS_OF);
  const episodes = makeEvents(count, SIX_DIMENSIONS, 1).map(event => readEpisode(event, asOf));
  for (let i = 0; i < count; i += 500) await bench.service.runtime.episodes.add(episodes.slice(i, i + 500));
  await run(bench);
  const cold: Time[] = [];
  const warm: Time[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    Object.assign(bench.service.runtime, { folds: new FoldMemory() });
    cold.push(await run(bench));
    warm.push(await run(bench));
  }
  await bench.close();
  const row = (name: string, times: readonly Time[]) => [
    name,
    median(times.map(time => time.processor)),
    median(times.map(time => time.clock)),
  ];
  const rows = [row('nothing remembered', cold), row('past weeks remembered', warm)];
  const report =
    `${machine({})}\n\n${count} events of 6 dimensions, ${ROUNDS} rounds, median\n` +
    table(['run with nothing new', 'processor s', 'clock s'], rows);
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
  const body = JSON.stringify({ as_of: AS_OF, publish: true, reason: 'bench' });
  const response = await service.app.request('/v1/cycles?wait=true', { method: 'POST', body });
  const { status } = (await response.json()) as { readonly status: string };
  if (status !== 'succeeded')
    throw new Error(`the run ended as ${status}: read its record with GET /v1/cycles`);
  const { user, system } = process.cpuUsage(start);
  return { processor: (user + system) / 1e6, clock: (performance.now() - clock) / 1000 };
}
