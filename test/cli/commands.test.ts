import { afterEach, describe, expect, it } from 'vitest';
import { type FakeService, fakeService, problem, type Route } from './support/fake-service.ts';
import { type CliResult, cli } from './support/run-cli.ts';

const P = 'pm.uptrend.S1.entry';
const HASH = '44136fa355b3678a1146ad16f7e8649e';
const AT = '2025-01-20T00:00:00.000Z';

let service: FakeService | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

async function run(route: Route, argv: readonly string[], columns?: number): Promise<CliResult> {
  await service?.close();
  service = await fakeService(route);
  return cli([...argv, '--url', service.url], columns === undefined ? {} : { columns });
}

const always =
  (body: unknown): Route =>
  () => ({ status: 200, body });
const sent = (): unknown => JSON.parse(service?.received[0]?.text ?? 'null');

const counts = { total: 276, with_outcome: 104, pending: 172 };
const status = (healthy: boolean): object => ({
  healthy,
  reasons: healthy ? [] : [{ code: 'cycle_late', detail: 'no cycle for 3 h' }],
  now: AT,
  events: counts,
  parked_outcomes: 0,
  conflicts: { events: 0, outcomes: 0 },
  warnings: [],
  last_cycle: { ...cycle('succeeded'), age_seconds: 720 },
  patterns: [
    {
      pattern_key: P,
      events: counts,
      parked_outcomes: 0,
      conflicts: { events: 0, outcomes: 0 },
      mode: 'live',
      policy: 'drift',
      generation: 1,
      as_of: AT,
      lessons: 10,
      overrides: 6,
    },
  ],
});
const cycle = (state: string): object => ({
  cycle_id: 'c1',
  status: state,
  as_of: AT,
  started_at: AT,
  patterns_total: 1,
  patterns_failed: 0,
  patterns: [
    {
      pattern_key: P,
      status: 'too_few_events',
      events_read: 32,
      lessons: 0,
      overrides: 0,
      generation: 0,
      published: false,
      reason: '32 of 33 in bucket=nano',
    },
  ],
});
const lesson = (n: number, scope_subset: object): object => ({
  pattern_key: P,
  action_category: 'tuning',
  scope_subset,
  scope_hash: HASH,
  n,
  stats: {
    n_acted: 21,
    n_skipped: n - 21,
    n_wins: 6,
    n_fps: 14,
    n_misses: 17,
    n_dodges: n - 39,
    n_total: n,
    wr: 6 / 21,
    fpr: 14 / 21,
    mr: 17 / (n - 21),
    dr: (n - 39) / (n - 21),
  },
});
const lookup = (more: object = {}): object => ({
  pattern_key: P,
  scope_hash: HASH,
  generation: 7,
  mode: 'live',
  policy: 'drift',
  resolution: 'blend',
  overrides: [{ action_category: 'tuning_ts_min', multiplier: 0.9851, scope_subset: {}, matched: 2 }],
  thresholds: { ts_min: 0.59106 },
  ...more,
});
const head = { pattern_key: P, mode: 'off', generation: 6, latest_generation: 7 };
const change = { who: 'local', at: AT, what: 'mode', why: 'outage' };

describe('status', () => {
  it('ends with 0 when healthy, with 1 and the reasons when not', async () => {
    expect(await run(always(status(true)), ['status'])).toMatchObject({ exit: 0, err: '' });
    const ran = await run(always(status(false)), ['status'], 80);
    expect(ran.exit).toBe(1);
    expect(ran.out).toContain('cycle_late: no cycle for 3 h');
    expect(ran.out).toContain('last cycle  succeeded 12 min ago, as of 2025-01-20 00:00:00Z, 1 pattern');
  });
});

