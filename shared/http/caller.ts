import type { Context } from 'hono';
import type { Sender } from '../episode/writer.ts';
import { LOCAL } from '../episode/writer.ts';
import { Fault } from '../errors.ts';
import { shortHash } from '../hash.ts';
import type { Role } from './endpoints.ts';
import { OPERATOR_SCOPE } from './endpoints.ts';

/** Longest name that is stored as it is, in characters. A longer one is cut and ends in its hash, so names stay apart. */
const MAX_LENGTH = 256;

interface Claims {
  readonly client_id?: unknown;
  readonly sub?: unknown;
  /** Scopes, separated by spaces. */
  readonly scope?: unknown;
  /** The same under the name that some issuers use; API Gateway writes a list as `[a b]`. */
  readonly scp?: unknown;
}

/** The claims of an authenticated caller, from API Gateway or the token check of the local service. */
interface Authorizer {
  readonly iam?: { readonly userArn?: unknown };
  readonly jwt?: { readonly claims?: Claims };
  readonly token?: { readonly name: string; readonly role: Role };
}

/**
 * Returns the caller by kind and name: `token:NAME`, `jwt:CLIENT_ID` (or `jwt:SUB` without one),
 * `iam:ACCOUNT:role/NAME`; `local` where nothing authenticates callers. The kind keeps a name from passing for another.
 * @throws Fault `unauthorized` for an authenticated caller without a name
 */
export function callerOf(c: Context): string {
  const authorizer = authorizerOf(c);
  if (authorizer?.token) return bounded(`token:${authorizer.token.name}`);
  if (authorizer?.iam) return bounded(iamCaller(authorizer.iam.userArn));
  if (authorizer?.jwt) return bounded(`jwt:${jwtName(authorizer.jwt.claims ?? {})}`);
  return LOCAL.name;
}

/**
 * Returns the caller as a writer of events and outcomes. Without authentication it is `local`, which counts as an
 * operator. A caller with several scopes is an operator when one of them is.
 * @param operators names of callers with IAM signatures that are operators: a signature does not tell its policies
 * @throws Fault of `callerOf`
 */
export function senderOf(c: Context, operators: readonly string[]): Sender {
  const { token, jwt, iam } = authorizerOf(c) ?? {};
  const name = callerOf(c);
  if (token) return { name, isOperator: token.role === 'operator' };
  if (iam) return { name, isOperator: operators.includes(name) };
  if (jwt) return { name, isOperator: scopesOf(jwt.claims ?? {}).includes(OPERATOR_SCOPE) };
  return LOCAL;
}

/** Returns the caller of a look-up that is a bot; undefined for a page, whose requests a browser marks. */
export function botOf(c: Context): string | undefined {
  return c.req.header('sec-fetch-site') === undefined ? callerOf(c) : undefined;
}

/**
 * Returns the role of the caller, with which the page shows what the caller may do; the routes check it themselves.
 * Without authentication everyone is an operator. A signature does not tell its role.
 */
export function roleOf(c: Context): Role | undefined {
  const { token, jwt, iam } = authorizerOf(c) ?? {};
  if (token) return token.role;
  if (iam) return undefined;
  if (!jwt) return 'operator';
  const scopes = scopesOf(jwt.claims ?? {});
  return (['operator', 'reader', 'pm'] as const).find(role => scopes.includes(`pm-tuning/${role}`));
}

const authorizerOf = (c: Context): Authorizer | undefined => c.env?.requestContext?.authorizer;

function scopesOf({ scope, scp }: Claims): string[] {
  return [scope, scp].flatMap(text => String(text ?? '').split(/[\s,[\]]+/));
}

function jwtName({ client_id, sub }: Claims): string {
  const name = [client_id, sub].find(claim => typeof claim === 'string' && claim !== '');
  if (name === undefined)
    throw new Fault('unauthorized', 'the token names nobody: let the issuer set the claim client_id or sub');
  return String(name);
}

/** Reads `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, or the ARN of a user. The session is left out: it changes. */
function iamCaller(arn: unknown): string {
  const [, account, resource] = /^arn:[^:]*:(?:iam|sts):[^:]*:(\d*):(.+)$/.exec(String(arn)) ?? [];
  if (account === undefined || resource === undefined)
    throw new Fault('unauthorized', 'the signature names nobody: sign with a role or a user of IAM');
  const [, role] = /^assumed-role\/([^/]+)\//.exec(resource) ?? [];
  return `iam:${account}:${role === undefined ? resource : `role/${role}`}`;
}

function bounded(name: string): string {
  return name.length <= MAX_LENGTH ? name : `${name.slice(0, MAX_LENGTH - 33)}#${shortHash(name)}`;
}
