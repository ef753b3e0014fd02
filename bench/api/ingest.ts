import { BatchWriteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { listen } from '../../local/http-server.ts';
import type { Item } from '../../shared/dynamodb/client.ts';
import { mapBatches } from '../../shared/dynamodb/client.ts';
import { median, type Target, table, timed } from '../support/report.ts';
import type { Bench } from '../support/workload.ts';
import { makeEvents, openBench, SIX_DIMENSIONS } from '../support/workload.ts';
import { HttpLoad } from './http-load.ts';

const BATCH = 500;
/** Maximum number of requests in flight of a raw client, the same as that of the product's store. */
const RAW_PARALLEL = 8;
const PATH = '/v1/events';

export interface Section {
  readonly text: string;
  readonly targets: readonly Target[];
}

interface IngestPlan {
  readonly events: number;
  readonly singles: number;
  readonly runs: number;
}

type EngineKind = 'memory' | 'disk';
interface Inputs {
  readonly batches: readonly string[];
  readonly singles: readonly string[];
}

/** Measures events per second of each ingestion method, next to the engine's own rate. */
export async function benchIngest(plan: IngestPlan, progress: (text: string) => void): Promise<Section> {
  const events = makeEvents(plan.events, SIX_DIMENSIONS, 0.4);
  const batches: string[] = [];
  for (let i = 0; i < events.length; i += BATCH)
    batches.push(JSON.stringify({ events: events.slice(i, i + BATCH) }));
  const singles = makeEvents(plan.singles, SIX_DIMENSIONS, 0.4, 2).map(event => JSON.stringify(event));
  const items = await itemsOf(batches);
  const rows: (string | number | undefined)[][] = [];
  const targets: Target[] = [];
  for (const engine of ['memory', 'disk'] as const) {
    const rates = await measure(engine, { batches, singles }, items, plan, progress);
    const raw = rates.get(RAW_BATCH) ?? Number.NaN;
    const rawSingle = rates.get(RAW_PUT) ?? Number.NaN;
    for (const [method, rate] of rates)
      rows.push([
        engine,
        method,
        rate,
        rate / raw,
        SINGLE_METHODS.has(method) ? rate / rawSingle : undefined,
      ]);
    for (const method of [BATCHED_APP, BATCHED_HTTP])
      targets.push({
        name: `ingest, ${engine}, ${method}`,
        value: (rates.get(method) ?? Number.NaN) / raw,
        limit: 0.5,
        bound: 'at least',
        unit: '× raw batch-write',
      });
  }
  const bytes = Math.round((batches.join('').length / events.length) * 10) / 10;
  const text =
    `Ingest: ${plan.events} events of 6 dimensions, ${bytes} bytes each, 40 % with an outcome; ` +
    `${plan.singles} one by one\n` +
    table(['engine', 'method', 'events/s', '× raw batch-write', '× raw PutItem'], rows);
  return { text, targets };
}

const RAW_BATCH = 'raw BatchWriteItem, 25 a request, 8 in flight';
const RAW_PUT = 'raw PutItem, one after the other';
const BATCHED_APP = 'batches of 500, in process';
const BATCHED_HTTP = 'batches of 500, HTTP';
const SINGLE_APP = 'one by one, in process';
const SINGLE_HTTP = 'one by one, HTTP';
const SINGLE_HTTP_PARALLEL = 'one by one, HTTP, 16 in flight';
const SINGLE_METHODS = new Set([SINGLE_APP, SINGLE_HTTP, SINGLE_HTTP_PARALLEL]);

/** Measures each method on a new engine. The methods take turns, so that a slow moment of the machine affects all. */
async function measure(
  engine: EngineKind,
  inputs: Inputs,
  items: readonly Item[],
  plan: IngestPlan,
  progress: (text: string) => void,
): Promise<ReadonlyMap<string, number>> {
  const load = new HttpLoad();
  const posts = async (bench: Bench, bodies: readonly string[], parallel: number): Promise<void> => {
    const server = await listen(bench.service.app, 0);
    await load.run({ port: server.port, path: PATH, bodies, parallel });
    await server.close();
  };
  const singleItems = items.slice(0, plan.singles);
  const methods: readonly [string, number, (bench: Bench) => Promise<void>][] = [
    [RAW_BATCH, items.length, bench => writeRaw(bench, items, 25)],
    [BATCHED_APP, plan.events, bench => request(bench, inputs.batches)],
    [BATCHED_HTTP, plan.events, bench => posts(bench, inputs.batches, 1)],
    [RAW_PUT, singleItems.length, bench => writeRaw(bench, singleItems, 1)],
    [SINGLE_APP, plan.singles, bench => request(bench, inputs.singles)],
    [SINGLE_HTTP, plan.singles, bench => posts(bench, inputs.singles, 1)],
    [SINGLE_HTTP_PARALLEL, plan.singles, bench => posts(bench, inputs.singles, 16)],
  ];
  const rates = new Map<string, number[]>(methods.map(([method]) => [method, []]));
  // The first round warms up and is not counted.
  for (let run = 0; run <= plan.runs; run++) {
    for (const [method, count, write] of methods) {
      progress(`ingest, ${engine}, round ${run} of ${plan.runs}: ${method}`);
      const bench = await openBench(engine);
      const { ms } = await timed(() => write(bench));
      await bench.close();
      if (run > 0) rates.get(method)?.push((count / ms) * 1000);
    }
  }
  await load.close();
  return new Map([...rates].map(([method, samples]) => [method, median(samples)]));
}

async function request(bench: Bench, bodies: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (const body of bodies) {
    const response = await bench.service.app.request(PATH, { method: 'POST', headers, body });
    if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
  }
}

async function writeRaw({ client, service }: Bench, items: readonly Item[], size: number): Promise<void> {
  const TableName = service.runtime.config.tables.events;
  if (size === 1) {
    for (const Item of items) await client.send(new PutCommand({ TableName, Item }));
    return;
  }
  await mapBatches(
    items,
    size,
    async batch => {
      const puts = batch.map(Item => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
    },
    RAW_PARALLEL,
  );
}

/** Returns the items that the product stores for these requests. */
async function itemsOf(batches: readonly string[]): Promise<Item[]> {
  const bench = await openBench('memory');
  await request(bench, batches);
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await bench.client.send(
      new ScanCommand({
        TableName: bench.service.runtime.config.tables.events,
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  await bench.close();
  return items;
}
