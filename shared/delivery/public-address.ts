import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/** Why an address is not connected to. It holds no part of the address. */
class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Returns all addresses of a host name; tests put their own in its place. */
export type Resolve = (host: string) => Promise<readonly CheckedAddress[]>;

export const systemResolve: Resolve = async host =>
  (await lookup(host, { all: true })).map(({ address, family }) => ({
    address,
    family: family === 6 ? 6 : 4,
  }));

/** IPv4 that is not global. Source: the IANA registry of special-purpose addresses. */
const SPECIAL_4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** IPv6 within the global block 2000::/3 that is not global, or holds an IPv4 address. All outside it is refused. */
const SPECIAL_6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [net, prefix] of SPECIAL_4) special.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of SPECIAL_6) special.addSubnet(net, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const typeOf = ({ family }: CheckedAddress): 'ipv4' | 'ipv6' => (family === 6 ? 'ipv6' : 'ipv4');

function isPublic(address: CheckedAddress): boolean {
  if (address.family === 6 && !global6.check(address.address, 'ipv6')) return false;
  return !special.check(address.address, typeOf(address));
}

const isLoopbackAddress = (address: CheckedAddress): boolean =>
  loopback.check(address.address, typeOf(address));

/**
 * Returns the address to connect to for a URL. All addresses of its host are checked, and the caller connects to the one
 * that is returned, so that a name cannot resolve to another address later.
 * @param loopbackHttp allows http to this machine, and nothing else on it
 * @throws AddressRefused, and the errors of the resolver
 */
export async function checkAddress(
  url: URL,
  loopbackHttp: boolean,
  resolve: Resolve,
): Promise<CheckedAddress> {
  const isPlain = url.protocol === 'http:';
  if (url.protocol !== 'https:' && !(isPlain && loopbackHttp))
    throw new AddressRefused('https_required', 'a target must have an https address');
  if (url.username !== '' || url.password !== '')
    throw new AddressRefused('user_in_address', 'the address of a target must have no user and no password');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses =
    family === 0 ? await resolve(host) : [{ address: host, family: family === 6 ? 6 : 4 } as const];
  const isAllowed = isPlain ? isLoopbackAddress : isPublic;
  const [first] = addresses;
  if (!first || !addresses.every(isAllowed)) {
    if (isPlain) throw new AddressRefused('https_required', 'http is for an address of this machine only');
    throw new AddressRefused('private_address', 'a target must have a public address');
  }
  return first;
}
