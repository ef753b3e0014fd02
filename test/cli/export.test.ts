import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../local/http-server.ts';
import { callersOf } from '../../local/token-auth.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW, S1, S2 } from '../support/episodes.ts';
import { fakeService } from './support/fake-service.ts';
import { cli } from './support/run-cli.ts';

const TOKENS = {
  'token-of-the-first-bot': { role: 'pm', name: 'bot 1' },
  'token-of-the-second-bot': { role: 'pm', name: 'bot 2' },
  'token-of-the-operators': { role: 'operator', name: 'anna' },
};
const [BOT_1, BOT_2, ANNA] = Object.keys(TOKENS) as [string, string, string];
const HOUR = 3_600_000;

/** A service behind HTTP, with tokens. */
async function openServed() {
  const api = await openApi({
    now: () => NOW,
    callers: callersOf(TOKENS, 'test'),
    environment: { N_MIN: '10' },
  });
  const server = await listen(api.service.app, 0, { host: '127.0.0.1', tokens: true, origins: [] });
  return { api, url: `http://127.0.0.1:${server.port}`, close: () => server.close().then(() => api.close()) };
}
let folder: string;
let first: Awaited<ReturnType<typeof openServed>>;
let second: Awaited<ReturnType<typeof openServed>>;

async function post(token: string, path: string, body: object): Promise<void> {
  const response = await fetch(`${first.url}${path}`, {
    method: path.endsWith('mode') ? 'PUT' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect([path, response.status]).toEqual([path, 200]);
}
const GATES = { ts_score: 0.58, ts_min: 0.6, halo_distance: 0.5, halo_max: 1 };
const event = (id: string, hours: number, more: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  decision: hours % 3 ? 'acted' : 'skipped',
  scope: { chain: hours % 2 ? 'solana' : '=base' },
  factors: GATES,
  timestamp: iso(NOW - 1000 * HOUR + hours * HOUR),
  ...more,
});
const outcome = (id: string, more: object = {}): object => ({
  pattern_key: S1,
  episode_id: id,
  outcome: 'failure',
  resolved_at: iso(NOW - HOUR),
  ...more,
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-export-'));
  [first, second] = [await openServed(), await openServed()];
  const ids = Array.from({ length: 60 }, (_, i) => i);
  await post(BOT_1, '/v1/events', {
    events: ids.map(i => event(`a-${i}`, i, { outcome: i % 4 ? 'failure' : 'success', trade_id: `t-${i}` })),
  });
  await post(BOT_2, '/v1/events', { events: ids.map(i => event(`b-${i}`, i, { window: `w${i % 2}` })) });
  await post(BOT_2, '/v1/events', { events: ids.map(i => event(`b-${i}`, i + 1, { window: 'last' })) });
  await post(ANNA, '/v1/events', { events: [event('c-1', 70), event('c-2', 71, { pattern_key: S2 })] });
  await post(BOT_2, '/v1/outcomes', {
    outcomes: ids.slice(0, 50).map(i => outcome(`b-${i}`, { factors: { dx_count: i % 4 }, return: -1.25 })),
  });
  await post(BOT_2, '/v1/outcomes', { outcomes: [outcome('b-1', { window: 'last', outcome: 'success' })] });
  await post(BOT_1, '/v1/outcomes', {
    outcomes: [
      outcome('a-1', { outcome: 'success', correction: true, factors: { ts_score: 0.61 } }),
      outcome('a-2', { resolved_at: iso(NOW - 2 * HOUR), outcome: 'neutral', correction: true }),
    ],
  });
  await post(ANNA, '/v1/outcomes', {
    outcomes: [outcome('a-2', { outcome: 'success', correction: true }), outcome('c-1')],
  });
  await post(ANNA, `/v1/patterns/${S2}/mode`, { mode: 'retired', reason: 'the strategy ended' });
});
afterAll(async () => {
  await first.close();
  await second.close();
  rmSync(folder, { recursive: true });
});

const run = (service: { url: string }, argv: readonly string[]) =>
  cli([...argv, '--url', service.url, '--token', ANNA]);
/** Runs a cycle and returns the hash of what it published. */
async function generationHash(api: Api): Promise<string | undefined> {
  const { stateMachine, runtime } = api.service;
  await (await stateMachine.start('20250120T120000000Z-00000000', 'system:cycle', {})).done;
  return (await runtime.heads.head(parsePatternKey(S1)))?.current?.hash;
}

describe('export and import', () => {
  const path = () => join(folder, 'events.jsonl');

  it('[E1] An export imported into an empty service makes the same generation, and exports the same bytes', async () => {
    const exported = await run(first, ['export', '--out', path()]);
    expect(exported).toMatchObject({ exit: 0, out: '' });
    expect(exported.err).toContain('exported 182 events of 2 of 2 patterns');
    expect(readdirSync(folder)).toEqual(['events.jsonl']);

    const imported = await run(second, ['import', path()]);
    expect(imported).toMatchObject({ exit: 0, err: '' });
    expect(imported.out).toContain('182 events: 182 accepted, 0 unchanged, 0 rejected');
    const again = await run(second, ['import', path()]);
    expect(again.out).toContain('0 accepted, 182 unchanged, 0 rejected');

    const copy = join(folder, 'copy.jsonl');
    await run(second, ['export', '--out', copy]);
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(path(), 'utf8'));
    const hash = await generationHash(first.api);
    expect(hash).toMatch(/^[0-9a-f]{32}/);
    expect(await generationHash(second.api)).toBe(hash);
  });

  it('[E1] Imported events belong to the writers of the export, and so do their outcomes', async () => {
    const send = (token: string) =>
      fetch(`${second.url}/v1/outcomes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ outcomes: [outcome('b-55')] }),
      }).then(response => response.json());
    expect(await send(BOT_1)).toMatchObject({ code: 'not_your_episode' });
    expect(await send(BOT_2)).toMatchObject({ resolved: 1 });
  });

  it('Without a file the export goes to standard output, for one pattern and a span of time', async () => {
    const from = iso(NOW - 1000 * HOUR + 58 * HOUR);
    const { out, err } = await run(first, ['export', S1, '--from', from]);
    const rows = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.every(row => row.pattern_key === S1 && row.timestamp >= from)).toBe(true);
    expect(err).toBe(`exported ${rows.length} events of 1 of 1 pattern\n`);
  });

  it('[E2] An export that broke off continues where it ended, without gaps and repeats', async () => {
    const whole = readFileSync(path(), 'utf8').trimEnd().split('\n');
    const pages = [whole.slice(0, 50), whole.slice(50, 120), whole.slice(120)];
    let isBroken = true;
    const asked: (string | null)[] = [];
    const service = await fakeService(({ query }) => {
      const next = query.get('next');
      asked.push(next);
      const page = Number(next ?? 0);
      if (page === 2 && isBroken) return { status: 404, body: { code: 'unknown_pattern', status: 404 } };
      const events = (pages[page] ?? []).map(line => JSON.parse(line));
      return { status: 200, body: { events, ...(page < 2 && { next: String(page + 1) }) } };
    });
    const out = join(folder, 'broken.jsonl');
    const argv = ['export', S1, '--out', out, '--url', service.url];
    expect(await cli(argv)).toMatchObject({ exit: 4 });
    // The process may have died in the middle of a line.
    writeFileSync(`${out}.part`, `${readFileSync(`${out}.part`, 'utf8')}{"half`);
    expect((await cli([...argv, '--from', '2025-01-01'])).err).toContain('with other options is unfinished');
    isBroken = false;
    expect(await cli(argv)).toMatchObject({
      exit: 0,
      err: expect.stringContaining('continuing after 120 events'),
    });
    expect(readFileSync(out, 'utf8')).toBe(`${whole.join('\n')}\n`);
    expect(asked).toEqual([null, '1', '2', '2']);
    await service.close();
  });
});

describe('tables', () => {
  const rowsOf = (text: string): Record<string, string>[] => parse(text, { columns: true, bom: true });

  it('Lessons and overrides in force are CSV with one row each', async () => {
    const lessons = rowsOf((await run(first, ['export', S1, '--what', 'lessons'])).out);
    const inService = await (
      await fetch(`${first.url}/v1/lessons?pattern_key=${S1}`, {
        headers: { authorization: `Bearer ${ANNA}` },
      })
    ).json();
    const { lessons: listed } = inService as { lessons: { n: number; stats: { wr: number } }[] };
    expect(lessons.map(row => [row.n, row['stats.wr']])).toEqual(
      listed.map(({ n, stats }) => [String(n), String(stats.wr)]),
    );
    const overrides = rowsOf((await run(first, ['export', S1, '--what', 'overrides'])).out);
    expect(overrides.length).toBeGreaterThan(0);
    for (const { action_category, multiplier, scope } of overrides)
      expect([action_category, Number(multiplier) > 0, scope !== '']).toEqual([
        expect.stringMatching(/^tuning_/),
        true,
        true,
      ]);
  });

  it.each(['=1+1', '+1', '-1', '@cmd', '\tx', '\rx', '＝1'])(
    'The text %j in a row does not begin a cell that a spreadsheet takes for a formula',
    async text => {
      const override = {
        pattern_key: text,
        action_category: 'tuning_ts_min',
        multiplier: 0.9,
        scope_subset: { chain: text },
        scope_hash: 'h',
        confidence: 1,
        n: 3,
        reason: text,
      };
      const service = await fakeService(() => ({
        status: 200,
        body: { pattern_key: S1, generation: 1, overrides: [override] },
      }));
      const { out } = await cli(['export', S1, '--what', 'overrides', '--url', service.url]);
      for (const row of parse(out, { relax_quotes: false }) as string[][])
        for (const value of row) expect(value).not.toMatch(/^[=+@\t\r＝＋－＠-]/);
      await service.close();
    },
  );

  it.each([
    [['export', '--what', 'lesson'], 'did you mean `lessons`?'],
    [['export', '--what', 'lessons', '--from', '2025-01-01'], '--from and --to choose events'],
    [['export', S1, '--out', '/nowhere/x.jsonl'], 'cannot be written (ENOENT)'],
  ])('The usage error %j ends with exit code 2', async (argv, message) => {
    const result = await run(first, argv);
    expect(result).toMatchObject({ exit: 2, out: '' });
    expect(result.err).toContain(message);
  });
});
