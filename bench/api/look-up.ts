import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { listen } from '../../local/service.ts';
import type { MinedPattern } from '../../shared/cycle/publish.ts';
import { openCycle, publishStep } from '../../shared/cycle/steps.ts';
import { HEAD, patternPartition } from '../../shared/dynamodb/keys.ts';
import { storeUnlessUnchanged } from '../../shared/generation/retention.ts';
import type { Lesson } from '../../shared/lesson/lesson.ts';
import { quadrantStats } from '../../shared/lesson/lesson-kind.ts';
import { byScopeHashThenCategory } from '../../shared/override/override.ts';
import { drift } from '../../shared/override/policies/drift.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope, scopeHash } from '../../shared/pattern/scope.ts';
import { randomOf } from '../../test/support/random.ts';
import { median, quantile, type Target, table } from '../support/report.ts';
import type { Bench } from '../support/workload.ts';
import { AS_OF, openBench, PATTERN, randomScope, SIX_DIMENSIONS } from '../support/workload.ts';
import { HttpLoad } from './http-load.ts';
import type { Section } from './ingest.ts';

export interface LookupPlan {
  readonly lookups: number;
  readonly runs: number;
}

const PATH = '/v1/overrides/lookup';
const pattern = parsePatternKey(PATTERN);

/** Sets of slices; each makes two overrides (ts_min and halo). */
const SETS: readonly { name: string; slices: number; wide: boolean }[] = [
  { name: '1,000', slices: 500, wide: false },
  // 19,000 more that no asked scope matches: what an index must not pay for.
  { name: '20,000, as many match', slices: 10_000, wide: true },
  { name: '20,000, more match', slices: 10_000, wide: false },
];

/** Look-ups of scopes of six dimensions, next to one raw read of the head that each of them contains. */
export async function benchLookup(plan: LookupPlan, progress: (what: string) => void): Promise<Section> {
  const rows: (string | number | undefined)[][] = [];
  const targets: Target[] = [];
  const load = new HttpLoad();
  for (const set of SETS) {
    progress(`look-up, ${set.name} overrides: publishing`);
    const bench = await openBench('memory');
    await publishLessons(bench, makeLessons(set.slices, set.wide));
    const bodies = questions(plan.lookups);
    const matched = await meanMatched(bench, bodies);
    const server = await listen(bench.service.app, 0);
    const ways: readonly [string, () => Promise<readonly number[]>][] = [
      ['raw GetItem of the head', () => each(bodies, () => readHead(bench))],
      ['look-up, in process', () => each(bodies, body => ask(bench, body))],
      [
        'look-up, HTTP',
        async () => (await load.run({ port: server.port, path: PATH, bodies, parallel: 1 })).each,
      ],
    ];
    const samples = new Map<string, { rate: number[]; p50: number[]; p99: number[] }>();
    for (let run = 0; run <= plan.runs; run++) {
      progress(`look-up, ${set.name} overrides, round ${run} of ${plan.runs}`);
      for (const [way, measure] of ways) {
        const latencies = await measure();
        if (run === 0) continue;
        const sample = samples.get(way) ?? { rate: [], p50: [], p99: [] };
        sample.rate.push((latencies.length / latencies.reduce((a, b) => a + b, 0)) * 1000);
        sample.p50.push(quantile(latencies, 0.5));
        sample.p99.push(quantile(latencies, 0.99));
        samples.set(way, sample);
      }
      const { ms } = await load.run({ port: server.port, path: PATH, bodies, parallel: 16 });
      if (run > 0) {
        const sample = samples.get(MANY) ?? { rate: [], p50: [], p99: [] };
        sample.rate.push((bodies.length / ms) * 1000);
        samples.set(MANY, sample);
      }
    }
    const raw = median(samples.get('raw GetItem of the head')?.p50 ?? []);
    for (const [way, sample] of samples) {
      const p50 = sample.p50.length === 0 ? undefined : median(sample.p50);
      const added = p50 === undefined || way.startsWith('raw') ? undefined : p50 - raw;
      rows.push([
        set.name,
        way,
        way.startsWith('raw') ? undefined : matched,
        median(sample.rate),
        p50,
        sample.p99.length === 0 ? undefined : median(sample.p99),
        added,
      ]);
      if (added !== undefined)
        targets.push({
          what: `${way}, ${set.name} overrides`,
          value: added,
          limit: 1,
          bound: 'at most',
          unit: 'ms added to one engine read, p50',
        });
    }
    await server.close();
    await bench.close();
  }
  await load.close();
  const text =
    `Look-up: ${plan.lookups} scopes of 6 dimensions, one after the other, warm; memory engine\n` +
    table(['overrides', 'what', 'matched', 'per second', 'p50 ms', 'p99 ms', 'added ms'], rows);
  return { text, targets };
}

