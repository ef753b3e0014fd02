import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../local/http-server.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';

/*
 * A bot in Python, which knows the service by its documents only, loses no event and no outcome, whichever documented
 * form of `applied` it logs. `test/data/bot.py` prints how many of each it lost.
 */

const hasPython = spawnSync('python3', ['--version']).status === 0;
const run = promisify(execFile);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const EPISODES = 120;

let api: Api;
let url: string;
let folder: string;
let closeServer: () => Promise<void>;
beforeAll(async () => {
  api = await openApi({ environment: { N_MIN: '10' } });
  const server = await listen(api.service.app, 0);
  url = `http://127.0.0.1:${server.port}`;
  closeServer = () => server.close();
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-bot-'));
});
afterAll(async () => {
  await closeServer();
  await api.close();
  rmSync(folder, { recursive: true });
});

/** Runs a script in Python. @returns the counts that its last line prints as a dictionary */
async function runBot(script: string, ...argv: (string | number)[]): Promise<Record<string, number>> {
  const path = join(folder, 'bot.py');
  writeFileSync(path, script);
  const { stdout } = await run('python3', [path, url, ...argv.map(String)]);
  const counts = /\{.*?\}/.exec(stdout)?.[0] ?? '';
  return JSON.parse(counts.replaceAll("'", '"')) as Record<string, number>;
}

const BOT = read('../data/bot.py');
const APPLIED = 'a.get("applied", a["overrides"])';

describe.skipIf(!hasPython)('a bot in Python', () => {
  it('The bot runs unchanged and loses no event and no outcome, before anything is published', async () => {
    const counts = await runBot(BOT, EPISODES, 2);
    expect(counts).toMatchObject({ looked: EPISODES, neutral: 0, lost_event: 0, lost_outcome: 0 });
    const cycle = await api.cycle();
    expect(cycle.patterns.filter(pattern => pattern.published).length).toBeGreaterThan(2);
  });

  it.each([
    ['the `applied` of the look-up', APPLIED, 3],
    ['the list `overrides` of the look-up', 'a["overrides"]', 4],
    ['an object with the `overrides` of the look-up', '{"overrides": a["overrides"]}', 5],
    ['its `multipliers` and `deltas` alone', '{k: a["applied"][k] for k in ("multipliers", "deltas")}', 6],
  ])('[L4] The bot loses nothing under tuned thresholds when it logs %s', async (_, expression, seed) => {
    expect(BOT).toContain(APPLIED);
    const counts = await runBot(BOT.replace(APPLIED, expression), EPISODES, seed);
    expect(counts).toMatchObject({ looked: EPISODES, neutral: 0, lost_event: 0, lost_outcome: 0 });
    expect(counts.tuned).toBeGreaterThan(EPISODES / 4);
  });

  it('The bot that pastes the snippet of README.md loses no event', async () => {
    const snippet = /```python\n([\s\S]*?)```/.exec(read('../../README.md'))?.[1];
    expect(snippet).toContain('def log_event');
    const counts = await runBot(`${snippet}\n${LOOP}`, EPISODES);
    expect(counts).toEqual({ logged: EPISODES, tuned: expect.any(Number), lost: 0 });
    expect(counts.tuned).toBeGreaterThan(EPISODES / 4);
  });
});

/** A bot around the functions of the README. */
const LOOP = `
import datetime, sys
URL = sys.argv[1]
counts = dict(logged=0, tuned=0, lost=0)
for i in range(int(sys.argv[2])):
    scope = {"chain": ["solana", "base"][i % 2], "timeframe": ["1m", "15m", "1h"][i % 3]}
    base = {"ts_min": 0.6, "halo_max": 1.0, "slope_min": 0.0}
    thresholds, applied = look_up("pm.uptrend.S1.entry", scope, base)
    counts["tuned"] += thresholds != base
    score = (i % 10) / 10
    event = {"pattern_key": "pm.uptrend.S1.entry", "episode_id": "readme-%d" % i, "scope": scope,
             "decision": "acted" if score >= thresholds["ts_min"] else "skipped", "factors": {"ts_score": score},
             "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat()}
    try:
        log_event(event, thresholds, applied)
        counts["logged"] += 1
    except Exception as error:
        counts["lost"] += 1
        print(error, file=sys.stderr)
print(counts)
`;
