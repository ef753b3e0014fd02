import * as fc from 'fast-check';
import type { JsonSchema } from './openapi-document.ts';
import { resolved } from './openapi-document.ts';

/* This file generates values that a JSON schema accepts, and values that it refuses. */

/** Times inside the range of events. A random time is outside it, which no schema can state. */
const TIMES = ['2025-01-10T00:00:00Z', '2025-01-19T12:00:00.5+05:30', '2000-01-01T00:00:00Z'];

/** Returns an arbitrary for the values that a schema accepts. Examples and bounds are frequent. */
export function valid(raw: JsonSchema): fc.Arbitrary<unknown> {
  const schema = resolved(raw);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.contains) return listWith(valid(schema.contains));
  if (schema.anyOf)
    return fc.oneof(...schema.anyOf.map(option => valid({ ...withoutAnyOf(schema), ...option })));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map(type => valid({ ...schema, type: String(type) })));
  const random = ofType(schema);
  return schema.examples
    ? fc.oneof({ arbitrary: fc.constantFrom(...schema.examples), weight: 3 }, random)
    : random;
}

function withoutAnyOf({ anyOf: _, ...rest }: JsonSchema): JsonSchema {
  return rest;
}

/** Lists with a valid item at any place among others. */
function listWith(item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> {
  const others = fc.array(fc.oneof(item, fc.jsonValue({ maxDepth: 1 })), { maxLength: 3 });
  return fc.tuple(others, item, others).map(([before, one, after]) => [...before, one, ...after]);
}

function ofType(schema: JsonSchema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1e9, max: Math.min(schema.maximum ?? 1e9, 1e9) });
    case 'number':
      return fc.double({
        min: schema.minimum ?? schema.exclusiveMinimum ?? -1e9,
        max: schema.maximum ?? 1e9,
        minExcluded: schema.exclusiveMinimum !== undefined,
        noNaN: true,
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valid(schema.items ?? {}), { maxLength: Math.min(schema.maxItems ?? 3, 3) });
    case 'object':
      return object(schema);
    default:
      return schema.maxItems === 0 ? fc.constant([]) : fc.jsonValue({ maxDepth: 2 });
  }
}

function text({ pattern, format, minLength = 0, maxLength = 64 }: JsonSchema): fc.Arbitrary<string> {
  const inRange = (value: string): boolean => value.length >= minLength && value.length <= maxLength;
  if (format === 'date-time') return fc.constantFrom(...TIMES);
  if (pattern === undefined) return fc.string({ minLength, maxLength: Math.min(maxLength, 64) });
  return fc.stringMatching(new RegExp(pattern), { size: 'small' }).filter(inRange);
}

function object(schema: JsonSchema): fc.Arbitrary<object> {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, inner]) => [name, valid(inner)] as const,
  );
  const named = fc.record(Object.fromEntries(properties), { requiredKeys: [...(schema.required ?? [])] });
  const more = schema.additionalProperties;
  if (typeof more !== 'object') return named;
  const own = fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/), valid(more), { maxKeys: 4 });
  return fc.tuple(own, named).map(([a, b]) => ({ ...a, ...b }));
}

/** Returns examples of values that a schema refuses, each with the rule that it breaks. */
export function invalid(raw: JsonSchema): readonly (readonly [rule: string, value: unknown])[] {
  const schema = resolved(raw);
  if (schema.anyOf && !schema.contains) {
    const nullable = schema.anyOf.length === 2 && schema.anyOf.some(option => option.type === 'null');
    const [other] = schema.anyOf.filter(option => option.type !== 'null');
    if (!nullable || other === undefined) return [];
    return invalid(other).filter(([, value]) => value !== null);
  }
  const types = [schema.type ?? []].flat();
  const { minimum, maximum, exclusiveMinimum, maxLength, minLength } = schema;
  const broken: [string, unknown][] = types.length === 0 ? [] : [['wrong type', wrongType(types)]];
  if (schema.enum) broken.push(['not in the enum', 'none-of-them']);
  const { pattern } = schema;
  const other = ['\u0000', ' '].find(value => pattern !== undefined && !new RegExp(pattern).test(value));
  if (other !== undefined) broken.push(['pattern', other]);
  if (minimum !== undefined) broken.push(['minimum', minimum - Math.max(1, Math.abs(minimum))]);
  if (exclusiveMinimum !== undefined) broken.push(['exclusiveMinimum', exclusiveMinimum]);
  if (maximum !== undefined && maximum < 1e300) broken.push(['maximum', maximum * 2]);
  if (types.includes('integer')) broken.push(['integer', 1.5]);
  if (maxLength !== undefined) broken.push(['maxLength', 'x'.repeat(maxLength + 1)]);
  if (minLength !== undefined && minLength > 0) broken.push(['minLength', '']);
  return broken;
}

function wrongType(types: readonly string[]): unknown {
  if (!types.includes('array')) return [];
  return types.includes('object') ? 'text' : {};
}

/** Returns bodies that a schema of an object refuses: one broken rule each, the rest from a valid body. */
export function invalidBodies(
  raw: JsonSchema,
  body: Readonly<Record<string, unknown>>,
): readonly (readonly [rule: string, body: unknown])[] {
  const { properties = {}, required = [], additionalProperties } = resolved(raw);
  const broken: [string, unknown][] = [
    ['a list', []],
    ['text', 'text'],
  ];
  if (additionalProperties === false) broken.push(['unknown member', { ...body, 'x-unknown': 1 }]);
  for (const name of required)
    broken.push([
      `without ${name}`,
      Object.fromEntries(Object.entries(body).filter(([key]) => key !== name)),
    ]);
  for (const [name, schema] of Object.entries(properties))
    for (const [rule, value] of invalid(schema))
      broken.push([`${name}: ${rule}`, { ...body, [name]: value }]);
  return broken;
}
