import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readEpisode } from '../shared/episode/episode-schema.ts';
import { formatNumber, machine, timed } from './support/report.ts';
import { AS_OF, makeEvents, openBench, SIX_DIMENSIONS } from './support/workload.ts';
import { benchUnchanged } from './unchanged.ts';

/*
 * This bench checks that a run counts every event of a large window, over all its pages and shards.
 *   --events 250000    --write  writes bench/results/many.md
 *   --unchanged        times runs in which nothing is new instead; with --write it writes bench/results/unchanged.md
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '250000' },
    unchanged: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const count = Number(values.events);
if (values.unchanged) {
  await benchUnchanged(count, values.write);
  process.exit();
}
const bench = await openBench('memory');
const asOf = Date.parse(AS_OF);
const PART = 5000;
const start = performance.now();
for (let i = 0; i < count; i += PART) {
  // The numbering continues over the parts, so that every id is different.
  const part = makeEvents(Math.min(PART, count - i), SIX_DIMENSIONS, 1, i + 1).map((event, n) =>
    readEpisode({ ...event, episode_id: `many-${i + n}` }, asOf),
  );
  for (let j = 0; j < part.length; j += 500) await bench.service.runtime.episodes.add(part.slice(j, j + 500));
}
const ingestMs = performance.now() - start;
const { ms, value } = await timed(async () => {
  const body = JSON.stringify({ as_of: AS_OF, publish: true, reason: 'bench' });
  const response = await bench.service.app.request('/v1/cycles?wait=true', { method: 'POST', body });
  return (await response.json()) as { status: string; patterns: { events_read: number; lessons: number }[] };
});
await bench.close();
const [run] = value.patterns;
const read = run?.events_read ?? 0;
const report = `${machine({})}

events stored   ${formatNumber(count)} in ${formatNumber(ingestMs / 1000)} s
events counted  ${formatNumber(read)} in ${formatNumber(ms / 1000)} s, ${run?.lessons} lessons: ${value.status}
missing         ${count - read}${read === count ? '  holds' : '  MISSED'}`;
console.log(report);
if (read !== count) process.exitCode = 1;
if (values.write)
  await writeFile(
    new URL('results/many.md', import.meta.url),
    `# Every event of a large window\n\nMade by \`npm run bench:large-window -- --write --events ${count}\` on ` +
      `${new Date().toISOString().slice(0, 10)}, on the embedded engine in memory.\n\n\`\`\`text\n${report}\n\`\`\`\n`,
  );
