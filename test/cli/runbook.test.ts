import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Listening, listen } from '../../local/http-server.ts';
import type { Api } from '../support/api.ts';
import { events, openApi } from '../support/api.ts';
import { type Gateway, openGateway } from '../support/api-gateway.ts';
import { AWS_SECRET, stubAwsAccess } from '../support/aws-access.ts';
import { S1 } from '../support/episodes.ts';
import { cli } from './support/run-cli.ts';

/*
 * These tests run each command of the runbook's table, on the local service and against the deployed functions behind a
 * gateway that checks signatures.
 */

const DAY = 86_400_000;
const RUNBOOK = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
/** The commands of the table, each as a list of arguments. */
const COMMANDS = [...RUNBOOK.matchAll(/^\| [^|]+ \| `pm-tuning ([^`]+)` \|$/gm)].map(([, text = '']) =>
  text.split(' ').map(word => (word === 'P' ? S1 : word === 'TEXT' ? 'test' : word)),
);

/** The content of each command's answer. */
const ANSWERS: Readonly<Record<string, RegExp>> = {
  status: /^healthy\n[\s\S]*pm\.uptrend\.S1\.entry +(live|frozen)/,
  cycles: /^cycle succeeded[\s\S]*pm\.uptrend\.S1\.entry +published/,
  lookup: /ts_min +0\.6 +0\.\d+\n[\s\S]*misses against/,
  changes: /publish pm\.uptrend\.S1\.entry\n +by system:cycle/,
  settings: /n_min +10 +stage/,
  doctor: /tuning_ts_min +on/,
  parked: /late-1 +success[\s\S]*the event has not arrived/,
  rollback: /serves generation 1 \(latest: 2\), mode frozen/,
  off: /look-ups of every pattern are neutral/,
  live: /each pattern follows its own mode/,
};

let api: Api;
let local: Listening;
let gateway: Gateway;
let folder: string;
let now = Date.now() - 2 * DAY;

async function run(id: string): Promise<void> {
  await (await api.service.stateMachine.start(id, 'system:cycle', {})).done;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-runbook-'));
  api = await openApi({ now: () => now, environment: { N_MIN: '10' } });
  const factors = {
    ts_score: 0.5,
    ts_min: 0.6,
    halo_distance: 0.5,
    halo_max: 1,
    ema60_slope: 0,
    slope_min: 0,
  };
  const timestamp = new Date(now - 1000).toISOString();
  const batch = (prefix: string, decision: 'acted' | 'skipped', outcome: string) =>
    events(40, prefix, { decision, outcome, factors, scope: { chain: 'solana' } } as never).map(e => ({
      ...Object(e),
      timestamp,
    }));
  await api.postEvents([...batch('a', 'acted', 'failure'), ...batch('s', 'skipped', 'failure')]);
  await run(`${new Date(now).toISOString().replace(/[-:.]/g, '')}-00000001`);
  now = Date.now();
  await api.postEvents(batch('b', 'acted', 'failure'));
  await run(`${new Date(now).toISOString().replace(/[-:.]/g, '')}-00000002`);
  await api.postOutcomes([{ pattern_key: S1, episode_id: 'late-1', outcome: 'success' }]);
  local = await listen(api.service.app, 0);
  gateway = await openGateway(api.service.runtime, AWS_SECRET);
});
afterAll(async () => {
  await local.close();
  await gateway.close();
  await api.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  stubAwsAccess(folder);
});
afterEach(() => vi.unstubAllEnvs());

it('The table of the runbook has a command for each question of an operator', () => {
  expect(COMMANDS.map(([name]) => name)).toEqual([
    ...['status', 'cycles', 'lookup', 'changes', 'changes', 'settings'],
    ...['doctor', 'parked', 'rollback', 'off', 'live'],
  ]);
});

describe.each([
  ['the local service', () => ['--url', `http://127.0.0.1:${local.port}`]],
  ['the deployed functions behind signatures', () => ['--url', gateway.url, '--sigv4']],
])('on %s', (_, target) => {
  it.each(COMMANDS)('[E3] pm-tuning %s answers its question', async (...argv) => {
    const result = await cli([...argv, ...target()]);
    // The doctor finds that the events of this test log no `applied`; the policy of this test has a warning.
    expect(result.exit).toBe(argv[0] === 'doctor' ? 1 : 0);
    expect(result.err).toMatch(argv[0] === 'settings' ? /^drift / : /^$/);
    expect(result.out).toMatch(ANSWERS[argv[0] ?? ''] ?? /never/);
    const json = await cli([...argv, '--json', ...target()]);
    expect(() => JSON.parse(json.out)).not.toThrow();
    expect(json.err).toBe('');
  });
});

it('[E3] Without a signature the gateway refuses every command, and the error names the way in', async () => {
  const result = await cli(['status', '--url', gateway.url]);
  expect(result).toMatchObject({ exit: 4, err: expect.stringContaining('sign with --sigv4') });
});

it('[E3] The audit of a change on AWS names the role that signed it', async () => {
  now += 1000;
  await cli(['off', '--reason', 'by a role', '--url', gateway.url, '--sigv4']);
  const { out } = await cli(['changes', '--limit', '1', '--url', gateway.url, '--sigv4']);
  expect(out).toMatch(/mode of the whole service\n +by iam:123456789012:role\/ops: service off: by a role/);
});
