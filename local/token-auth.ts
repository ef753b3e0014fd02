import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { Fault } from '../shared/errors.ts';
import { answerProblem } from '../shared/http/app.ts';
import { ENDPOINTS, type Endpoint, type Role } from '../shared/http/endpoints.ts';

/*
 * Who may call the local service when it is started with tokens. The roles of each route are those of the deployed
 * API: one table for both.
 */

interface Caller {
  readonly role: Role;
  /** What the audit calls them. */
  readonly name: string;
}

/** Callers by the SHA-256 of their token. */
export type Callers = readonly { readonly digest: Buffer; readonly caller: Caller }[];

/** A file of tokens that cannot be used; the message is one line for the user. */
export class TokenFileError extends Error {}

const ROLES = ['pm', 'reader', 'operator'] as const satisfies readonly Role[];
const LEAST_TOKEN = 16;

const tokensSchema = z
  .record(
    z
      .string()
      .regex(/^[!-~]+$/, 'a token is of visible ASCII characters')
      .min(LEAST_TOKEN),
    z.strictObject({ role: z.enum(ROLES), name: z.string().min(1).max(256) }),
  )
  .refine(tokens => Object.keys(tokens).length > 0, 'there is no token');

/** Reads `{"<token>": {"role": "pm", "name": "bot 1"}, …}`. @throws TokenFileError that shows no token */
export function readCallers(path: string): Callers {
  let tokens: unknown;
  try {
    tokens = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A parser's message quotes what it read.
    const why = error instanceof SyntaxError ? 'it is no JSON' : String((error as { code?: unknown }).code);
    throw new TokenFileError(`cannot read the tokens in ${path} (${why})`);
  }
  return callersOf(tokens, path);
}

/** @throws TokenFileError that shows no token */
export function callersOf(tokens: unknown, path: string): Callers {
  const read = tokensSchema.safeParse(tokens);
  if (!read.success)
    throw new TokenFileError(
      `the tokens in ${path} do not fit; the form is {"<token of ${LEAST_TOKEN} characters or more>": ` +
        `{"role": "${ROLES.join('|')}", "name": "who"}}`,
    );
  return Object.entries(read.data).map(([token, caller]) => ({ digest: digestOf(token), caller }));
}

/** Lets only callers with a token in, each to the routes of their role. To be called before routes are registered. */
export function requireTokens(app: Hono, callers: Callers): void {
  app.use(async (c, next) => {
    const route = Object.values<Endpoint>(ENDPOINTS).find(route => matches(route, c));
    if (route?.roles.length === 0) return next();
    const caller = callerOf(c.req.header('authorization'), callers);
    if (!caller) return unauthorized();
    // What is not in the table reaches no handler.
    if (!route) return c.notFound();
    if (!route.roles.includes(caller.role))
      return answerProblem(new Fault('forbidden', `a token of role ${caller.role} may not do this`));
    // As API Gateway says who calls.
    c.env = {
      ...(c.env as object),
      requestContext: { authorizer: { jwt: { claims: { sub: caller.name } } } },
    };
    return next();
  });
}

/** Every token is compared, and in the same time whatever it is. */
function callerOf(header: string | undefined, callers: Callers): Caller | undefined {
  const [, token] = /^Bearer +([!-~]+) *$/i.exec(header ?? '') ?? [];
  if (token === undefined) return undefined;
  const digest = digestOf(token);
  const found = callers.filter(known => timingSafeEqual(known.digest, digest));
  return found[0]?.caller;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function matches({ method, path }: Endpoint, c: Context): boolean {
  // A HEAD is answered by the handler of its GET.
  const asked = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const pattern = path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return asked === method && new RegExp(`^${pattern}$`).test(c.req.path);
}

function unauthorized(): Response {
  const response = answerProblem(
    new Fault('unauthorized', 'a valid token is needed: Authorization: Bearer …'),
  );
  response.headers.set('www-authenticate', 'Bearer realm="pm-tuning"');
  return response;
}
