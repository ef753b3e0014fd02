import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { ServiceOptions } from '../../local/service.ts';
import { openService } from '../../local/service.ts';
import { cycleRecordSchema } from '../../shared/cycle/cycle.ts';
import { ingestAnswerSchema, outcomesAnswerSchema } from '../../shared/http/schemas/ingest.ts';
import { lessonsPageSchema } from '../../shared/http/schemas/lessons.ts';
import { lookupAnswerSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { overridesPageSchema } from '../../shared/http/schemas/overrides.ts';
import { statusSchema } from '../../shared/http/schemas/status.ts';
import { jsonLog } from '../../shared/log.ts';
import { publishing } from './publishing.ts';

/**
 * Opens the service on an in-memory engine, under drift unless a test names another policy. Returns functions that send
 * requests and parse the responses.
 */
export async function openApi(options: ServiceOptions = {}) {
  const log = jsonLog('error', () => undefined, Date.now);
  const service = await openService({
    log,
    interpreter: { retryPauseMs: 1 },
    ...options,
    environment: { POLICY: 'drift', ...options.environment },
  });
  const send = (method: string, path: string, body?: unknown) =>
    service.app.request(`http://localhost${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const request = async <T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.output<T>> => {
    const response = await send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return schema.parse(await response.json());
  };
  const lessonsPage = (path: string) => request(lessonsPageSchema, 'GET', path);
  const overridesPage = (path: string) => request(overridesPageSchema, 'GET', path);
  return {
    service,
    send,
    lessons: (pattern: string) => everyPage('lessons', pattern, lessonsPage, page => page.lessons),
    overrides: (pattern: string) => everyPage('overrides', pattern, overridesPage, page => page.overrides),
    near: async (pattern: string) =>
      (await request(lessonsPageSchema, 'GET', `/v1/lessons?pattern_key=${pattern}&near=true`)).lessons,
    postEvents: (events: readonly unknown[]) => request(ingestAnswerSchema, 'POST', '/v1/events', { events }),
    postOutcomes: (outcomes: readonly unknown[]) =>
      request(outcomesAnswerSchema, 'POST', '/v1/outcomes', { outcomes }),
    /** Runs a cycle that publishes, whatever its options. */
    cycle: (options: object = {}) =>
      request(cycleRecordSchema, 'POST', '/v1/cycles?wait=true', publishing(options)),
    /** Runs a trial. */
    trial: (options: object = {}) =>
      request(cycleRecordSchema, 'POST', '/v1/cycles?wait=true', { publish: false, ...options }),
    lookup: (body: object) => request(lookupAnswerSchema, 'POST', '/v1/overrides/lookup', body),
    status: () => request(statusSchema, 'GET', '/v1/status'),
    close: () => service.close(),
  };
}
export type Api = Awaited<ReturnType<typeof openApi>>;

async function everyPage<P extends { next?: string | undefined }, R>(
  kind: 'lessons' | 'overrides',
  pattern: string,
  get: (path: string) => Promise<P>,
  rowsOf: (page: P) => readonly R[],
): Promise<R[]> {
  const rows: R[] = [];
  let token = '';
  do {
    const page = await get(`/v1/${kind}?pattern_key=${encodeURIComponent(pattern)}&limit=100${token}`);
    rows.push(...rowsOf(page));
    token = page.next === undefined ? '' : `&next=${encodeURIComponent(page.next)}`;
  } while (token !== '');
  return rows;
}

/** Reads a JSONL file of the test folder. */
export function readLines(file: string): Record<string, unknown>[] {
  const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

/** Imports events in batches, as a client does. */
export async function importAll(api: Api, events: readonly unknown[]): Promise<void> {
  for (let i = 0; i < events.length; i += 500) await api.postEvents(events.slice(i, i + 500));
}

interface EventOptions {
  readonly pattern?: string;
  readonly decision?: 'acted' | 'skipped';
  readonly outcome?: string | null;
  readonly scope?: object;
  readonly timestamp?: string;
  readonly factors?: object;
}

/** Returns `count` events that differ only in their ids. */
export function events(count: number, prefix: string, options: EventOptions = {}) {
  const {
    pattern = 'pm.uptrend.S1.entry',
    decision = 'skipped',
    outcome = 'success',
    scope = { chain: 'solana' },
  } = options;
  const { timestamp = '2025-01-10T00:00:00Z', factors = {} } = options;
  return Array.from({ length: count }, (_, i) => ({
    pattern_key: pattern,
    episode_id: `${prefix}-${i}`,
    decision,
    outcome,
    scope,
    timestamp,
    factors,
  }));
}