describe('cycle', () => {
  const polled = (last: string): Route => {
    let asked = 0;
    return ({ path }) => {
      if (path === '/v1/cycles') return { status: 202, body: { cycle_id: 'c1' } };
      if (asked++ === 0) return { status: 404, body: problem(404, 'unknown_cycle', 'not yet') };
      return { status: 200, body: cycle(asked < 4 ? 'running' : last) };
    };
  };

  it('waits until the run has ended and says what became of each pattern, and why', async () => {
    const argv = ['cycle', '--as-of', '2025-01-20', '--n-min', '33', '--lookback-days', '90', '--pattern', P];
    const ran = await run(polled('succeeded'), argv);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(sent()).toEqual({ as_of: '2025-01-20T00:00:00Z', n_min: 33, lookback_days: 90, pattern_key: P });
    expect(ran.out).toContain(`${P}: 32 of 33 in bucket=nano`);
    expect(service?.received).toHaveLength(5);
  });

  it.each(['partial', 'failed'])('ends with 1 when it is %s', async state => {
    expect(await run(polled(state), ['cycle'])).toMatchObject({ exit: 1 });
  });

  it('is only started with --no-wait; --id waits for it later', async () => {
    const ran = await run(polled('succeeded'), ['cycle', '--no-wait', '--json']);
    expect(JSON.parse(ran.out)).toEqual({ cycle_id: 'c1' });
    expect(service?.received).toHaveLength(1);
    expect(await run(always(cycle('succeeded')), ['cycle', '--id', 'c1'])).toMatchObject({ exit: 0 });
    const unknown: Route = () => ({ status: 404, body: problem(404, 'unknown_cycle', 'no such cycle') });
    expect(await run(unknown, ['cycle', '--id', 'c2'])).toMatchObject({ exit: 4 });
  });
});

