import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AWS_SECRET, stubAwsAccess } from '../support/aws-access.ts';
import { checkSignature } from '../support/signature-v4.ts';
import { cycleRecord, PATTERN, STATUS, TIME } from './support/answers.ts';
import { type FakeService, fakeService } from './support/fake-service.ts';
import { cli } from './support/run-cli.ts';

let folder = '';
let service: FakeService;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pm-tuning-way-in-'));
  service = await fakeService(() => ({ status: 200, body: STATUS }));
  stubAwsAccess(folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  await service.close();
});

const run = (argv: readonly string[], env: Record<string, string> = {}) =>
  cli(argv, { env: { XDG_CONFIG_HOME: folder, ...env } });

/** Returns what the signature of the last request says; undefined without one. */
function lastSignature() {
  const request = service.received.at(-1);
  return request && checkSignature({ ...request, body: request.text }, AWS_SECRET);
}

describe('signatures', () => {
  it.each([
    [['status']],
    [['lookup', PATTERN, '--scope', 'venue=Börse (Süd),note=a+b*c', '--threshold', 'ts_min=0.6']],
    [['mode', 'module=pm|pattern_key=uptrend.S1.entry', 'off', '--reason', 'Störung']],
    [['changes', '--from', '2025-01-20T00:00:00+02:00']],
  ])('pm-tuning %j --sigv4 sends a valid signature', async argv => {
    await run([...argv, '--sigv4', '--url', `${service.url}/prod`]);
    expect(lastSignature()).toMatchObject({ valid: true, service: 'execute-api' });
    expect(service.received[0]?.path).toMatch(/^\/prod\/v1\//);
  });

  it('--aws-profile signs with the credentials of that profile, and a token of the environment is not sent', async () => {
    writeFileSync(
      join(folder, 'credentials'),
      `[desk]\naws_access_key_id = AKIDDESK\naws_secret_access_key = ${AWS_SECRET}\n`,
    );
    const argv = ['status', '--aws-profile', 'desk', '--url', service.url];
    expect(await run(argv, { PM_TUNING_TOKEN: 'secret' })).toMatchObject({ exit: 0, err: '' });
    expect(lastSignature()).toMatchObject({ valid: true, accessKeyId: 'AKIDDESK' });
  });

  it('Missing credentials end with exit code 2 and say what to do, before any request', async () => {
    const result = await run(['status', '--aws-profile', 'nobody', '--url', service.url]);
    expect(result).toMatchObject({ exit: 2, out: '', slept: [] });
    expect(result.err).toMatch(
      /^error: AWS credentials are not available \(.+\n {2}choose credentials with --aws-profile/,
    );
    expect(service.received).toEqual([]);
  });

  it('A request that the gateway refuses leads to the ways in', async () => {
    await service.close();
    service = await fakeService(() => ({ status: 403, body: { message: 'Forbidden' } }));
    const result = await run(['status', '--url', service.url]);
    expect(result).toMatchObject({ exit: 4, err: expect.stringContaining('403: Forbidden\n') });
    expect(result.err).toContain('sign with --sigv4');
  });
});

describe('profiles', () => {
  it('A profile keeps the URL and the way in, in a file that only its user may read', async () => {
    writeFileSync(join(folder, 'token'), 'secret-token\n');
    const argv = ['--url', service.url, '--token-file', join(folder, 'token')];
    expect(await run(['profile', 'save', 'lab', ...argv])).toMatchObject({ exit: 0, err: '' });
    const path = join(folder, 'pm-tuning', 'profiles.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('secret-token');
    expect(await run(['status', '--profile', 'lab'], { PM_TUNING_URL: 'http://other' })).toMatchObject({
      exit: 0,
    });
    expect(service.received[0]?.headers.authorization).toBe('Bearer secret-token');
  });

  it('A profile with a signature signs; an option of the command line replaces its way in', async () => {
    await run(['profile', 'save', 'prod', '--url', service.url, '--sigv4']);
    await run(['status', '--profile', 'prod'], { PM_TUNING_TOKEN: 'secret' });
    expect(lastSignature()?.valid).toBe(true);
    await run(['status', '--profile', 'prod', '--token', 'other']);
    expect(service.received.at(-1)?.headers.authorization).toBe('Bearer other');
  });

  it('Profiles are listed and removed; a mode that others may read is repaired when one is saved', async () => {
    await run(['profile', 'save', 'prod', '--url', service.url, '--aws-profile', 'desk']);
    await run(['profile', 'save', 'lab', '--url', 'http://lab:8787']);
    const list = await run(['profile', 'list']);
    expect(list.out).toMatch(/prod +http:\S+ +signature, AWS profile desk\n/);
    expect(JSON.parse((await run(['profile', 'list', '--json'])).out)).toEqual({
      prod: { url: service.url, sigv4: true, aws_profile: 'desk' },
      lab: { url: 'http://lab:8787' },
    });
    expect(await run(['profile', 'remove', 'lab'])).toMatchObject({ exit: 0, out: 'removed lab\n' });
    expect(Object.keys(JSON.parse((await run(['profile', 'list', '--json'])).out))).toEqual(['prod']);
  });

  it.each([
    [['status', '--profile', 'prd'], 'did you mean `prod`?'],
    [['profile', 'remove', 'lab'], 'no profile is named "lab"; known: prod'],
    [['status', '--profile', 'prod', '--url', 'http://other'], 'leave out --profile or --url'],
    [['profile', 'save', 'x', '--token', 'secret'], 'give --token-file'],
    [['profile', 'save', '../x'], 'letters, digits'],
    [['status', '--token', 'a', '--sigv4'], 'give one way in'],
    [['status', '--token-file', 'a', '--aws-profile', 'b'], 'give one way in'],
    [['status', '--token-file', '/nowhere/token'], '/nowhere/token cannot be read (ENOENT)'],
  ])('The usage error %j ends with exit code 2 before any request', async (argv, message) => {
    await run(['profile', 'save', 'prod', '--url', service.url]);
    const result = await run(argv);
    expect(result).toMatchObject({ exit: 2, out: '' });
    expect(result.err).toContain(message);
    expect(result.err).not.toContain('secret');
    expect(service.received).toEqual([]);
  });

  it('A damaged file of profiles is named, and a command without a profile does not read it', async () => {
    await run(['profile', 'save', 'prod', '--url', service.url]);
    writeFileSync(join(folder, 'pm-tuning', 'profiles.json'), '{"prod":{"url":1}}');
    expect(await run(['status', '--profile', 'prod'])).toMatchObject({
      exit: 2,
      err: expect.stringContaining('repair'),
    });
    expect(await run(['status', '--url', service.url])).toMatchObject({ exit: 0 });
  });

  it('A trial on the service of a profile prints next commands with the same profile', async () => {
    await service.close();
    const record = cycleRecord('succeeded');
    const [pattern] = record.patterns;
    const trial = { ...record, trial: true, who: 'local', settings: {}, warnings: [], finished_at: TIME };
    const body = { ...trial, patterns: [{ ...pattern, would_publish: true, warnings: [] }] };
    service = await fakeService(() => ({ status: 200, body }));
    await run(['profile', 'save', 'prod', '--url', service.url]);
    const { out } = await run(['cycle', '--id', 'c1', '--profile', 'prod']);
    expect(out).toContain(`pm-tuning overrides ${PATTERN} --cycle c1 --profile prod\n`);
  });
});
