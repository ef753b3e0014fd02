import { afterEach, expect, it } from 'vitest';
import { backoffMs, retryAfterMs } from '../../cli/retry.ts';
import { STATUS } from './support/answers.ts';
import { type FakeService, fakeService, problem, type Reply } from './support/fake-service.ts';
import { cli } from './support/run-cli.ts';

const OK: Reply = { status: 200, body: STATUS };
const BUSY: Reply = {
  status: 503,
  body: problem(503, 'store_throttled', 'busy'),
  headers: { 'retry-after': '7' },
};

let service: FakeService | undefined;
afterEach(() => service?.close());

/** Starts a service that gives these answers in turn and repeats the last one; returns its address. */
async function answering(...replies: (Reply | 'break')[]): Promise<string> {
  service = await fakeService(() => (replies.length > 1 ? replies.shift() : replies[0]) ?? OK);
  return service.url;
}

it('A GET request is retried after 503, no sooner than Retry-After allows', async () => {
  const result = await cli(['status', '--url', await answering(BUSY, OK)]);
  expect(result).toMatchObject({ exit: 0, slept: [7000] });
  expect(result.err).toContain('store_throttled (503): busy – retry in 7.0 s (attempt 2 of 3)');
});

it('A GET request is retried after a broken connection', async () => {
  const result = await cli(['status', '--url', await answering('break', 'break', OK)]);
  expect(result).toMatchObject({ exit: 0, slept: [188, 375] });
});

it('A GET request fails after three attempts: exit code 5 for 503, 3 for a broken connection', async () => {
  expect(await cli(['status', '--url', await answering(BUSY)])).toMatchObject({ exit: 5 });
  expect(service?.received).toHaveLength(3);
  await service?.close();
  expect(await cli(['status', '--url', await answering('break')])).toMatchObject({ exit: 3 });
});

it('A command that changes something sends its request once, without retries', async () => {
  const url = await answering(BUSY);
  for (const argv of [
    ['cycle'],
    ['mode', 'p', 'off', '--reason', 'r'],
    ['rollback', 'p', '1', '--reason', 'r'],
  ])
    expect(await cli([...argv, '--url', url])).toMatchObject({ exit: 5, slept: [] });
  expect(service?.received).toHaveLength(3);
});

it('A command does not retry a refused connection, and ends with exit code 3 and one line', async () => {
  const url = await answering(OK);
  await service?.close();
  expect(await cli(['status', '--url', url])).toEqual({
    exit: 3,
    out: '',
    err: `error: no service at ${url} (ECONNREFUSED); start one with: npm start\n`,
    slept: [],
  });
});

it('A command ends with exit code 3 when the service does not answer in time', async () => {
  service = await fakeService(() => new Promise(() => {}));
  const result = await cli(['cycle', '--timeout', '1', '--url', service.url]);
  expect(result).toMatchObject({
    exit: 3,
    err: `error: ${service.url} did not answer within 1 s\n  try again, or allow more time with --timeout\n`,
  });
});

it('A command whose request is rejected prints every invalid place and ends with exit code 4', async () => {
  const errors = [
    { path: 'n_min', message: 'too small' },
    { path: '', message: 'odd\u001b[31m' },
  ];
  const url = await answering({
    status: 400,
    body: problem(400, 'invalid_request', 'does not fit', errors),
  });
  expect(await cli(['lookup', 'p', '--url', url])).toMatchObject({
    exit: 4,
    out: '',
    err: 'error: invalid_request (400): does not fit\n  n_min: too small\n  body: odd\\u001b[31m\n',
  });
});

it('With --json a refused request prints the problem of the service as JSON', async () => {
  const body = problem(404, 'unknown_pattern', 'no event named p');
  const result = await cli(['lessons', 'p', '--json', '--url', await answering({ status: 404, body })]);
  expect(result).toMatchObject({ exit: 4, err: '' });
  expect(JSON.parse(result.out)).toEqual({ error: { ...body, code: 'unknown_pattern', exit: 4 } });
});

it('A command ends with exit code 5 when the response is not one of the API', async () => {
  const html = await cli(['status', '--url', await answering({ status: 200, body: '<html>' })]);
  expect(html).toMatchObject({ exit: 5, err: expect.stringContaining('check that PM Tuning listens there') });
  await service?.close();
  const other = await cli(['status', '--url', await answering({ status: 200, body: { hello: 1 } })]);
  expect(other).toMatchObject({ exit: 5, err: expect.stringContaining('(healthy: ') });
});

it('A request carries the token and keeps the path of the address', async () => {
  await cli(['status', '--url', `${await answering(OK)}/prod/`, '--token', 'secret']);
  expect(service?.received[0]).toMatchObject({
    path: '/prod/v1/status',
    headers: { authorization: 'Bearer secret' },
  });
});

it('The back-off doubles from 250 ms to at most 20 s, and a random part of up to half is subtracted', () => {
  expect([1, 2, 3, 7, 8, 50].map(attempt => backoffMs(attempt, 0))).toEqual([
    125, 250, 500, 8000, 10000, 10000,
  ]);
  expect(backoffMs(50, 0.999999)).toBe(20_000);
});

it('The back-off is at least as long as Retry-After, up to a minute', () => {
  expect(backoffMs(1, 0, 3000)).toBe(3000);
  expect(backoffMs(1, 0, 3_600_000)).toBe(60_000);
  expect(retryAfterMs('2', 0)).toBe(2000);
  expect(retryAfterMs('Mon, 20 Jan 2025 00:00:05 GMT', Date.parse('2025-01-20T00:00:00Z'))).toBe(5000);
  expect([retryAfterMs('soon', 0), retryAfterMs(null, 0), retryAfterMs('-4', 0)]).toEqual([0, 0, 0]);
});
