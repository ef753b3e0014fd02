import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Listening } from '../../../local/http-server.ts';
import { listen } from '../../../local/http-server.ts';
import { callersOf } from '../../../local/token-auth.ts';
import { whatIfAnswerSchema } from '../../../shared/http/schemas/what-if.ts';
import type { Api } from '../../support/api.ts';
import { events, openApi } from '../../support/api.ts';
import { DAY, iso, NOW, S1 } from '../../support/episodes.ts';
import { type CliResult, cli } from '../support/run-cli.ts';

const gates = (ts_score: number): object => ({
  ts_score,
  ts_min: 0.6,
  halo_distance: 0.5,
  halo_max: 1,
  slope_ok: true,
});
const READER = 'token-of-a-screen-1';
const WHAT_IF = [
  'whatif',
  S1,
  '--scope',
  'timeframe=15m',
  '--lever',
  'ts_min',
  '--from',
  '0.8',
  '--to',
  '1.2',
];
const folder = mkdtempSync(join(tmpdir(), 'whatif-'));

let api: Api;
let server: Listening;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  server = await listen(api.service.app, 0);
  const scope = { timeframe: '15m' };
  const apart = (i: number): string => iso(NOW - 80 * DAY + i * 7 * 3_600_000);
  const spread = (all: object[]): object[] => all.map((event, i) => ({ ...event, timestamp: apart(i) }));
  await api.postEvents([
    ...spread(events(40, 'in', { scope, decision: 'acted', factors: gates(0.9) })),
    ...spread(events(12, 'near', { scope, factors: gates(0.55) })),
    ...spread(events(4, 'dodge', { scope, factors: gates(0.5), outcome: 'failure' })),
    ...spread(events(3, 'out', { scope, factors: { ...gates(0.5), halo_distance: 3 } })),
    ...spread(events(2, 'flat', { scope, factors: gates(0.5), outcome: 'neutral' })),
  ]);
});
afterAll(async () => {
  await server.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

const run = (argv: readonly string[], columns?: number): Promise<CliResult> =>
  cli([...argv, '--url', `http://127.0.0.1:${server.port}`], columns === undefined ? {} : { columns });
const plain = (text: string): string => text.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');

it('whatif prints a table, two plots and two sentences, within 80 columns', async () => {
  const result = await run([...WHAT_IF, '--points', '5'], 80);
  expect(result).toMatchObject({ exit: 0, err: '' });
  const [head = '', table = '', utility = '', taken = '', sentences = ''] = plain(result.out).split('\n\n');
  expect(`${head}\n\n${table}`).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, ts_min on timeframe=15m, 90 days to 2025-01-20 12:00:00Z, payoff 2:1
    61 events with an outcome: 56 can move, 3 fail another gate, 2 neutral
    break-even: a success rate of 33.3 %

    multiplier  ts_min  winners  losers  change  90 % interval  next 28 days
         × 0.8    0.48       52       4     +20    +8.1 to +32          +4.9
         × 0.9    0.54       52       0     +24     +13 to +35          +4.1  best
           × 1     0.6       40       0       0         0 to 0                base
         × 1.1    0.66       40       0       0         0 to 0
         × 1.2    0.72       40       0       0         0 to 0"
  `);
  expect(utility).toMatchInlineSnapshot(`
    "ts_min on timeframe=15m
    change of utility from the base, at 2:1
                      best × 0.9            base
       │           ░░░░░░░░┊                  ┊
       │░░░░░░░░░░░░░░░░░░░┊░░                ┊
    30 ┤░░░░░░░░░░░░░░░░░░░┊░░░░              ┊
       │░░░░░░░░░░░░░░░░░░⣀⡀░░░░░             ┊
       │░░░⢀⣀⣀⣀⠤⠤⠤⠔⠒⠒⠒⠊⠉⠉⠉░⠈⠢⡀░░░░░           ┊
    20 ┤⠉⠉⠉⠁░░░░░░░░░░░░░░░┊░⠈⠑⢄░░░░░         ┊
       │░░░░░░░░░░░░░░░░░░░┊░░░░⠑⠢⡀░░░        ┊
       │░░░░░░░░░░░░░░░░░░░┊░░░░░░⠈⠢⣀░░░      ┊
    10 ┤░░░░░░░░░░░░░░     ┊ ░░░░░░░░⠑⢄░░░    ┊
       │                   ┊      ░░░░░⠉⠢⡀░   ┊
       │                   ┊           ░░⠈⠢⢄░ ┊
     0 ┤┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈⠑⢄⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
       └┬──────────────────┬──────────────────┬─────────────────┬──────────────────┬
        0.8               0.9                 1                1.1               1.2
                              multiplier of ts_min (base 0.6)
      ⠤⠤⠤⠤ change of utility (shaded: 90 % interval, pointwise)"
  `);
  expect(taken).toMatch(/^Winners and losers taken\n/);
  for (const line of [table, utility, taken].flatMap(text => text.split('\n')))
    expect(line.length).toBeLessThanOrEqual(80);
  expect(sentences).toContain(
    'ts_min × 0.9 on timeframe=15m would have taken 12 more winners and 0 more losers',
  );
  expect(sentences).toContain('The best value was picked by its gain');
});

it('whatif prints at most eleven rows of a long curve, including base and best', async () => {
  const result = await run([...WHAT_IF, '--points', '201']);
  const [, table = ''] = result.out.split('\n\n');
  const rows = table.split('\n').slice(1);
  expect(rows.length).toBeLessThanOrEqual(11);
  expect(rows.filter(row => / base$/.test(row))).toHaveLength(1);
  expect(rows.filter(row => / best$/.test(row))).toHaveLength(1);
  expect(rows[0]).toMatch(/^ +× 0\.8 /);
  expect(rows.at(-1)).toMatch(/^ +× 1\.2 /);
});

it('whatif --svg writes the curve with its band, winners and losers, and marks base and best', async () => {
  const file = join(folder, 'picture.svg');
  expect(await run([...WHAT_IF, '--svg', file, '--json'])).toMatchObject({ exit: 0, err: '' });
  const svg = readFileSync(file, 'utf8');
  expect(svg.match(/<polyline/g)).toHaveLength(3);
  expect(svg.match(/<polygon/g)).toHaveLength(1);
  for (const word of ['ts_min on timeframe=15m', 'multiplier of ts_min (base 0.6)', 'base', 'best × 0.91'])
    expect(svg).toContain(`>${word}<`);
  expect(svg).not.toMatch(/NaN|Infinity/);
});

it('whatif --json prints the response of the API', async () => {
  const argv = [
    ...WHAT_IF,
    '--win',
    '3',
    '--loss',
    '2',
    '--lookback-days',
    '30',
    '--as-of',
    '2025-01-19',
    '--json',
  ];
  const answer = whatIfAnswerSchema.parse(JSON.parse((await run(argv)).out));
  const request = {
    pattern_key: S1,
    scope: { timeframe: '15m' },
    lever: 'ts_min',
    from: 0.8,
    to: 1.2,
    payoff: { win: 3, loss: 2 },
    lookback_days: 30,
    as_of: '2025-01-19T00:00:00Z',
  };
  expect(answer).toEqual(await (await api.send('POST', '/v1/whatif', request)).json());
});

it('whatif accepts a negative delta', async () => {
  const argv = ['whatif', S1, '--lever', 'slope_min', '--from', '-0.001', '--to', '0.001'];
  // The events lack the factor of this gate, so the response has no curve.
  const result = await run(argv);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toContain(
    'nothing can be said about slope_min on everything: none of 61 events logs a number ema60_slope or slope_min',
  );
});

it('whatif --svg without a curve ends with exit code 1 and writes nothing', async () => {
  const file = join(folder, 'none.svg');
  const result = await run([...WHAT_IF, '--scope', 'timeframe=9h', '--svg', file]);
  expect(result).toMatchObject({
    exit: 1,
    err: 'no plot was written: no event of the slice in the last 90 days has a known outcome\n',
  });
  expect(existsSync(file)).toBe(false);
});

it('whatif --svg ends with exit code 2 when the file cannot be written', async () => {
  const result = await run([...WHAT_IF, '--svg', join(folder, 'no', 'such', 'folder.svg')]);
  expect(result).toMatchObject({ exit: 2, err: expect.stringContaining('choose another file with --svg') });
});

it('whatif ends with exit code 4 for a lever that the pattern does not have, and prints its levers', async () => {
  const result = await run(['whatif', S1, '--lever', 'dx_min', '--from', '0.8', '--to', '1.2']);
  expect(result).toMatchObject({ exit: 4, err: expect.stringContaining('ts_min, halo_max, slope_min') });
});

it('whatif is open to a token of role reader, because its request has no body', async () => {
  const callers = callersOf({ [READER]: { role: 'reader', name: 'screen' } }, 'test');
  const guarded = await openApi({ now: () => NOW, callers });
  await guarded.service.runtime.heads.register([S1]);
  const listening = await listen(guarded.service.app, 0, { tokens: true });
  const argv = [...WHAT_IF, '--url', `http://127.0.0.1:${listening.port}`];
  expect(await cli(argv)).toMatchObject({ exit: 4 });
  expect(await cli([...argv, '--token', READER])).toMatchObject({ exit: 0, err: '' });
  await listening.close();
  await guarded.close();
});
