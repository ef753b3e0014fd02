import { createHash, createHmac } from 'node:crypto';

/*
 * This file recomputes signatures of version 4 from the text of AWS ("Create a signed AWS API request"), without the
 * packages that the product signs with.
 */

/** A request as it arrives: the target of its request line, its headers by lower-case name, its bytes. */
export interface ArrivedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array | string;
}

/** The parts of a signature. */
interface SignatureCheck {
  readonly valid: boolean;
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** Checks the signature of a request. `host` and every `x-amz-*` header must be signed. @returns undefined without a signature */
export function checkSignature(request: ArrivedRequest, secretAccessKey: string): SignatureCheck | undefined {
  const match = AUTHORIZATION.exec(String(request.headers.authorization ?? ''));
  if (!match) return undefined;
  const [, accessKeyId = '', day = '', region = '', service = '', names = '', signature = ''] = match;
  const signed = names.split(';');
  const time = String(request.headers['x-amz-date']);
  const mustBeSigned = Object.keys(request.headers).filter(name => name === 'host' || /^x-amz-/.test(name));
  const canonical = [
    request.method,
    canonicalPath(request.target),
    canonicalQuery(request.target),
    ...signed.map(name => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, `${day}/${region}/${service}/aws4_request`, sha256(canonical)];
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const valid =
    mustBeSigned.every(name => signed.includes(name)) &&
    time.startsWith(day) &&
    hmac(key, toSign.join('\n')).toString('hex') === signature;
  return { valid, accessKeyId, region, service };
}

/** Returns the path as it was sent, with each segment encoded once more; services other than S3 require that. */
function canonicalPath(target: string): string {
  return (target.split('?')[0] ?? '').split('/').map(encode).join('/');
}

/** Returns the query decoded, encoded by RFC 3986 and sorted. */
function canonicalQuery(target: string): string {
  const query = target.split('?')[1] ?? '';
  return query
    .split('&')
    .filter(pair => pair !== '')
    .map(pair => {
      const [name = '', ...value] = pair.split('=');
      return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value.join('=')))}`;
    })
    .sort()
    .join('&');
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
