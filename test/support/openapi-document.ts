import * as z from 'zod';
import { openApiDocument } from '../../shared/http/openapi.ts';

/* This file reads the OpenAPI document as a client does: from its JSON, not from the code that made it. */

/** The parts of a JSON schema that requests are generated from. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly contains?: JsonSchema;
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly examples?: readonly unknown[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly explode?: boolean;
  readonly schema: JsonSchema;
}

interface HeaderObject {
  readonly required: boolean;
  readonly schema: { readonly const?: string; readonly pattern?: string };
}

interface ResponseObject {
  readonly headers: Readonly<Record<string, HeaderObject>>;
  readonly content?: Readonly<Record<string, { readonly schema: ProblemContent }>>;
}

/** The schema of a body; that of a problem has the codes of its status. */
interface ProblemContent {
  readonly properties?: { readonly code?: { readonly enum: readonly string[] } };
}

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly security?: readonly object[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: { readonly 'application/json': { readonly schema: JsonSchema } };
  };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Omit<Operation, 'method' | 'path'>>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const parsed = (access: 'open' | 'tokens'): Document =>
  JSON.parse(JSON.stringify(openApiDocument(access))) as Document;

const document = parsed('open');

/** Returns every operation of the document that the service serves without tokens, or with them. */
export function operationsOf(access: 'open' | 'tokens'): readonly Operation[] {
  return Object.entries(parsed(access).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, rest]) => ({ ...rest, path, method: method.toUpperCase() })),
  );
}

/** Returns the schema that a reference of the document leads to; any other schema as it is. */
export function resolved(schema: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/components/schemas/', '');
  const target = document.components.schemas[name];
  if (target === undefined) throw new Error(`the document has no schema ${name}`);
  return resolved(target);
}

/** Returns the faults of an answer by the document: status, content type, headers, code. The body is parsed apart. */
export async function faultsOf(operation: Operation, response: Response): Promise<string[]> {
  const documented = operation.responses[response.status];
  if (documented === undefined) return [`status ${response.status} is not documented`];
  const faults: string[] = [];
  const type = response.headers.get('content-type')?.split(';')[0] ?? 'none';
  const [wanted = 'none'] = Object.keys(documented.content ?? {});
  if (type !== wanted) faults.push(`content type ${type}, not ${wanted}`);
  for (const [name, { required, schema }] of Object.entries(documented.headers)) {
    const value = response.headers.get(name);
    if (value === null ? required : !matches(value, schema)) faults.push(`header ${name}: ${value}`);
  }
  const known = new Set([
    'content-type',
    'content-length',
    'connection',
    'date',
    'keep-alive',
    'transfer-encoding',
  ]);
  for (const name of Object.keys(documented.headers)) known.add(name.toLowerCase());
  for (const name of response.headers.keys())
    if (!known.has(name)) faults.push(`header ${name} is not documented`);
  const codes = documented.content?.[wanted]?.schema.properties?.code?.enum;
  if (codes !== undefined) {
    const { code } = z.looseObject({ code: z.string() }).parse(await response.clone().json());
    if (!codes.includes(code)) faults.push(`code ${code} is not documented for ${response.status}`);
  }
  return faults;
}

function matches(value: string, schema: HeaderObject['schema']): boolean {
  return schema.const === undefined ? new RegExp(schema.pattern ?? '').test(value) : value === schema.const;
}