describe('lessons', () => {
  const paged: Route = ({ query }) => {
    const body = { pattern_key: P, generation: 3 };
    if (query.get('next') === 'two') return { status: 200, body: { ...body, lessons: [lesson(104, {})] } };
    return {
      status: 200,
      body: { ...body, lessons: [lesson(50, { bucket: 'nano', timeframe: '15m' })], next: 'two' },
    };
  };

  it('are read to the last page and shown most events first, within 80 columns', async () => {
    const ran = await run(paged, ['lessons', P], 80);
    expect(ran.exit).toBe(0);
    const plain = ran.out.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');
    expect(plain).toMatchInlineSnapshot(`
      "pm.uptrend.S1.entry, generation 3, 2 lessons

      slice            n  acted      WR     FPR  skip      MR      DR  pressure
      everything     104     21  28.6 %  66.7 %    83  20.5 %  78.3 %        +3
      bucket=nano,    50     21  28.6 %  66.7 %    29  58.6 %  37.9 %        +3
      timeframe=15m
      "
    `);
    for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('are one merged object with --json, as the service wrote them', async () => {
    const ran = await run(paged, ['lessons', P, '--json'], 80);
    expect(JSON.parse(ran.out)).toEqual({
      pattern_key: P,
      generation: 3,
      lessons: [lesson(50, { bucket: 'nano', timeframe: '15m' }), lesson(104, {})],
    });
  });

  it('are as many as --limit says with --json; `next` then tells that there are more', async () => {
    const ran = await run(paged, ['lessons', P, '--limit', '1', '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({ lessons: [{ n: 50 }], next: 'two' });
    expect(service?.received.map(({ query }) => query.get('limit'))).toEqual(['1']);
  });

  it('are those with most events where a reader sets --limit', async () => {
    const ran = await run(paged, ['lessons', P, '--limit', '1']);
    expect(ran.out).toContain('2 lessons');
    expect(ran.out).toMatch(/everything +104 /);
    expect(ran.out).toContain('… and 1 more');
    expect(ran.out).not.toContain('bucket=nano');
  });

  it('with --intervals show how sure they are, within 80 columns', async () => {
    const sure = {
      ...lesson(50, { bucket: 'nano', timeframe: '15m' }),
      uncertainty: {
        wr: [0.1508, 0.4672],
        fpr: [0.4898, 0.8055],
        mr: [0.4399, 0.7178],
        dr: [0.2496, 0.5316],
        difference: 0.1279,
        p: 0.0031,
        q: 0.0412,
      },
    };
    const before = lesson(40, { bucket: 'micro' });
    const body = { pattern_key: P, generation: 3, lessons: [sure, before] };
    const ran = await run(always(body), ['lessons', P, '--intervals'], 80);
    const plain = ran.out.replaceAll('\u001b[1m', '').replaceAll('\u001b[22m', '');
    expect(plain).toMatchInlineSnapshot(`
      "pm.uptrend.S1.entry, generation 3, 2 lessons

      slice           n       WR      FPR       MR       DR  vs. rest      q
      bucket=nano,   50  15–47 %  48–81 %  43–72 %  24–54 %  +12.8 pt  0.041
      timeframe=15m
      bucket=micro   40        –        –        –        –         –      –
      "
    `);
    for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('of a ladder show the interval of its pressure', async () => {
    const ladder = {
      pattern_key: P,
      action_category: 'tuning_dx_ladder',
      scope_subset: {},
      scope_hash: HASH,
      n: 50,
      stats: {
        avg_dx_count: 2.1,
        count_1: 10,
        count_2: 10,
        count_3: 20,
        n_success: 40,
        n_failure: 10,
        n_total: 50,
        failure_rate: 0.2,
        ladder_pressure: 0.25,
      },
      uncertainty: { ladder_pressure: [0.0268, 0.4495], failure_rate: [0.1232, 0.3082] },
    };
    const ran = await run(always({ pattern_key: P, generation: 3, lessons: [ladder] }), [
      'lessons',
      P,
      '--intervals',
    ]);
    expect(ran.out).toMatch(/failed +pressure +vs\. rest +q\n/);
    expect(ran.out).toMatch(/everything +50 +12–31 % +\+0\.03 to \+0\.45 +– +–/);
  });

  it('just under the minimum say how many events each lacks', async () => {
    const near = { ...lesson(40, { bucket: 'nano' }), lacks: 3 };
    const ran = await run(always({ pattern_key: P, generation: 3, lessons: [near] }), [
      'lessons',
      P,
      '--near',
    ]);
    expect(service?.received[0]?.query.get('near')).toBe('true');
    expect(ran.out).toMatch(/bucket=nano +40 +3 /);
  });
});

describe('overrides', () => {
  it('are shown with what they do and why', async () => {
    const row = { pattern_key: P, scope_hash: HASH, confidence: 1 };
    const overrides = [
      {
        ...row,
        action_category: 'tuning_slope_min',
        delta: -0.0025,
        scope_subset: { a: 'b' },
        n: 44,
        reason: 'fewer misses',
      },
      {
        ...row,
        action_category: 'tuning_ts_min',
        multiplier: 0.98511,
        scope_subset: {},
        n: 104,
        reason: 'more misses',
      },
    ];
    const ran = await run(always({ pattern_key: P, generation: 1, overrides }), ['overrides', P]);
    expect(ran.out).toMatchInlineSnapshot(`
      "pm.uptrend.S1.entry, generation 1, 2 overrides

      slice       lever               effect    n  confidence  why
      everything  tuning_ts_min     × 0.9851  104        1.00  more misses
      a=b         tuning_slope_min   -0.0025   44        1.00  fewer misses
      "
    `);
  });
});

describe('lookup', () => {
  it('sends scope and thresholds of every option and shows both sides of each threshold', async () => {
    const argv = ['lookup', P, '--scope', 'chain=solana,timeframe=15m', '--scope', '{"note":"a,b"}'];
    const ran = await run(always(lookup()), [
      ...argv,
      '--threshold',
      'ts_min=0.6',
      '--threshold',
      'halo_max=1',
    ]);
    expect(sent()).toEqual({
      pattern_key: P,
      scope: { chain: 'solana', timeframe: '15m', note: 'a,b' },
      thresholds: { ts_min: 0.6, halo_max: 1 },
    });
    expect(ran.out).toMatch(/ts_min +0\.6 +0\.59106/);
  });

  it('that matches nothing says that every threshold stays', async () => {
    const ran = await run(always(lookup({ overrides: [], thresholds: {} })), ['lookup', P]);
    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining('no override matches') });
  });

  it('answered neutral because of a failure ends with 1', async () => {
    const degraded = { code: 'store_unavailable', detail: 'no answer' };
    const ran = await run(always(lookup({ degraded })), ['lookup', P, '--json']);
    expect(ran).toMatchObject({ exit: 1, err: 'neutral because store_unavailable: no answer\n' });
    expect(JSON.parse(ran.out)).toEqual(lookup({ degraded }));
  });
});

describe('evidence', () => {
  const fold = { from: AT, to: '2025-01-27T00:00:00.000Z', learned: 81, events: 15, overrides: 2, gain: -3 };
  const tried = {
    policy: 'drift',
    overrides: 6,
    events: 15,
    gain_per_event: -0.2,
    low: -0.4,
    high: 0.01,
    folds: [fold],
  };
  const answer = {
    pattern_key: P,
    policy: 'drift',
    as_of: AT,
    lookback_days: 90,
    n_min: 33,
    payoff: { win: 2, loss: 1 },
    base_per_event: 0.02,
    policies: [
      tried,
      { ...tried, policy: 'replay', overrides: 0, gain_per_event: 0, low: 0, high: 0, folds: [] },
    ],
    says: 'drift shows no difference',
  };

  it('shows the policies side by side, the weeks, and the comparison in words', async () => {
    const ran = await run(always(answer), ['evidence', P]);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(ran.out).toMatchInlineSnapshot(`
      "pm.uptrend.S1.entry, as of 2025-01-20 00:00:00Z, payoff 2:1

      policy   overrides now  events scored  gain per event  90 % interval
      drift *              6             15         -0.2000  -0.4000 to +0.0100
      replay               0             15          0.0000  0.0000 to 0.0000

      week from             policy  learned from  overrides  scored  gain
      2025-01-20 00:00:00Z  drift             81          2      15    -3

      drift shows no difference
      "
    `);
  });

  it('of a pattern without a run is a sentence', async () => {
    const none = { ...answer, as_of: null, policies: [], says: 'no run has compared them' };
    expect((await run(always(none), ['evidence', P])).out).toContain('no run has compared them');
  });
});

describe('history', () => {
  it('shows the difference of two generations', async () => {
    const moved = { action_category: 'tuning_ts_min', scope_subset: {}, before: null, after: 0.9851 };
    const diff = { from: 6, to: 7, overrides: [moved], lessons: { added: 1, removed: 0, changed: 2 } };
    const ran = await run(always({ pattern_key: P, generations: [], changes: [], diff }), [
      'history',
      P,
      '--diff',
      '6, 7',
    ]);
    expect(service?.received[0]).toMatchObject({ path: `/v1/patterns/${P}/generations` });
    expect(service?.received[0]?.query.get('diff')).toBe('6,7');
    expect(ran.out).toMatch(/everything +tuning_ts_min +– +0\.9851/);
  });

  it('names who changed what', async () => {
    const ran = await run(always({ pattern_key: P, generations: [], changes: [change] }), ['history', P]);
    expect(ran.out).toContain('no generation yet');
    expect(ran.out).toMatch(/2025-01-20 00:00:00Z +mode +local +outage/);
  });
});

describe('an operation', () => {
  const answer = { ...head, last_change: change };

  it('is one request with its reason; a pattern in its long form is kept whole', async () => {
    const ran = await run(always(answer), [
      'mode',
      'module=pm|pattern_key=uptrend.S1.entry',
      'off',
      '--reason',
      'outage',
    ]);
    expect(ran).toMatchObject({ exit: 0, out: `${P} is off at generation 6\n` });
    expect(service?.received[0]).toMatchObject({
      method: 'PUT',
      path: '/v1/patterns/module%3Dpm%7Cpattern_key%3Duptrend.S1.entry/mode',
    });
    expect(sent()).toEqual({ mode: 'off', reason: 'outage' });
    await run(always(answer), ['rollback', P, '6', '--reason', 'bad feed']);
    expect(service?.received[0]).toMatchObject({ method: 'POST', path: `/v1/patterns/${P}/rollback` });
    expect(sent()).toEqual({ generation: 6, reason: 'bad feed' });
  });

  it('on settings sends what is set and shows what is in force', async () => {
    const inForce = {
      pattern_key: P,
      policy: 'replay',
      challengers: ['drift'],
      payoff: { win: 1.5, loss: 1 },
      n_min: 50,
      lookback_days: 90,
    };
    const argv = ['settings', P, '--n-min', '50', '--win', '1.5', '--loss', '1', '--reason', 'thin data'];
    const ran = await run(always({ ...inForce, last_change: change }), argv);
    expect(sent()).toEqual({ n_min: 50, payoff: { win: 1.5, loss: 1 }, reason: 'thin data' });
    expect(ran.out).toContain('payoff    win 1.5, loss 1');
    expect(ran.out).toContain('policy    replay, compared with drift');
    await run(always({ ...inForce, last_change: change }), [
      ...['settings', P, '--policy', 'replay', '--challengers', 'drift, replay', '--reason', 'evidence'],
    ]);
    expect(sent()).toEqual({ policy: 'replay', challengers: ['drift', 'replay'], reason: 'evidence' });
    await run(always(inForce), ['settings', P, '--challengers', 'none', '--reason', 'cost']);
    expect(sent()).toEqual({ challengers: [], reason: 'cost' });
  });
});

describe('a usage error ends with 2 and asks nobody', () => {
  it.each([
    [['statu'], '(Did you mean status?)'],
    [[], 'Usage: pm-tuning'],
    [['import'], "missing required argument 'file'"],
    [['mode', P, 'of', '--reason', 'r'], 'Allowed choices are live, shadow, frozen, off'],
    [['mode', P, 'off'], "required option '--reason <text>'"],
    [['rollback', P, '0', '--reason', 'r'], 'whole number of at least 1'],
    [['cycle', '--as-of', 'tuesday'], 'RFC 3339'],
    [['cycle', '--as-of', '2025-02-40'], 'RFC 3339'],
    [['cycle', '--id', 'c1', '--n-min', '3'], 'cannot be used with'],
    [['lookup', P, '--scope', 'chain'], '"chain" is not name=value'],
    [['lookup', P, '--scope', '{oops'], 'JSON object'],
    [['lookup', P, '--threshold', 'ts_min=high'], '"high" is no number'],
    [['lookup', P, '--resolution', 'best'], 'Allowed choices'],
    [['whatif', P, '--from', '0.8', '--to', '1.2'], "required option '--lever <name>'"],
    [['whatif', P, '--lever', 'ts_min', '--from', 'low', '--to', '1'], 'It must be a number'],
    [['whatif', P, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--points', '1'], 'at least 2'],
    [['whatif', P, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--win', '3'], 'go together'],
    [['whatif', P, '--lever', 'x', '--from', '0.8', '--to', '1', '--scope', '{"a":{}}'], 'a must be a text'],
    [['history', P, '--diff', '6'], 'two generation numbers'],
    [['settings', P, '--reason', 'r'], 'nothing to set'],
    [['settings', P, '--win', '2', '--reason', 'r'], '--win and --loss go together'],
    [['status', '--url', 'nowhere'], 'an address such as'],
    [['lessons', P, '--limit', '1e3'], 'whole number'],
  ])('%j', async (argv, message) => {
    const ran = await cli(argv);
    expect(ran).toMatchObject({ exit: 2, out: '' });
    expect(ran.err).toContain(message);
  });
});

describe('--help', () => {
  const commands =
    'import cycle status lessons overrides lookup whatif evidence nmin history mode rollback settings'.split(
      ' ',
    );

  it('lists the commands and the exit codes', async () => {
    const ran = await cli(['--help']);
    expect(ran.exit).toBe(0);
    for (const command of commands) expect(ran.out).toContain(`\n  ${command} `);
    expect(ran.out).toContain('3    the service cannot be reached');
  });

  it.each(commands)('of %s has an example', async command => {
    const ran = await cli([command, '--help']);
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(ran.out).toContain(`pm-tuning ${command} `);
  });
});
