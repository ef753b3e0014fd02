import { afterEach, describe, expect, it } from 'vitest';
import { deliver } from '../../shared/delivery/deliver.ts';
import type { CheckedAddress, Resolve } from '../../shared/delivery/public-address.ts';
import { checkAddress } from '../../shared/delivery/public-address.ts';
import { sendRequest } from '../../shared/delivery/send-request.ts';
import type { FakeService, Route } from '../cli/support/fake-service.ts';
import { fakeService } from '../cli/support/fake-service.ts';
import { NOW } from '../support/episodes.ts';

const v4 = (address: string): CheckedAddress => ({ address, family: 4 });
const v6 = (address: string): CheckedAddress => ({ address, family: 6 });
const resolving =
  (...addresses: CheckedAddress[]): Resolve =>
  async () =>
    addresses;
const PUBLIC = [v4('93.184.215.14'), v6('2606:2800:21f:cb07::1')];

const check = (url: string, resolve: Resolve = resolving(...PUBLIC), loopbackHttp = false) =>
  checkAddress(new URL(url), loopbackHttp, resolve).then(
    ({ address }) => address,
    (error: { code?: string }) => error.code,
  );

describe('the check of an address', () => {
  it('A name is connected to at its first address, when all of them are public', async () => {
    expect(await check('https://example.com/hook')).toBe('93.184.215.14');
    expect(await check('https://[2606:2800:21f:cb07::1]/')).toBe('2606:2800:21f:cb07::1');
  });

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.1.2.3',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::ffff:93.184.215.14',
    '::7f00:1',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
  ])(
    '[Y3] The address %s is refused, in a URL and behind a name, also beside a public one',
    async address => {
      const family = address.includes(':') ? 6 : 4;
      const host = family === 6 ? `[${address}]` : address;
      expect(await check(`https://${host}/`)).toBe('private_address');
      expect(await check('https://example.com/', resolving({ address, family }))).toBe('private_address');
      expect(await check('https://example.com/', resolving(...PUBLIC, { address, family }))).toBe(
        'private_address',
      );
    },
  );

  it.each([['https://2130706433/'], ['https://0x7f.1/'], ['https://017700000001/'], ['https://127.1/']])(
    'Another spelling of a loopback address is refused: %s',
    async url => {
      expect(await check(url)).toBe('private_address');
    },
  );

  it('http is refused, but for this machine beside the local service', async () => {
    const local = resolving(v4('127.0.0.1'));
    expect(await check('http://example.com/')).toBe('https_required');
    expect(await check('http://127.0.0.1:8080/')).toBe('https_required');
    expect(await check('http://example.com/', resolving(...PUBLIC), true)).toBe('https_required');
    expect(await check('http://10.0.0.1/', local, true)).toBe('https_required');
    expect(await check('http://localhost/', local, true)).toBe('127.0.0.1');
    expect(await check('http://[::1]/', local, true)).toBe('::1');
    expect(await check('https://localhost/', local, true)).toBe('private_address');
    expect(await check('https://anna:x@example.com/')).toBe('user_in_address');
    expect(await check('https://example.com/', resolving())).toBe('private_address');
  });
});

describe('a request to a target', () => {
  let receiver: FakeService | undefined;
  afterEach(() => receiver?.close());
  const open = async (route: Route): Promise<FakeService> => {
    receiver = await fakeService(route);
    return receiver;
  };
  const request = (url: string) => ({
    url,
    headers: { 'content-type': 'application/json' },
    body: '{"é":1}',
  });

  it('[Y3] A name is resolved once, and the connection goes to the address that was checked', async () => {
    const { url, received } = await open(() => ({ status: 204, headers: { 'retry-after': '5' } }));
    let resolved = 0;
    // A second answer would be another address: DNS rebinding.
    const rebinding: Resolve = async () => [v4(resolved++ === 0 ? '127.0.0.1' : '10.0.0.1')];
    const { port } = new URL(url);
    const answer = await sendRequest(request(`http://name.invalid:${port}/hook?a=b`), {
      loopbackHttp: true,
      resolve: rebinding,
    });
    expect(answer).toEqual({ status: 204, retryAfter: '5' });
    expect(resolved).toBe(1);
    expect(received).toMatchObject([{ method: 'POST', target: '/hook?a=b', text: '{"é":1}' }]);
    expect(received[0]?.headers.host).toBe(`name.invalid:${port}`);
  });

  it('[Y3] A redirect is not followed', async () => {
    const { url, received } = await open(() => ({ status: 307, headers: { location: '/elsewhere' } }));
    expect(await sendRequest(request(`${url}/hook`), { loopbackHttp: true })).toMatchObject({ status: 307 });
    expect(received.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('A resolver or a target that hangs ends the attempt in time', async () => {
    const { url } = await open(() => new Promise(() => undefined));
    const hanging = { loopbackHttp: true, timeoutMs: 50 };
    await expect(sendRequest(request(`${url}/`), hanging)).rejects.toThrow(/abort|timeout/i);
    const resolve = () => new Promise<never>(() => undefined);
    const asked = sendRequest(request('https://example.com/'), { ...hanging, resolve });
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('[Y5] A failure has a code without the address, whatever the network says', async () => {
    const { url } = await open(() => 'break');
    const send = (address: string) =>
      deliver(
        { type: 'slack', url: address },
        { id: `msg_${'1'.repeat(32)}`, type: 'mode.changed', timestamp: '', sentence: 'off', count: 1 },
        { loopbackHttp: true, now: () => NOW, resolve: resolving(v4('10.0.0.1')) },
      );
    expect(await send(`${url}/SECRET`)).toEqual({ outcome: 'failed', reason: 'ECONNRESET' });
    expect(await send('https://hooks.invalid/SECRET')).toEqual({
      outcome: 'failed',
      reason: 'private_address',
    });
  });
});
