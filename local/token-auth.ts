import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import * as z from 'zod';
import { Fault } from '../shared/errors.ts';
import { answerProblem } from '../shared/http/app.ts';
import {
  ENDPOINTS,
  type Endpoint,
  MONITOR_ENDPOINTS,
  PAGE_ENDPOINTS,
  type Role,
} from '../shared/http/endpoints.ts';
import { sentToken } from '../shared/http/sent-token.ts';
import { repeatedEntries } from './repeated-members.ts';

/* This file authorizes callers of the local service by tokens. The roles of a route come from the table of the deployed API. */

interface Caller {
  readonly role: Role;
  /** Name of the caller in the audit. */
  readonly name: string;
}

/** Callers by the SHA-256 of their token. */
export type Callers = readonly { readonly digest: Buffer; readonly caller: Caller }[];

/** An invalid file of tokens; the message is one line for the user. */
export class TokenFileError extends Error {}

/** The routes of the API, of the page and of monitors. */
const ROUTES: readonly Endpoint[] = [ENDPOINTS, PAGE_ENDPOINTS, MONITOR_ENDPOINTS].flatMap(
  Object.values<Endpoint>,
);
const ROLES = ['pm', 'reader', 'operator'] as const satisfies readonly Role[];
const MIN_TOKEN_LENGTH = 16;
const MAX_NAME_LENGTH = 200;
const RESERVED_NAME = 'a token may not be named like a caller of the system';
/** Names that would read like those of the system or of another kind of caller. */
const RESERVED = /^\s*(local|cycle|guard|(system|token|jwt|iam)\s*:.*)\s*$/i;

const FORM = `{"<token of ${MIN_TOKEN_LENGTH} characters or more>": {"role": "${ROLES.join('|')}", "name": "who"}}`;

const tokensSchema = z
  .record(
    z
      .string()
      .regex(/^[!-~]+$/, 'a token consists of visible ASCII characters')
      .min(MIN_TOKEN_LENGTH),
    z.strictObject({ role: z.enum(ROLES), name: z.string().min(1).max(MAX_NAME_LENGTH) }),
  )
  .refine(tokens => Object.values(tokens).every(({ name }) => !RESERVED.test(name)), RESERVED_NAME)
  .refine(tokens => Object.keys(tokens).length > 0, 'at least one token is required');

/**
 * Parses the text `{"<token>": {"role": "pm", "name": "bot 1"}, …}`.
 * @param path of the file, for the message
 * @throws TokenFileError without any token in its message
 */
export function parseCallers(text: string, path: string): Callers {
  let tokens: unknown;
  try {
    tokens = JSON.parse(text);
  } catch {
    // The message of the JSON parser would quote the file.
    throw new TokenFileError(`cannot read the tokens in ${path} (it is not JSON); the form is ${FORM}`);
  }
  const repeated = repeatedEntries(text);
  if (repeated.length > 0)
    throw new TokenFileError(
      `the tokens in ${path} are ambiguous: entry ${repeated.join(' and entry ')} repeats a token or a member; ` +
        'give each token once (several tokens may have the same name)',
    );
  return callersOf(tokens, path);
}

/** Validates tokens. @param path of their file, for the message. @throws TokenFileError without any token in its message */
export function callersOf(tokens: unknown, path: string): Callers {
  const parsed = tokensSchema.safeParse(tokens);
  if (!parsed.success) throw new TokenFileError(invalidTokens(path, parsed.error));
  return Object.entries(parsed.data).map(([token, caller]) => ({ digest: digestOf(token), caller }));
}

/** Returns what is wrong and the form, without a token: a path of the error would contain one. */
function invalidTokens(path: string, error: z.ZodError): string {
  const reserved = error.issues.find(issue => issue.message === RESERVED_NAME)?.message;
  const reason = reserved === undefined ? '' : `: ${reserved}`;
  return `the tokens in ${path} are invalid${reason}; the form is ${FORM}`;
}

/**
 * Returns a middleware that admits only callers with a token, each to the routes of their role.
 * @param callers is called for each request, so that a token that was removed is refused at once
 */
export function requireTokens(callers: () => Callers): MiddlewareHandler {
  return async (c, next) => {
    const route = ROUTES.find(route => matches(route, c));
    if (route?.roles.length === 0 || c.req.path === '/') return next();
    const caller = callerOf(sentToken(c), callers());
    if (!caller) return unauthorized();
    // A path without a row in the table reaches no handler.
    if (!route) return c.notFound();
    if (!route.roles.includes(caller.role))
      return answerProblem(
        new Fault(
          'forbidden',
          `the role ${caller.role} may not call this; it needs one of: ${route.roles.join(', ')}`,
        ),
      );
    // API Gateway passes its callers in other members of the same object.
    c.env = {
      ...(c.env as object),
      requestContext: { authorizer: { token: caller } },
    };
    return next();
  };
}

/** Returns the caller of a token. Every known token is compared in constant time, so the duration reveals no token. */
function callerOf(token: string | undefined, callers: Callers): Caller | undefined {
  if (token === undefined) return undefined;
  const digest = digestOf(token);
  const matching = callers.filter(known => timingSafeEqual(known.digest, digest));
  return matching[0]?.caller;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function matches({ method, path }: Endpoint, c: Context): boolean {
  // The handler of a GET also responds to its HEAD.
  const requested = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const pattern = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return requested === method && new RegExp(`^${pattern}$`).test(c.req.path);
}

function unauthorized(): Response {
  const response = answerProblem(new Fault('unauthorized', 'send a valid token: Authorization: Bearer …'));
  response.headers.set('www-authenticate', 'Bearer realm="pm-tuning"');
  return response;
}
