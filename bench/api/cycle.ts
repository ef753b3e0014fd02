import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { tunePattern } from '../../shared/cycle/tune-pattern.ts';
import { documentClient } from '../../shared/dynamodb/client.ts';
import * as keys from '../../shared/dynamodb/keys.ts';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import type { ResolvedRow } from '../../shared/episode/episode-store.ts';
import { parseHistory, revisionAsOf } from '../../shared/episode/outcome.ts';
import { effectiveSettings } from '../../shared/generation/effective-settings.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { median, type Target, table, timed } from '../support/report.ts';
import type { Bench, Dimensions } from '../support/workload.ts';
import {
  AS_OF,
  makeEvents,
  openBench,
  PATTERN,
  SIX_DIMENSIONS,
  TWELVE_DIMENSIONS,
} from '../support/workload.ts';
import type { Section } from './ingest.ts';

interface CyclePlan {
  readonly events: number;
  readonly runs: number;
}

const pattern = parsePatternKey(PATTERN);
const asOf = Date.parse(AS_OF);
const LOOKBACK_MS = 90 * 86_400_000;

/** Times named steps. Each step has one sample a round, in milliseconds. */
class StepTimes {
  readonly #samples = new Map<string, number[]>();

  async time<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    const { ms, value } = await timed(run);
    const samples = this.#samples.get(name) ?? [];
    samples.push(ms);
    this.#samples.set(name, samples);
    return value;
  }

  clear(): void {
    this.#samples.clear();
  }

  /** Returns the name, the median and the microseconds per event of each step. */
  rows(events: number): [string, number, number][] {
    return [...this.#samples].map(([name, samples]) => {
      const ms = median(samples);
      return [name, ms, (ms * 1000) / events];
    });
  }
}

/** Measures a run over the events of one pattern, as a whole and step by step. */
export async function benchCycle(plan: CyclePlan, progress: (text: string) => void): Promise<Section> {
  const bench = await openBench('memory');
  progress(`cycle: storing ${plan.events} events`);
  await store(bench, plan.events, SIX_DIMENSIONS);
  const steps = new StepTimes();
  let result = '';
  for (let run = 0; run <= plan.runs; run++) {
    progress(`cycle, round ${run} of ${plan.runs}`);
    // The first round warms up, and its samples are dropped.
    if (run === 1) steps.clear();
    result = await timeSteps(bench, steps);
    // Each run has another n_min, so each publishes a new generation.
    await steps.time('whole run by the state machine, published', () => runCycle(bench, 33 + run));
    await steps.time('whole run again, nothing to publish', () => runCycle(bench, 33 + run));
  }
  await bench.close();
  const text =
    `Cycle: ${plan.events} events of 6 dimensions with an outcome, one pattern; ${result}; memory engine\n` +
    table(['step', 'ms', 'µs/event'], steps.rows(plan.events));
  return { text, targets: [] };
}

/** Times the steps of a run one by one, and returns a description of the result. */
async function timeSteps(bench: Bench, steps: StepTimes): Promise<string> {
  const { runtime } = bench.service;
  const expires = Math.ceil(Date.now() / 1000) + 86_400;
  await steps.time('raw Query of the same pages, 8 shards at once', () => readRaw(bench));
  const rows = await steps.time('read (pages of all shards)', () => readRows(bench));
  const columns = await steps.time('decode to columns', () => collect(rows));
  const { lessons, overrides } = await steps.time('mine lessons, compute and compare the policies', () =>
    tunePattern(pattern, columns, asOf, effectiveSettings(runtime.defaults)),
  );
  await steps.time('write lessons', () => runtime.lessons.write(pattern, lessons, expires));
  await steps.time('write overrides', () => runtime.overrides.write(pattern, overrides, expires));
  return `${lessons.length} lessons, ${overrides.length} overrides`;
}

async function runCycle({ service }: Bench, n_min: number): Promise<void> {
  const body = JSON.stringify({ as_of: AS_OF, n_min, publish: true, reason: 'bench' });
  const headers = { 'content-type': 'application/json' };
  const response = await service.app.request('/v1/cycles?wait=true', { method: 'POST', headers, body });
  const { status } = (await response.json()) as { status: string };
  if (status !== 'succeeded') throw new Error(`cycle ${status}`);
}

