import type { Context } from 'hono';
import { Fault } from '../errors.ts';
import { shortHash } from '../hash.ts';
import type { Role } from './endpoints.ts';

/** Longest name that is stored as it is, in characters. A longer one is cut and ends in its hash, so names stay apart. */
const MAX_LENGTH = 256;

/** What API Gateway or the token check of the local service says of an authenticated caller. */
interface Authorizer {
  readonly iam?: { readonly userArn?: unknown };
  readonly jwt?: {
    readonly claims?: { readonly client_id?: unknown; readonly sub?: unknown; readonly scope?: unknown };
  };
  readonly token?: { readonly name: string; readonly role: Role };
}

/**
 * Returns the caller by kind and name: `token:NAME`, `jwt:CLIENT_ID` (or `jwt:SUB` without one),
 * `iam:ACCOUNT:role/NAME`; `local` where nothing authenticates callers. The kind keeps a name from passing for another.
 * @throws Fault `unauthorized` for an authenticated caller without a name
 */
export function callerOf(c: Context): string {
  const authorizer: Authorizer | undefined = c.env?.requestContext?.authorizer;
  if (authorizer?.token) return bounded(`token:${authorizer.token.name}`);
  if (authorizer?.iam) return bounded(iamCaller(authorizer.iam.userArn));
  if (authorizer?.jwt) return bounded(`jwt:${jwtName(authorizer.jwt.claims ?? {})}`);
  return 'local';
}

/**
 * Returns the role of the caller, with which the page shows what the caller may do; the routes check it themselves.
 * Without authentication everyone is an operator. A signature does not tell its role.
 */
export function roleOf(c: Context): Role | undefined {
  const authorizer: Authorizer | undefined = c.env?.requestContext?.authorizer;
  if (authorizer?.token) return authorizer.token.role;
  if (authorizer?.iam) return undefined;
  if (!authorizer?.jwt) return 'operator';
  const scopes = String(authorizer.jwt.claims?.scope ?? '').split(' ');
  return (['operator', 'reader', 'pm'] as const).find(role => scopes.includes(`pm-tuning/${role}`));
}

function jwtName({ client_id, sub }: { readonly client_id?: unknown; readonly sub?: unknown }): string {
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
