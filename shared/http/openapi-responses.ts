import type { z } from 'zod';
import type { FaultCode } from '../errors.ts';
import { RETRY_AFTER_SECONDS, statusOf } from './problem.ts';
import type { Access } from './problem-codes.ts';
import { problemCodesOf } from './problem-codes.ts';
import type { Route } from './routes.ts';
import { problemSchema } from './schemas/problem.ts';

/* This file writes the responses of an operation for the OpenAPI document: bodies, headers and problems by status. */

export type ToSchema = (type: z.ZodType, io: 'input' | 'output') => object;

interface Header {
  readonly description: string;
  readonly required: boolean;
  readonly schema: object;
}

const header = (description: string, schema: object, required = true): Header => ({
  description,
  required,
  schema: { type: 'string', ...schema },
});

const NO_STORE = header('Caches must not store the answer.', { const: 'no-store' });
const NO_CACHE = header('Caches must ask before they use the answer again.', { const: 'no-cache' });
const ETAG = header('The tag for If-None-Match; weak when the body is gzipped.', {
  pattern: '^(?:W/)?"[^"]*"$',
});
/** Headers of an answer with a JSON body, which may be gzipped. */
const GZIPPED = {
  'Content-Encoding': header('Present when the body is gzipped.', { const: 'gzip' }, false),
  Vary: header('Present when the body has more than 10 kB.', { const: 'Accept-Encoding' }, false),
};
/** Headers that problems of a status have besides `Cache-Control`. */
const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, Header>>>> = {
  401: { 'WWW-Authenticate': header('How to authenticate.', { pattern: '^Bearer ' }) },
  503: {
    'Retry-After': header('Seconds to wait before the request is sent again.', {
      const: String(RETRY_AFTER_SECONDS),
    }),
  },
};

/** Returns the responses of a route by status. Every status that it answers is there. */
export function responsesOf(route: Route, access: Access, toSchema: ToSchema): Record<string, object> {
  const problems = Map.groupBy(problemCodesOf(route, access), statusOf);
  return Object.fromEntries([
    ...Object.entries(route.answers).map(([status, type]) => [status, success(route, type, toSchema)]),
    ...[...problems].map(([status, codes]) => [status, problem(route, status, codes, toSchema)]),
  ]);
}

function success(route: Route, type: z.ZodType | null, toSchema: ToSchema): object {
  const headers = {
    'Cache-Control': route.caching === 'no-cache' ? NO_CACHE : NO_STORE,
    ...(304 in route.answers && { ETag: ETAG }),
  };
  if (!type) return { description: 'Not modified.', headers };
  return {
    description: 'Success.',
    headers: { ...headers, ...GZIPPED },
    content: { 'application/json': { schema: toSchema(type, 'output') } },
  };
}

/** Returns the response for the problems of one status. Its schema has their codes. */
function problem(route: Route, status: number, codes: readonly FaultCode[], toSchema: ToSchema): object {
  return {
    description: `Problem: ${codes.join(', ')}.`,
    headers: { 'Cache-Control': NO_STORE, ...PROBLEM_HEADERS[status] },
    content: route.errors
      ? { 'application/json': { schema: toSchema(route.errors, 'output') } }
      : { 'application/problem+json': { schema: problemDetails(route, status, codes, toSchema) } },
  };
}

function problemDetails(
  route: Route,
  status: number,
  codes: readonly FaultCode[],
  toSchema: ToSchema,
): object {
  const type = status === 400 ? (route.invalid ?? problemSchema) : problemSchema;
  return {
    allOf: [toSchema(type, 'output')],
    properties: { status: { const: status }, code: { enum: codes } },
  };
}
