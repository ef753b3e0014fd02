/* The packages of AWS are imported with the first request: the command line and the edge load this file at every start. */

/** Why a request cannot be signed, and what to do. */
export class SigningError extends Error {
  override readonly name = 'SigningError';
}

interface SigningOptions {
  /** Name of a profile in the files of the AWS CLI; without it AWS_PROFILE, or the first credentials that are found. */
  readonly profile?: string | undefined;
  /** The service of AWS that the signature is for; by default API Gateway. */
  readonly service?: 'execute-api' | 'lambda';
  /** Sends the signed request; by default the global `fetch`. */
  readonly send?: typeof fetch;
}

/** A request as callers of `signedFetch` give it. Streams have no signature, so a body is text or bytes. */
interface UnsignedRequest {
  readonly method?: string;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** Sends a signed request. @throws SigningError, and the errors of `fetch` */
export type SignedFetch = (url: string, request?: UnsignedRequest) => Promise<Response>;

/**
 * Returns a `fetch` that signs requests to API Gateway or Lambda with Signature Version 4. Credentials come from the chain of the
 * AWS SDK (environment, profiles, SSO, web identity, container, instance) and are renewed before they expire. The region
 * is that of the URL, else the one of the environment or profile.
 */
export function signedFetch({
  profile,
  service = 'execute-api',
  send = fetch,
}: SigningOptions = {}): SignedFetch {
  let loading: ReturnType<typeof loadSigner> | undefined;
  return async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    loading ??= loadSigner(profile, service);
    const { signer, HttpRequest, buildQueryString, escapeUri } = await loading;
    const target = new URL(url);
    const path = target.pathname.split('/').map(segment => escapeUri(decodeURIComponent(segment)));
    const request = new HttpRequest({
      method,
      protocol: target.protocol,
      hostname: target.host,
      path: path.join('/'),
      query: queryOf(target.searchParams),
      headers: { ...Object.fromEntries(new Headers(headers)), host: target.host },
      body,
    });
    const signingRegion = regionOf(target.hostname) ?? (await configuredRegion(profile));
    const signed = await signer.sign(request, { signingRegion }).catch(unsigned);
    const query = buildQueryString(request.query);
    // `fetch` sends the host of the URL itself.
    const { host: _, ...signedHeaders } = signed.headers;
    return send(`${target.origin}${request.path}${query === '' ? '' : `?${query}`}`, {
      method,
      headers: signedHeaders,
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      // The signature holds for this address only.
      redirect: 'error',
    });
  };
}

/** Drops the warning of the SDK that the environment has other credentials: a caller who names a profile means it. */
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function loadSigner(profile: string | undefined, service: string) {
  const [{ SignatureV4 }, { defaultProvider }, { Sha256 }, protocols] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-sdk/credential-provider-node'),
    import('@smithy/core/checksum'),
    import('@smithy/core/protocols'),
  ]);
  const signer = new SignatureV4({
    service,
    // Each request passes its own region.
    region: 'us-east-1',
    credentials: defaultProvider(profile === undefined ? {} : { profile, logger: SILENT }),
    sha256: Sha256,
  });
  return { signer, ...protocols };
}

/** Returns the region in the name of a host of API Gateway or Lambda. */
function regionOf(hostname: string): string | undefined {
  return /(?:\.execute-api|^lambda)\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.exec(hostname)?.[1];
}

async function configuredRegion(profile: string | undefined): Promise<string> {
  const { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } = await import(
    '@smithy/core/config'
  );
  const files = { ...NODE_REGION_CONFIG_FILE_OPTIONS, ...(profile !== undefined && { profile }) };
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, files)();
  } catch (cause) {
    throw new SigningError(
      'the region of the request is not known: set AWS_REGION, or use the address *.execute-api.REGION.amazonaws.com',
      { cause },
    );
  }
}

/** Returns the values of each query parameter. */
function queryOf(parameters: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(parameters.keys())].map(name => [name, parameters.getAll(name)]));
}

function unsigned(cause: unknown): never {
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new SigningError(
    `AWS credentials are not available (${reason}): sign in with the AWS CLI, or name a profile that has them`,
    { cause },
  );
}
