import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { listen } from '../../local/http-server.ts';
import type { MinedPattern } from '../../shared/cycle/cycle.ts';
import { openStep } from '../../shared/cycle/steps/open.ts';
import { publishStep } from '../../shared/cycle/steps/publish.ts';
import { HEAD, patternPartition } from '../../shared/dynamodb/keys.ts';
import { storeUnlessUnchanged } from '../../shared/generation/retention.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../shared/lesson/lesson-kind.ts';
import { byScopeHashThenCategory } from '../../shared/override/override.ts';
import { drift } from '../../shared/override/policies/drift.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { randomOf } from '../../test/support/random.ts';
import { median, quantile, type Target, table } from '../support/report.ts';
import type { Bench } from '../support/workload.ts';
import { AS_OF, openBench, PATTERN, randomScope, SIX_DIMENSIONS } from '../support/workload.ts';
import { HttpLoad } from './http-load.ts';
import type { Section } from './ingest.ts';

interface LookupPlan {
  readonly lookups: number;
  readonly runs: number;
}

const PATH = '/v1/overrides/lookup';
const pattern = parsePatternKey(PATTERN);

/** Sets of slices; each slice has two overrides (ts_min and halo). */
const SETS: readonly { name: string; slices: number; mostlyUnmatched: boolean }[] = [
  { name: '1,000', slices: 500, mostlyUnmatched: false },
  // No look-up matches 19,000 of these overrides, so they should cost the index nothing.
  { name: '20,000, as many match', slices: 10_000, mostlyUnmatched: true },
  { name: '20,000, more match', slices: 10_000, mostlyUnmatched: false },
];

/** Measures look-ups of scopes of six dimensions, next to a raw read of the head, which each look-up includes. */
export async function benchLookup(plan: LookupPlan, progress: (text: string) => void): Promise<Section> {
  const rows: (string | number | undefined)[][] = [];
  const targets: Target[] = [];
  const load = new HttpLoad();
  for (const set of SETS) {
    progress(`look-up, ${set.name} overrides: publishing`);
    const bench = await openBench('memory');
    await publishLessons(bench, makeLessons(set.slices, set.mostlyUnmatched));
    const bodies = lookUpBodies(plan.lookups);
    const matched = await meanMatched(bench, bodies);
    const samples = await measure(bench, load, bodies, plan.runs, run =>
      progress(`look-up, ${set.name} overrides, round ${run} of ${plan.runs}`),
    );
    const raw = median(samples.get(RAW)?.p50 ?? []);
    for (const [method, { rate, p50: medians, p99 }] of samples) {
      const p50 = medians.length === 0 ? undefined : median(medians);
      const added = p50 === undefined || method === RAW ? undefined : p50 - raw;
      const tail = p99.length === 0 ? undefined : median(p99);
      rows.push([set.name, method, method === RAW ? undefined : matched, median(rate), p50, tail, added]);
      if (added !== undefined)
        targets.push({
          name: `${method}, ${set.name} overrides`,
          value: added,
          limit: 1,
          bound: 'at most',
          unit: 'ms added to one engine read, p50',
        });
    }
    await bench.close();
  }
  await load.close();
  const text =
    `Look-up: ${plan.lookups} scopes of 6 dimensions, one after the other, warm; memory engine\n` +
    table(['overrides', 'method', 'matched', 'per second', 'p50 ms', 'p99 ms', 'added ms'], rows);
  return { text, targets };
}

const RAW = 'raw GetItem of the head';
const HTTP_PARALLEL = 'look-up, HTTP, 16 in flight';

/** Samples of one look-up method, one a round: look-ups per second, and milliseconds at two quantiles. */
interface Samples {
  readonly rate: number[];
  readonly p50: number[];
  readonly p99: number[];
}

/** Measures each look-up method. The first round warms up, and its samples are dropped. */
async function measure(
  bench: Bench,
  load: HttpLoad,
  bodies: readonly string[],
  runs: number,
  progress: (run: number) => void,
): Promise<ReadonlyMap<string, Samples>> {
  const server = await listen(bench.service.app, 0);
  const post = (parallel: number) => load.run({ port: server.port, path: PATH, bodies, parallel });
  const methods: readonly [string, () => Promise<readonly number[]>][] = [
    [RAW, () => timeEach(bodies, () => readHead(bench))],
    ['look-up, in process', () => timeEach(bodies, body => lookUp(bench, body))],
    ['look-up, HTTP', async () => (await post(1)).each],
  ];
  const samples = new Map<string, Samples>();
  const samplesOf = (method: string): Samples => {
    const known = samples.get(method) ?? { rate: [], p50: [], p99: [] };
    samples.set(method, known);
    return known;
  };
  for (let run = 0; run <= runs; run++) {
    progress(run);
    for (const [method, latenciesOf] of methods) {
      const latencies = await latenciesOf();
      if (run === 0) continue;
      const { rate, p50, p99 } = samplesOf(method);
      rate.push((latencies.length / latencies.reduce((a, b) => a + b, 0)) * 1000);
      p50.push(quantile(latencies, 0.5));
      p99.push(quantile(latencies, 0.99));
    }
    const { ms } = await post(16);
    if (run > 0) samplesOf(HTTP_PARALLEL).rate.push((bodies.length / ms) * 1000);
  }
  await server.close();
  return samples;
}