/** Measures decoding, from the engine's responses to typed columns, per event. */
export async function benchDecode(plan: CyclePlan, progress: (text: string) => void): Promise<Section> {
  const rows: (string | number | undefined)[][] = [];
  const targets: Target[] = [];
  for (const [name, dimensions] of [
    ['6', SIX_DIMENSIONS],
    ['12', TWELVE_DIMENSIONS],
  ] as const) {
    const bench = await openBench('memory');
    progress(`decode, ${name} dimensions: storing ${plan.events} events`);
    await store(bench, plan.events, dimensions);
    const recorded = await recordPages(bench);
    const pages = await readRows(bench);
    const scopes = new Set(pages.flat().map(row => scopeText(row))).size;
    const sdk: number[] = [];
    const decode: number[] = [];
    const endToEnd: number[] = [];
    for (let run = 0; run <= plan.runs; run++) {
      progress(`decode, ${name} dimensions, round ${run} of ${plan.runs}`);
      const samples = [
        [sdk, await timed(() => parsePages(bench, recorded))],
        [decode, await timed(() => collect(pages))],
        [endToEnd, await timed(async () => collect(await readRows(bench)))],
      ] as const;
      if (run > 0) for (const [list, { ms }] of samples) list.push((ms * 1000) / plan.events);
    }
    await bench.close();
    rows.push([name, scopes, median(decode), median(sdk), median(endToEnd)]);
    targets.push({
      name: `decode, ${name} dimensions, ${scopes} different scopes`,
      value: median(decode),
      limit: 2.5,
      bound: 'at most',
      unit: 'µs/event',
    });
  }
  const text =
    `Decoding: ${plan.events} events; pages of the SDK to columns, the SDK alone (bytes of a response to objects),\n` +
    'and end to end with the memory engine\n' +
    table(['dimensions', 'scopes', 'decode µs/event', 'SDK µs/event', 'end to end µs/event'], rows);
  return { text, targets };
}

/**
 * Returns the bytes of a packed scope as text, to tell scopes apart. They begin at byte 3; bytes 1 and 2 hold their
 * number, little-endian (shared/episode/packed-episode.ts).
 */
const scopeText = ({ packed }: ResolvedRow): string =>
  Buffer.from(packed.subarray(3, 3 + (packed[1] ?? 0) + 256 * (packed[2] ?? 0))).toString('latin1');

async function store(bench: Bench, count: number, dimensions: Dimensions): Promise<void> {
  const episodes = makeEvents(count, dimensions, 1).map(event => readEpisode(event, asOf));
  for (let i = 0; i < count; i += 500) await bench.service.runtime.episodes.add(episodes.slice(i, i + 500));
}

async function readRows(bench: Bench): Promise<(readonly ResolvedRow[])[]> {
  const pages: (readonly ResolvedRow[])[] = [];
  const { episodes } = bench.service.runtime;
  for await (const page of episodes.resolved(pattern, asOf - LOOKBACK_MS, asOf)) pages.push(page);
  return pages;
}

/** Collects rows as a run does (cycle/event-window.ts). */
function collect(pages: readonly (readonly ResolvedRow[])[]) {
  const collector = new FactorCollector({ withDxCount: false });
  for (const page of pages) {
    for (const row of page) {
      const revision = revisionAsOf(parseHistory(row.history), asOf);
      if (revision) collector.add(row.packed, row.time, revision);
    }
  }
  return collector.columns();
}

function shardQueries(bench: Bench) {
  const [first, last] = keys.eventTimeSpan(asOf - LOOKBACK_MS, asOf);
  return keys.eventPartitions(pattern).map(partition => ({
    TableName: bench.service.runtime.config.tables.events,
    IndexName: keys.OUTCOMES_INDEX,
    KeyConditionExpression: 'rk = :p AND t BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':p': partition, ':from': first, ':to': last },
    ProjectionExpression: 'sk, t, m, o',
  }));
}

async function readRaw(bench: Bench, client = bench.client): Promise<number> {
  const counts = shardQueries(bench).map(async query => {
    let items = 0;
    let start: Record<string, unknown> | undefined;
    do {
      const page = await client.send(
        new QueryCommand(start ? { ...query, ExclusiveStartKey: start } : query),
      );
      items += page.Items?.length ?? 0;
      start = page.LastEvaluatedKey;
    } while (start);
    return items;
  });
  return (await Promise.all(counts)).reduce((a, b) => a + b, 0);
}

type Handler = { handle(request: object): Promise<{ response: object }> };

/** Returns the bytes of every response to the queries of the pattern's window. */
async function recordPages(bench: Bench): Promise<Buffer[]> {
  const recorded: Buffer[] = [];
  const inner = bench.settings.requestHandler as Handler;
  const client = documentClient({
    ...bench.settings,
    requestHandler: {
      handle: async (request: object) => {
        const { response } = await inner.handle(request);
        recorded.push((response as { body: Buffer }).body);
        return { response };
      },
    },
  } as typeof bench.settings);
  await readRaw(bench, client);
  return recorded;
}

/** Parses recorded responses with the SDK. */
async function parsePages(bench: Bench, recorded: readonly Buffer[]): Promise<void> {
  let next = 0;
  const client = documentClient({
    ...bench.settings,
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: 200,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: recorded[next++],
        },
      }),
    },
  } as typeof bench.settings);
  const [query] = shardQueries(bench);
  if (query) for (const _ of recorded) await client.send(new QueryCommand(query));
}
