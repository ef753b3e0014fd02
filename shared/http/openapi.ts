import * as z from 'zod';
import type { Route } from './routes.ts';
import { ROUTES } from './routes.ts';
import { problemSchema } from './schemas.ts';

/** The OpenAPI 3.1 document, made from the schemas that check requests. */
export function openApiDocument(): object {
  const components: Record<string, object> = {};
  const schema = (type: z.ZodType, io: 'input' | 'output'): object => {
    const { $schema, $defs, ...json } = z.toJSONSchema(type, {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
    });
    Object.assign(components, $defs);
    return json;
  };
  const problem = { 'application/problem+json': { schema: schema(problemSchema, 'output') } };
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = {
      operationId,
      summary: route.summary,
      parameters: [...pathParameters(route.path), ...queryParameters(route, schema)],
      ...(route.body && {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: schema(route.body, 'input') } },
        },
      }),
      responses: {
        ...Object.fromEntries(
          Object.entries(route.answers).map(([status, type]) => [status, answer(type, schema)]),
        ),
        default: { description: 'what went wrong, as RFC 9457 says it', content: problem },
      },
    };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'PM Tuning',
      version: '1',
      description: 'Thresholds that tune themselves from what a trading bot did and what it skipped.',
    },
    paths,
    components: { schemas: components },
  };
  return withComponentReferences(document);
}

type SchemaOf = (type: z.ZodType, io: 'input' | 'output') => object;

function answer(type: z.ZodType | null, schema: SchemaOf): object {
  if (!type) return { description: 'not modified' };
  return { description: 'done', content: { 'application/json': { schema: schema(type, 'output') } } };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route, schema: SchemaOf): object[] {
  return Object.entries(route.query?.shape ?? {}).map(([name, type]) => ({
    name,
    in: 'query',
    required: !(type as z.ZodType).safeParse(undefined).success,
    schema: schema(type as z.ZodType, 'input'),
  }));
}

/** zod points to `#/$defs/NAME`; in this document the definitions stand under components. */
function withComponentReferences(document: object): object {
  const text = JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as object;
}
