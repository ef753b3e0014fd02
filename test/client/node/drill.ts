import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { open } from '../../../client/node/open.ts';
import { readLines } from '../../support/api.ts';
import { ServiceProcess } from './service-process.ts';

/*
 * A bot that looks up, records and resolves without a pause, while its service is killed, started again, stopped, and
 * rolled back. A test checks what the bot got; a bench reports how long its calls took.
 */

const PATTERN = 'pm.uptrend.S1.entry';

/** The observations of a bot in a drill. */
interface DrillResult {
  readonly episodes: number;
  readonly exceptions: number;
  readonly notTaken: number;
  /** Duration of each call, milliseconds. */
  readonly durations: readonly number[];
  /** Reasons and generations of answers, in the order of their first use. */
  readonly reasons: readonly string[];
  readonly generations: readonly number[];
  /** Ids that the bot recorded and the service does not have, with an outcome, once. */
  readonly lost: readonly string[];
}

/** Runs a drill. @param episodeMs pause between two episodes, milliseconds */
export async function runDrill(episodeMs: number): Promise<DrillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-drill-'));
  const service = await ServiceProcess.start(join(folder, 'service'));
  const client = open({
    url: service.url,
    folder: join(folder, 'client'),
    pollMs: 300,
    warn: () => undefined,
  });
  try {
    await publishTwo(service);
    // The list of snapshots may be half a second old, and then lacks the new pattern.
    await wait(600);
    await client.refresh();
    await client.ready(10_000);
    const bot = startBot(client, episodeMs);
    await trouble(service);
    // After failures the client waits longer between its polls, so the rollback arrives within a minute.
    await bot.sees(1, 60_000);
    const seen = await bot.stop();
    await client.delivered(90_000);
    return { ...seen, lost: await missing(service, seen.episodes) };
  } finally {
    await client.close();
    await service.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes two generations that differ. */
async function publishTwo(service: ServiceProcess): Promise<void> {
  await service.call('POST', '/v1/events', { events: readLines('data/pm-episode-events.jsonl') });
  for (const n_min of [33, 60]) {
    const options = { as_of: '2025-01-20T00:00:00Z', n_min, publish: true, reason: 'a drill' };
    await service.call('POST', '/v1/cycles?wait=true', options);
  }
}

async function trouble(service: ServiceProcess): Promise<void> {
  await wait(1500);
  await service.kill();
  await wait(2000);
  await service.start();
  await wait(2500);
  service.signal('SIGSTOP');
  await wait(7000);
  service.signal('SIGCONT');
  await wait(2500);
  const rollback = { generation: 1, reason: 'a drill' };
  await service.call('POST', `/v1/patterns/${PATTERN}/rollback`, rollback);
}

type Bot = Pick<ReturnType<typeof open>, 'thresholds' | 'record' | 'resolve'>;

function startBot(client: Bot, episodeMs: number) {
  const durations: number[] = [];
  const [reasons, generations] = [new Set<string>(), new Set<number>()];
  let [episodes, exceptions, notTaken] = [0, 0, 0];
  let running = true;
  const timed = <T>(call: () => T): T | undefined => {
    const started = performance.now();
    try {
      return call();
    } catch {
      exceptions++;
      return undefined;
    } finally {
      durations.push(performance.now() - started);
    }
  };
  const episode = (i: number): void => {
    const scope = { chain: 'solana', timeframe: ['15m', '1h'][i % 2], bucket: 'micro' };
    const answer = timed(() => client.thresholds(PATTERN, scope, { ts_min: 0.6, halo_max: 1 }));
    if (answer) {
      reasons.add(answer.reason);
      generations.add(answer.generation);
    }
    const factors = { ts_score: 0.5, ...answer?.thresholds, applied: answer?.applied };
    const timestamp = new Date().toISOString();
    const id = { pattern_key: PATTERN, episode_id: idOf(i) };
    const receipts = [
      timed(() => client.record({ ...id, decision: 'skipped', scope, factors, timestamp })),
      timed(() => client.resolve({ ...id, outcome: 'success' })),
    ];
    notTaken += receipts.filter(receipt => !receipt?.taken).length;
  };
  const loop = (async () => {
    for (; running; await wait(episodeMs)) episode(episodes++);
  })();
  return {
    /** Resolves when an answer had the generation, or the time is over. */
    sees: async (generation: number, timeoutMs: number) => {
      const end = performance.now() + timeoutMs;
      while (!generations.has(generation) && performance.now() < end) await wait(100);
    },
    stop: async () => {
      running = false;
      await loop;
      return {
        episodes,
        exceptions,
        notTaken,
        durations,
        reasons: [...reasons],
        generations: [...generations],
      };
    },
  };
}

const idOf = (i: number): string => `drill-${String(i).padStart(6, '0')}`;

/** Returns the ids that the service does not have once, with one outcome. */
async function missing(service: ServiceProcess, episodes: number): Promise<string[]> {
  const outcomes = new Map<string, number[]>();
  let next = '';
  do {
    const page = await service.call('GET', `/v1/events?pattern_key=${PATTERN}&limit=1000${next}`);
    for (const each of page.events as { episode_id: string; outcomes: unknown[] }[])
      outcomes.set(each.episode_id, [...(outcomes.get(each.episode_id) ?? []), each.outcomes.length]);
    next = page.next === undefined ? '' : `&next=${encodeURIComponent(String(page.next))}`;
  } while (next !== '');
  const ids = Array.from({ length: episodes }, (_, i) => idOf(i));
  return ids.filter(id => outcomes.get(id)?.join() !== '1');
}
