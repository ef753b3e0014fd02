import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SigningError, signedFetch } from '../../shared/aws/signed-fetch.ts';
import { AWS_SECRET, stubAwsAccess } from '../support/aws-access.ts';
import { type ArrivedRequest, checkSignature } from '../support/signature-v4.ts';

const received: ArrivedRequest[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = '', url: target = '', headers } = request;
  received.push({ method, target, headers, body: Buffer.concat(chunks) });
  if (target === '/moved') response.writeHead(307, { location: '/v1/status' });
  response.end('{}');
});
let origin = '';
const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-sign-'));

beforeAll(async () => {
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  received.length = 0;
  stubAwsAccess(folder);
});
afterEach(() => vi.unstubAllEnvs());

it('The check of signatures in these tests accepts the request of the test suite of AWS, and no other', () => {
  const vanilla = {
    method: 'GET',
    target: '/',
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
        'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
    body: '',
  };
  expect(checkSignature(vanilla, AWS_SECRET)).toMatchObject({ valid: true, region: 'us-east-1' });
  expect(checkSignature({ ...vanilla, body: 'x' }, AWS_SECRET)?.valid).toBe(false);
  expect(checkSignature({ ...vanilla, target: '/?a=1' }, AWS_SECRET)?.valid).toBe(false);
});

describe('signed requests', () => {
  it.each([
    ['GET', '/v1/status', undefined],
    ['GET', '/prod/v1/changes?from=2025-01-20T00%3A00%3A00%2B02%3A00&limit=10', undefined],
    [
      'GET',
      '/v1/overrides/lookup?pattern_key=pm.uptrend.S1.entry&scope.chain=a+b&scope.x=%C3%A9*(1)!%27~',
      undefined,
    ],
    ['GET', '/v1/overrides/lookup?scope.z=1&scope.a=&scope.B=2&b=3&b=1', undefined],
    [
      'PUT',
      `/v1/patterns/${encodeURIComponent('module=pm|pattern_key=uptrend.S1.entry')}/mode`,
      '{"mode":"off"}',
    ],
    ['PUT', `/v1/patterns/${encodeURIComponent("a b/ü(!*')")}/mode`, '{"mode":"off"}'],
    ['POST', '/v1/events', '{"events":[{"note":"Börse 🙂"}]}'],
    ['POST', '/v1/events', new TextEncoder().encode('{"bytes":"ü"}')],
  ])('%s %s has a signature that holds for exactly what arrives', async (method, path, body) => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    await signedFetch()(`${origin}${path}`, { method, headers, ...(body !== undefined && { body }) });
    const [request] = received;
    if (!request) throw new Error('nothing arrived');
    expect(checkSignature(request, AWS_SECRET)).toEqual({
      valid: true,
      accessKeyId: 'AKIDEXAMPLE',
      region: 'eu-central-1',
      service: 'execute-api',
    });
    const [sent, arrived] = [`${origin}${path}`, `${origin}${request.target}`].map(text => new URL(text));
    expect(decodeURIComponent(arrived?.pathname ?? '')).toBe(decodeURIComponent(sent?.pathname ?? ''));
    const pairs = (url: URL | undefined) => [...(url?.searchParams ?? [])].map(pair => pair.join('=')).sort();
    expect(pairs(arrived)).toEqual(pairs(sent));
    expect(Buffer.from(request.body).toString()).toBe(Buffer.from(body ?? '').toString());
    expect(checkSignature({ ...request, target: `${request.target}x` }, AWS_SECRET)?.valid).toBe(false);
  });

  it('Temporary credentials send their session token, and it is signed', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'session/token==');
    await signedFetch()(`${origin}/v1/status`);
    expect(received[0]?.headers['x-amz-security-token']).toBe('session/token==');
    expect(received[0] && checkSignature(received[0], AWS_SECRET)?.valid).toBe(true);
  });

  it.each([
    ['https://a1b2.execute-api.ap-southeast-2.amazonaws.com/v1/status', 'ap-southeast-2'],
    ['https://a1b2.execute-api.cn-north-1.amazonaws.com.cn/v1/status', 'cn-north-1'],
    ['https://tuning.example.com/v1/status', 'eu-central-1'],
    ['https://a1b2.execute-api.us-east-1.amazonaws.com.example.com/v1/status', 'eu-central-1'],
  ])('A request to %s is signed for the region %s', async (url, region) => {
    const sent: Headers[] = [];
    const send = async (_: unknown, init?: RequestInit) => {
      sent.push(new Headers(init?.headers));
      return new Response('{}');
    };
    await signedFetch({ send })(url);
    expect(sent[0]?.get('authorization')).toContain(`/${region}/execute-api/aws4_request`);
  });

  it('A named profile gives credentials and region, although the environment has others', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    writeFileSync(join(folder, 'config'), '[profile desk]\nregion = us-west-2\n');
    writeFileSync(
      join(folder, 'credentials'),
      '[desk]\naws_access_key_id = AKIDDESK\naws_secret_access_key = other\n',
    );
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    await signedFetch({ profile: 'desk' })(`${origin}/v1/status`);
    expect(received[0] && checkSignature(received[0], 'other')).toMatchObject({
      valid: true,
      accessKeyId: 'AKIDDESK',
      region: 'us-west-2',
    });
  });

  it('A signed request follows no redirection, for which its signature would be invalid', async () => {
    await expect(signedFetch()(`${origin}/moved`)).rejects.toThrow('fetch failed');
    expect(received).toHaveLength(1);
  });
});

describe('requests that cannot be signed', () => {
  it('Missing credentials are an error that says what to do, and nothing is sent', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    const failure = await signedFetch({ profile: 'nobody' })(`${origin}/v1/status`).catch(error => error);
    expect(failure).toBeInstanceOf(SigningError);
    expect(failure.message).toMatch(/^AWS credentials are not available \(.+\): sign in/);
    expect(received).toEqual([]);
  });

  it('A missing region is an error that names the variable to set', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    await expect(signedFetch()(`${origin}/v1/status`)).rejects.toThrow('set AWS_REGION');
    expect(received).toEqual([]);
  });
});
