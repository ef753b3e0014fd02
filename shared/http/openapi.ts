import * as z from 'zod';
import { statusOf } from './problem.ts';
import type { Route } from './routes.ts';
import { ROUTES } from './routes.ts';
import { problemSchema } from './schemas/problem.ts';

/** Returns the OpenAPI 3.1 document. It is made from the schemas that check requests. */
export function openApiDocument(): object {
  const components: Record<string, object> = {};
  const toSchema = schemaConverter(components);
  const problem = { 'application/problem+json': { schema: toSchema(problemSchema, 'output') } };
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operation(operationId, route, toSchema, problem);
  }
  return withComponentReferences({
    openapi: '3.1.0',
    info: {
      title: 'PM Tuning',
      version: '1',
      description: 'Learns from the episode events of a trading bot and adjusts its thresholds.',
    },
    paths,
    components: { schemas: components },
  });
}

type ToSchema = (type: z.ZodType, io: 'input' | 'output') => object;

/** Returns a converter from zod to JSON schema. It adds every schema with an id to `components`. */
function schemaConverter(components: Record<string, object>): ToSchema {
  return (type, io) => {
    const { $schema, $defs, ...json } = z.toJSONSchema(type, {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
    });
    Object.assign(components, $defs);
    return json;
  };
}

function operation(operationId: string, route: Route, toSchema: ToSchema, problem: object): object {
  return {
    operationId,
    summary: route.summary,
    parameters: [...pathParameters(route.path), ...queryParameters(route, toSchema)],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: toSchema(route.body, 'input') } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, type]) => [status, response(type, toSchema)]),
      ),
      ...problemResponses(route, problem),
      default: { description: 'An error, as problem details (RFC 9457).', content: problem },
    },
  };
}

/** Returns the responses for the problems of a route, by status; each description lists the codes. */
function problemResponses({ problems = [] }: Route, content: object): Record<string, object> {
  const byStatus = Map.groupBy(problems, statusOf);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [String(status), { description: codes.join(', '), content }]),
  );
}

function response(type: z.ZodType | null, toSchema: ToSchema): object {
  if (!type) return { description: 'Not modified.' };
  return { description: 'Success.', content: { 'application/json': { schema: toSchema(type, 'output') } } };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route, toSchema: ToSchema): object[] {
  return Object.entries(route.query?.shape ?? {}).map(([name, type]) => ({
    name,
    in: 'query',
    required: !(type as z.ZodType).safeParse(undefined).success,
    schema: toSchema(type as z.ZodType, 'input'),
  }));
}

/** Rewrites zod's references `#/$defs/NAME` to `#/components/schemas/NAME`. */
function withComponentReferences(document: object): object {
  const text = JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as object;
}