const MANY = 'look-up, HTTP, 16 in flight';

async function each(
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
  if (!Item) throw new Error('no head');
}

async function ask({ service }: Bench, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await service.app.request(PATH, { method: 'POST', headers, body });
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return answer.text();
}

/** Overrides that match a question, on average. */
async function meanMatched(bench: Bench, bodies: readonly string[]): Promise<number> {
  const asked = bodies.slice(0, 200);
  let matched = 0;
  for (const body of asked) {
    const { overrides } = JSON.parse(await ask(bench, body)) as { overrides: { matched: number }[] };
    matched += overrides.reduce((sum, o) => sum + o.matched, 0);
  }
  return matched / asked.length;
}

function questions(count: number): string[] {
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
 * Lessons of slices, the general ones first, as a miner finds them.
 * @param wide after the first 500 only slices of values that nobody asks for
 */
function makeLessons(count: number, wide: boolean): Lesson[] {
  const lessons = new Map<string, Lesson>();
  const names = Object.keys(SIX_DIMENSIONS);
  const random = randomOf(3);
  for (let tries = 0; lessons.size < count; tries++) {
    const depth = Math.min(names.length, Math.floor(Math.log2(1 + tries / 20)));
    const full = Object.entries(randomScope(SIX_DIMENSIONS, random));
    const chosen = full.sort(() => random() - 0.5).slice(0, depth);
    const unasked = wide && lessons.size >= 500 && { curator: `unasked${tries}` };
    const scope_subset = normalizeScope({ ...Object.fromEntries(chosen), ...unasked });
    const scope_hash = scopeHash(scope_subset);
    const counts = [20, 10, 0, 30 + Math.floor(random() * 60), 40, 0];
    const stats = quadrantStats(counts);
    lessons.set(scope_hash, { action_category: 'tuning', scope_subset, scope_hash, n: stats.n_total, stats });
  }
  return [...lessons.values()].sort((a, b) => (a.scope_hash < b.scope_hash ? -1 : 1));
}

/** Puts lessons in force as a run does: they and what drift makes of them are stored as sets, then published. */
async function publishLessons({ service }: Bench, lessons: readonly Lesson[]): Promise<void> {
  const { runtime } = service;
  await runtime.heads.register([pattern]);
  const { cycle } = await openCycle(runtime, {
    execution: { name: 'bench', started_at: AS_OF },
    options: { as_of: AS_OF },
  });
  const mined: MinedPattern = {
    pattern_key: pattern,
    head_version: 0,
    events_read: 0,
    n_min: 33,
    lookback_days: 90,
    policy: 'drift',
    payoff: runtime.defaults.payoff,
    lessons: await storeUnlessUnchanged(runtime, runtime.lessons, pattern, lessons, undefined),
    overrides: await storeUnlessUnchanged(
      runtime,
      runtime.overrides,
      pattern,
      drift(pattern, lessons).sort(byScopeHashThenCategory),
      undefined,
    ),
    evidence: [],
  };
  const run = await publishStep(runtime, { cycle, mined });
  if (run.overrides !== 2 * lessons.length) throw new Error(`${run.overrides} overrides published`);
}
