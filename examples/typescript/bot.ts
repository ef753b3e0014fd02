import { open } from 'pm-tuning-client/node';

/*
 * A bot that takes its thresholds from the client, and logs what it did and what it skipped.
 * Usage: node bot.ts [URL] [EPISODES]
 */

const [url = 'http://127.0.0.1:8787', episodes = '10'] = process.argv.slice(2);
const PATTERN = 'pm.uptrend.S1.entry';
/** The thresholds of the bot without tuning. */
const BASE = { ts_min: 0.6, halo_max: 1 };

// The client keeps snapshots and events in the folder, and works while the service is away.
const client = open({ url, folder: '.pm-tuning-client', token: () => process.env.PM_TUNING_TOKEN ?? '' });
await client.ready(2000);

/** Decides one opportunity, and logs it whether the bot acts or not. */
function decide(episode_id: string, scope: Record<string, string>, score: number, distance: number): void {
  const { thresholds, applied, entries } = client.thresholds(PATTERN, scope, BASE);
  const blocked_by = [
    ...(score >= thresholds.ts_min ? [] : ['ts']),
    ...(distance <= thresholds.halo_max ? [] : ['halo']),
    ...(entries === 'open' ? [] : ['halt']),
  ];
  const factors = { ts_score: score, halo_distance: distance, ...thresholds, blocked_by, applied };
  const decision = blocked_by.length > 0 ? 'skipped' : 'acted';
  const timestamp = new Date().toISOString();
  const receipt = client.record({ pattern_key: PATTERN, episode_id, decision, scope, factors, timestamp });
  if (!receipt.taken) console.error(`not logged: ${receipt.detail}`);
}

for (let i = 0; i < Number(episodes); i++) {
  const episode_id = `ts-${Date.now()}-${i}`;
  const timeframe = Math.random() < 0.5 ? '15m' : '1h';
  decide(episode_id, { chain: 'solana', timeframe }, 0.3 + 0.6 * Math.random(), 2 * Math.random());
  // Later, when it is known what became of it; for a skipped episode: what would have become of it.
  const outcome = Math.random() < 0.5 ? 'success' : 'failure';
  client.resolve({ pattern_key: PATTERN, episode_id, outcome });
}
const delivered = await client.delivered(10_000);
await client.close();
console.log(`${episodes} episodes${delivered ? '' : ', some wait on disk'}`);