async function timeEach(
  bodies: readonly string[],
  run: (body: string) => Promise<unknown>,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (const body of bodies) {
    const start = performance.now();
    await run(body);
    latencies.push(performance.now() - start);
  }
  return latencies;
}

async function readHead({ client, service }: Bench): Promise<void> {
  const Key = { pk: patternPartition(pattern), sk: HEAD };
  const TableName = service.runtime.config.tables.control;
  const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
  if (!Item) throw new Error('the pattern has no head');
}

async function lookUp({ service }: Bench, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await service.app.request(PATH, { method: 'POST', headers, body });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  return response.text();
}

/** Returns the mean number of overrides that match a look-up. */
async function meanMatched(bench: Bench, bodies: readonly string[]): Promise<number> {
  const sample = bodies.slice(0, 200);
  let matched = 0;
  for (const body of sample) {
    const { overrides } = JSON.parse(await lookUp(bench, body)) as { overrides: { matched: number }[] };
    matched += overrides.reduce((sum, o) => sum + o.matched, 0);
  }
  return matched / sample.length;
}

function lookUpBodies(count: number): string[] {
  const random = randomOf(7);
  return Array.from({ length: count }, () =>
    JSON.stringify({
      pattern_key: PATTERN,
      scope: randomScope(SIX_DIMENSIONS, random),
      thresholds: { ts_min: 0.6, halo_max: 1 },
    }),
  );
}

/**
 * Returns lessons of random slices, generated from general to specific, in the order of a row set.
 * @param mostlyUnmatched gives all but the first 500 a value that no look-up uses
 */
function makeLessons(count: number, mostlyUnmatched: boolean): Lesson[] {
  const lessons = new Map<string, Lesson>();
  const names = Object.keys(SIX_DIMENSIONS);
  const random = randomOf(3);
  for (let tries = 0; lessons.size < count; tries++) {
    const depth = Math.min(names.length, Math.floor(Math.log2(1 + tries / 20)));
    const full = Object.entries(randomScope(SIX_DIMENSIONS, random));
    const chosen = full.sort(() => random() - 0.5).slice(0, depth);
    const unmatched = mostlyUnmatched && lessons.size >= 500 && { curator: `unmatched${tries}` };
    const scope_subset = normalizeScope({ ...Object.fromEntries(chosen), ...unmatched });
    const scope_hash = scopeHash(scope_subset);
    const counts = [20, 10, 0, 30 + Math.floor(random() * 60), 40, 0];
    const stats = quadrantStats(counts);
    lessons.set(scope_hash, { action_category: 'tuning', scope_subset, scope_hash, n: stats.n_total, stats });
  }
  return [...lessons.values()].sort((a, b) => (a.scope_hash < b.scope_hash ? -1 : 1));
}

/** Puts lessons and their drift overrides in force, as a run does. */
async function publishLessons({ service }: Bench, lessons: readonly Lesson[]): Promise<void> {
  const { runtime } = service;
  await runtime.heads.register([pattern]);
  const { cycle } = await openStep(runtime, {
    execution: { name: 'bench', started_at: AS_OF },
    options: { as_of: AS_OF, publish: true, reason: 'bench' },
  });
  const mined: MinedPattern = {
    pattern_key: pattern,
    head_version: 0,
    events_read: 0,
    n_min: 33,
    lookback_days: 90,
    policy: 'drift',
    payoff: runtime.defaults.payoffFallback,
    lessons: await storeUnlessUnchanged(runtime, runtime.lessons, pattern, lessons, undefined),
    overrides: await storeUnlessUnchanged(
      runtime,
      runtime.overrides,
      pattern,
      drift(pattern, lessons).sort(byScopeHashThenCategory),
      undefined,
    ),
    evidence: [],
    warnings: [],
    entries: 'open',
  };
  const run = await publishStep(runtime, { cycle, mined });
  if (run.overrides !== 2 * lessons.length) throw new Error(`${run.overrides} overrides published`);
}
