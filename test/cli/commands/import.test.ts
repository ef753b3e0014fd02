import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeService, fakeService, ingest, problem, type Route } from '../support/fake-service.ts';
import { type CliResult, cli, type RunOptions } from '../support/run-cli.ts';

let folder: string;
let service: FakeService | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-import-'));
});
afterEach(async () => {
  await service?.close();
  service = undefined;
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const event = (id: number | string, more: object = {}): object => ({
  pattern_key: 'pm.uptrend.S1.entry',
  episode_id: `e${id}`,
  decision: 'acted',
  scope: { chain: 'solana' },
  factors: {},
  timestamp: '2025-01-01T00:00:00Z',
  ...more,
});
const jsonl = (events: readonly object[]): string => events.map(each => `${JSON.stringify(each)}\n`).join('');
const many = (n: number): object[] => Array.from({ length: n }, (_, i) => event(i));

async function run(route: Route, argv: readonly string[], options: RunOptions = {}): Promise<CliResult> {
  service ??= await fakeService(route);
  return cli(['import', ...argv, '--url', service.url], options);
}

const sizes = (): number[] => (service?.received ?? []).map(({ text }) => JSON.parse(text).events.length);

it('An import sends batches of 500, and a repeated one counts every event as unchanged', async () => {
  const path = file('events.jsonl', jsonl(many(1201)));
  const route = ingest();
  expect(await run(route, [path])).toEqual({
    exit: 0,
    out: expect.stringContaining(`${path}: 1,201 events: 1,201 accepted, 0 unchanged, 0 rejected\n`),
    err: '',
    slept: [],
  });
  expect(sizes().sort()).toEqual([201, 500, 500]);
  expect((await run(route, [path])).out).toContain('0 accepted, 1,201 unchanged, 0 rejected');
});

it('An import reads the same events from JSONL, CSV, gzip and standard input', async () => {
  const text = jsonl(many(3));
  const rows = many(3).map(
    (_, i) => `e${i},pm.s1_entry,acted,"{""chain"": ""solana""}",{},2025-01-01 00:00:00+00`,
  );
  const csv = ['episode_id,pattern_key,decision,scope,factors,created_at', ...rows].join('\n');
  const paths = [
    file('a.ndjson', text),
    file('b.csv', csv),
    file('c.jsonl.gz', gzipSync(text)),
    file('d.csv.gz', gzipSync(csv)),
    '-',
  ];
  const result = await run(ingest(), paths, { stdin: text });
  expect(result.exit).toBe(0);
  expect(result.out.split('\n').filter(line => / events: /.test(line))).toEqual([
    expect.stringContaining('a.ndjson: 3 events: 3 accepted, 0 unchanged'),
    expect.stringContaining('b.csv: 3 events: 0 accepted, 3 unchanged'),
    expect.stringContaining('c.jsonl.gz: 3 events: 0 accepted, 3 unchanged'),
    expect.stringContaining('d.csv.gz: 3 events: 0 accepted, 3 unchanged'),
    'stdin: 3 events: 0 accepted, 3 unchanged, 0 rejected',
    'total: 15 events: 3 accepted, 12 unchanged, 0 rejected',
  ]);
});

it('An import writes rejected events to a file, each with its line and reason, and ends with exit code 1', async () => {
  const lines = [event(2, { decision: 'maybe' }), event(1), event(1, { scope: { chain: 'eth' } }), event(3)];
  const path = file('events.jsonl', `${jsonl(lines)}not json\n`);
  const result = await run(ingest(), [path]);
  expect(result.exit).toBe(1);
  expect(result.out).toContain('5 events: 1 accepted, 0 unchanged, 4 rejected');
  expect(result.out).toContain(`lines and reasons in ${path}.rejected.jsonl`);
  const rejected = readFileSync(`${path}.rejected.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(rejected).toEqual([
    { file: path, line: 2, code: 'event_conflict', detail: expect.any(String), event: lines[1] },
    { file: path, line: 3, code: 'event_conflict', detail: expect.any(String), event: lines[2] },
    { file: path, line: 5, code: 'invalid_json', detail: expect.any(String), event: 'not json' },
    { file: path, line: 1, code: 'invalid_event', detail: expect.any(String), event: lines[0] },
  ]);
});

it('An import without rejected events deletes the file of rejected events of an earlier import', async () => {
  const path = file('events.jsonl', 'not json\n');
  await run(ingest(), [path]);
  expect(existsSync(`${path}.rejected.jsonl`)).toBe(true);
  writeFileSync(path, jsonl(many(1)));
  await run(ingest(), [path]);
  expect(existsSync(`${path}.rejected.jsonl`)).toBe(false);
});

it('An import counts every event of a batch that the service rejects as a whole', async () => {
  const path = file('events.jsonl', jsonl([event(1, { decision: 'x' }), event(2, { decision: 'x' })]));
  expect(await run(ingest(), [path])).toMatchObject({
    exit: 1,
    out: expect.stringContaining('2 invalid_event'),
  });
});

it('An import halves a batch that is too large for a gateway, down to a single event', async () => {
  const store = ingest();
  const gateway: Route = request =>
    request.text.length > 900 ? { status: 413, body: '<html>too large</html>' } : store(request);
  const path = file(
    'events.jsonl',
    jsonl([...many(7), event('big', { factors: { note: 'x'.repeat(1000) } })]),
  );
  const result = await run(gateway, [path]);
  expect(result).toMatchObject({
    exit: 1,
    out: expect.stringContaining('7 accepted, 0 unchanged, 1 rejected'),
  });
  expect(result.out).toContain('1 http_413');
});

it('An import waits for a throttled service and continues', async () => {
  const store = ingest();
  let busyAnswersLeft = 3;
  const route: Route = request =>
    busyAnswersLeft-- > 0
      ? {
          status: busyAnswersLeft === 2 ? 429 : 503,
          body: problem(503, 'store_throttled', 'busy'),
          headers: { 'retry-after': '2' },
        }
      : store(request);
  const result = await run(route, [file('events.jsonl', jsonl(many(10))), '--requests', '1']);
  expect(result).toMatchObject({ exit: 0, slept: [2000, 2000, 2000] });
  expect(result.out).toContain('10 accepted');
});

it('An import that fails prints the number of imported events and that it can be repeated', async () => {
  const store = ingest();
  let calls = 0;
  const route: Route = request =>
    calls++ < 2 ? store(request) : { status: 500, body: problem(500, 'internal', 'sorry') };
  const result = await run(route, [file('events.jsonl', jsonl(many(2000))), '--requests', '1']);
  expect(result.exit).toBe(5);
  expect(result.err).toContain('error: internal (500): sorry');
  expect(result.err).toContain(
    'acknowledged before the error: 1,000 events: 1,000 accepted, 0 unchanged, 0 rejected',
  );
  expect(result.err).toContain('run the import again; it is safe');
  expect(service?.received).toHaveLength(3);
});

it('An import fails when a response does not cover every event', async () => {
  const route: Route = () => ({ status: 200, body: { accepted: 1, unchanged: 0, rejected: [] } });
  expect(await run(route, [file('events.jsonl', jsonl(many(2)))])).toMatchObject({ exit: 5 });
});

it('An interrupted import prints the number of imported events and ends with exit code 130', async () => {
  const store = ingest();
  let press = (): void => {};
  const route: Route = request => {
    if ((service?.received.length ?? 0) === 2) press();
    return store(request);
  };
  const path = file('events.jsonl', jsonl(many(3000)));
  const interrupt = (callback: () => void): void => {
    press = callback;
  };
  const result = await run(route, [path, '--requests', '1'], { interrupt });
  expect(result.exit).toBe(130);
  expect(result.err).toContain('acknowledged before the error: 500 events');
  expect(result.err).toContain('run the import again; it is safe');
  expect(service?.received).toHaveLength(2);
});

it('An import has at most --requests requests in flight', async () => {
  const store = ingest();
  let running = 0;
  let maxRunning = 0;
  const route: Route = async request => {
    maxRunning = Math.max(maxRunning, ++running);
    await new Promise(resolve => setImmediate(resolve));
    running--;
    return store(request);
  };
  const path = file('events.jsonl', jsonl(many(5000)));
  await run(route, [path, '--requests', '1']);
  expect(maxRunning).toBe(1);
  await run(route, [path, '--requests', '3']);
  expect(maxRunning).toBeLessThanOrEqual(3);
});

it('An import with --json prints one JSON object and nothing else', async () => {
  const path = file('events.jsonl', `${jsonl(many(2))}nope\n`);
  const result = await run(ingest(), [path, '--json']);
  expect(JSON.parse(result.out)).toEqual({
    accepted: 2,
    unchanged: 0,
    rejected: 1,
    files: [
      {
        file: path,
        encoding: 'UTF-8',
        accepted: 2,
        unchanged: 0,
        rejected: 1,
        rejected_codes: { invalid_json: 1 },
        rejected_file: `${path}.rejected.jsonl`,
        window_start: expect.stringMatching(/^20\d\d-/),
        patterns: [
          {
            pattern_key: 'pm.uptrend.S1.entry',
            rows: 2,
            from: '2025-01-01T00:00:00.000Z',
            to: '2025-01-01T00:00:00.000Z',
            outcomes: { success: 0, failure: 0, neutral: 0, none: 2 },
            before_window: 2,
            assumed_times: { sent: 0, event_time: 0 },
          },
        ],
      },
    ],
  });
});

it('An import draws a progress bar on the terminal, removes it at the end, and writes none of it to stdout', async () => {
  const result = await run(ingest(), [file('events.jsonl', `x\n${'y\n'.repeat(2000)}${jsonl(many(1))}`)], {
    columns: 60,
  });
  const drawn = result.err.split('\r\u001b[K');
  expect(drawn.length).toBeGreaterThan(2);
  for (const bar of drawn) expect(bar.length).toBeLessThan(60);
  expect(result.err.endsWith('\r\u001b[K')).toBe(true);
  expect(result.out).not.toContain('\u001b');
});

const unreachable: Route = () => 'break';

it.each([
  ['is missing', 'none.jsonl', 'no such file'],
  ['is a directory', '.', 'is a directory'],
  ['has an unknown extension', 'events.txt', 'choose the format with --format'],
  ['is damaged gzip', 'broken.jsonl.gz', 'damaged gzip'],
  ['lacks columns', 'columns.csv', 'missing: pattern_key'],
])(
  'A file that %s ends the import with exit code 2 and one line, before any request',
  async (_, name, message) => {
    file('events.txt', '');
    file('broken.jsonl.gz', 'no gzip');
    file('columns.csv', 'a,b\n1,2\n');
    const result = await run(unreachable, [join(folder, name)]);
    expect(result).toMatchObject({ exit: 2, out: '' });
    expect(result.err).toContain(message);
    expect(result.err.trim().split('\n')).toHaveLength(1);
    expect(service?.received).toEqual([]);
  },
);

it('A file that is missing ends the import before any other file is sent', async () => {
  const result = await run(unreachable, [file('a.jsonl', jsonl(many(1))), join(folder, 'none.jsonl')]);
  expect(result.exit).toBe(2);
  expect(service?.received).toEqual([]);
});

it('An import with --rejected on its own input ends with exit code 2 and leaves the file unchanged', async () => {
  const path = file('a.jsonl', jsonl(many(1)));
  expect(await run(unreachable, [path, '--rejected', path])).toMatchObject({ exit: 2 });
  expect(readFileSync(path, 'utf8')).toBe(jsonl(many(1)));
});

it('An import of empty files ends with exit code 0', async () => {
  const result = await run(unreachable, [file('a.jsonl', ''), file('b.csv', '')]);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out.match(/: no events$/gm)).toHaveLength(2);
});
