import * as z from 'zod';
import { MAX_BODY_BYTES } from './endpoints.ts';
import type { ToSchema } from './openapi-responses.ts';
import { responsesOf } from './openapi-responses.ts';
import type { Access } from './problem-codes.ts';
import type { Route } from './routes.ts';
import { ROUTES } from './routes.ts';
import { ONE_VALID_ITEM, pathParameterSchema } from './schemas/parameters.ts';

const DESCRIPTION = [
  'Learns from the episode events of a trading bot and adjusts its thresholds.',
  'Errors are problem details (RFC 9457), and each description lists their codes.',
  'A path that this document does not have is 404 not_found. A method that a path does not have is 405 with Allow.',
  `A body of more than ${MAX_BODY_BYTES} bytes is 413. Lists are paged with limit and next.`,
  'JSON of more than 10 kB is gzipped for callers that accept it.',
  'On AWS, API Gateway authorizes callers, and its own answers (403, 429) are {"message": …}.',
].join(' ');

/** Returns the OpenAPI 3.1 document. It is made from the schemas that check requests. */
export function openApiDocument(access: Access = 'open'): object {
  const components: Record<string, object> = {};
  const toSchema = schemaConverter(components);
  const paths: Record<string, Record<string, object>> = {};
  for (const [operationId, route] of Object.entries<Route>(ROUTES)) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method.toLowerCase()] = operation(operationId, route, access, toSchema);
  }
  return withComponentReferences({
    openapi: '3.1.0',
    info: { title: 'PM Tuning', version: '1', description: DESCRIPTION },
    paths,
    components: { schemas: components, ...(access === 'tokens' && { securitySchemes: SECURITY_SCHEMES }) },
  });
}

/** Returns a converter from zod to JSON schema. It adds every schema with an id to `components`. */
function schemaConverter(components: Record<string, object>): ToSchema {
  return (type, io) => {
    const { $schema, $defs, ...json } = z.toJSONSchema(type, {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
      override: ({ jsonSchema }) => {
        if (jsonSchema[ONE_VALID_ITEM]) admitInvalidItems(jsonSchema);
      },
    });
    Object.assign(components, $defs);
    return json;
  };
}

/** Rewrites the schema of a list that is valid when it is empty or has one valid item. */
function admitInvalidItems(list: Record<string, unknown>): void {
  list.anyOf = [{ maxItems: 0 }, { contains: list.items }];
  delete list.items;
  delete list[ONE_VALID_ITEM];
}

function operation(operationId: string, route: Route, access: Access, toSchema: ToSchema): object {
  return {
    operationId,
    summary: route.summary,
    ...(access === 'tokens' && route.roles.length > 0 && { security: securityOf(route) }),
    parameters: [
      ...pathParameters(route.path, toSchema),
      ...queryParameters(route, toSchema),
      ...(304 in route.answers ? [IF_NONE_MATCH] : []),
    ],
    ...(route.body && {
      requestBody: {
        // An empty body is read as an empty object.
        required: !route.body.safeParse({}).success,
        content: { 'application/json': { schema: toSchema(route.body, 'input') } },
      },
    }),
    responses: responsesOf(route, access, toSchema),
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token of the file of --auth.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The same token, for flags only.' },
};

function securityOf({ path }: Route): object[] {
  return [{ bearer: [] }, ...(path.startsWith('/ofrep/') ? [{ apiKey: [] }] : [])];
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The ETag of an earlier answer: the answer is 304 while nothing has changed.',
  schema: { type: 'string' },
};

function pathParameters(path: string, toSchema: ToSchema): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: toSchema(pathParameterSchema(name), 'input'),
  }));
}

function queryParameters(route: Route, toSchema: ToSchema): object[] {
  const named = Object.entries(route.query?.shape ?? {}).map(([name, type]) => ({
    name,
    in: 'query',
    required: !(type as z.ZodType).safeParse(undefined).success,
    schema: toSchema(type as z.ZodType, 'input'),
  }));
  const chosen = Object.entries(route.chosenNames ?? {}).map(([prefix, type]) => ({
    name: prefix,
    in: 'query',
    required: false,
    description: `Parameters ${prefix}.NAME, each sent as it is: ${prefix}.NAME=value.`,
    style: 'form',
    explode: true,
    schema: toSchema(type, 'input'),
  }));
  return [...named, ...chosen];
}

/** Rewrites zod's references `#/$defs/NAME` to `#/components/schemas/NAME`. */
function withComponentReferences(document: object): object {
  const text = JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as object;
}
