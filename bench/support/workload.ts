import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Service } from '../../local/service.ts';
import { openService } from '../../local/service.ts';
import { documentClient } from '../../shared/dynamodb/client.ts';
import { jsonLog } from '../../shared/log.ts';
import { randomOf } from '../../test/support/random.ts';

/** Number of values of each dimension; the first values are more frequent than the last. */
export type Dimensions = Readonly<Record<string, number>>;

/** Dimensions like those of the PM's scopes. */
export const SIX_DIMENSIONS: Dimensions = {
  chain: 4,
  timeframe: 4,
  bucket: 6,
  bucket_rank_position: 5,
  curator: 12,
  mcap_band: 3,
};

export const TWELVE_DIMENSIONS: Dimensions = {
  ...SIX_DIMENSIONS,
  age_band: 5,
  liquidity_band: 5,
  volume_band: 5,
  venue: 6,
  weekday: 7,
  session: 4,
};

export const PATTERN = 'pm.uptrend.S1.entry';
const WINDOW_START = Date.parse('2025-01-01T00:00:00Z');
/** An `as_of` after every event. */
export const AS_OF = '2025-03-15T00:00:00Z';
/** Time between two events. */
const STEP_MS = 50_000;

export function randomScope(dimensions: Dimensions, random: () => number): Record<string, string> {
  const scope: Record<string, string> = {};
  for (const [name, values] of Object.entries(dimensions))
    scope[name] = `${name.slice(0, 3)}${Math.floor(values * random() ** 2)}`;
  return scope;
}

/** Returns events as the PM posts them, about 800 bytes each. @param outcomeShare share of events with an outcome */
export function makeEvents(count: number, dimensions: Dimensions, outcomeShare: number, seed = 1): object[] {
  const random = randomOf(seed);
  const signal = () => {
    const median = Math.round(random() * 1e4) / 1e4;
    return { min: median - 0.02, median, max: median + 0.02 };
  };
  return Array.from({ length: count }, (_, i) => {
    const acted = random() < 0.4;
    return {
      pattern_key: PATTERN,
      episode_id: `s1win_${seed}_${String(i).padStart(7, '0')}`,
      decision: acted ? 'acted' : 'skipped',
      outcome: random() < outcomeShare ? (random() < 0.5 ? 'success' : 'failure') : null,
      scope: randomScope(dimensions, random),
      factors: {
        ts_score: signal(),
        sr_boost: 0.03,
        halo_distance: signal(),
        ema60_slope: signal(),
        ts_min: 0.6,
        halo_max: 1,
        slope_min: 0,
        ts_ok: acted,
        slope_ok: true,
        entry_zone_ok: acted,
        a_value: random(),
        position_size_frac: random(),
        blocked_by: acted ? [] : ['ts', 'halo'],
      },
      timestamp: new Date(WINDOW_START + ((i * STEP_MS) % (60 * 86_400_000))).toISOString(),
      trade_id: acted ? `trade-${i}` : null,
    };
  });
}

/** A service on a new engine, and a client on the same engine. */
export interface Bench {
  readonly service: Service;
  readonly client: DynamoDBDocumentClient;
  readonly settings: DynamoDBClientConfig;
  close(): Promise<void>;
}

/** @param now clock of the service, milliseconds since 1970 */
export async function openBench(engine: 'memory' | 'disk', now: () => number = Date.now): Promise<Bench> {
  const folder = engine === 'disk' ? await mkdtemp(join(tmpdir(), 'pm-tuning-bench-')) : undefined;
  let settings: DynamoDBClientConfig = {};
  const service = await openService({
    data: folder,
    now,
    log: jsonLog('error', line => process.stderr.write(`${line}\n`), Date.now),
    changeClientSettings: base => {
      settings = base;
      return base;
    },
  });
  return {
    service,
    settings,
    client: documentClient(settings),
    close: async () => {
      await service.close();
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}
