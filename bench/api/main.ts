import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import project from '../../package.json' with { type: 'json' };
import { machine, targetTable } from '../support/report.ts';
import { benchCycle, benchDecode } from './cycle.ts';
import { benchIngest } from './ingest.ts';
import { benchLookup } from './look-up.ts';

/*
 * This bench measures ingest, look-up, cycle and decoding next to the embedded engine's own rates, in one run.
 *   --quick  makes a short run    --write  writes bench/results/api.md    --only ingest|lookup|cycle|decode
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' }, only: { type: 'string' } },
});
const { quick = false, write = false, only } = options;
const runs = quick ? 2 : 5;
const progress = (text: string): void => void process.stderr.write(`${text}\n`);

const BENCHES = {
  ingest: () => benchIngest({ events: quick ? 2000 : 5000, singles: quick ? 200 : 1000, runs }, progress),
  lookup: () => benchLookup({ lookups: quick ? 500 : 2000, runs }, progress),
  cycle: () => benchCycle({ events: quick ? 10_000 : 100_000, runs: quick ? 2 : 3 }, progress),
  decode: () => benchDecode({ events: quick ? 10_000 : 200_000, runs }, progress),
};

const packages = Object.fromEntries(
  Object.entries(project.dependencies).filter(([name]) => /dynamodb|dynalite|level|hono/.test(name)),
);

const sections = [
  `${machine(packages)}\n` +
    `Medians of ${runs} rounds after one to warm up${quick ? ' (--quick: rough measurements)' : ''}`,
];
const targets = [];
for (const [name, run] of Object.entries(BENCHES)) {
  if (only !== undefined && only !== name) continue;
  const section = await run();
  sections.push(section.text);
  targets.push(...section.targets);
}
sections.push(`Targets\n${targetTable(targets)}`);
const report = sections.join('\n\n');
console.log(report);
if (write)
  await writeFile(
    new URL('../results/api.md', import.meta.url),
    `# Speed of the API\n\nMade by \`npm run bench:api -- --write\` on ${new Date().toISOString().slice(0, 10)}.\n\n` +
      `\`\`\`text\n${report}\n\`\`\`\n`,
  );
