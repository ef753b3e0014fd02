import * as z from 'zod';
import { Fault } from './errors.ts';

/** A count: a whole number, 0 or more. */
export const count = z.number().int().nonnegative();

/** A moment as RFC 3339 text in UTC. */
export const instant = z.iso.datetime();

/** A moment that a caller chooses, as RFC 3339 text with any offset. */
export const chosenTime = z.iso
  .datetime({ offset: true, message: 'must be an RFC 3339 time such as 2025-01-20T00:00:00Z' })
  // An offset can move a time at the edge of year 0000 or 9999 to a year that four digits cannot express.
  .refine(
    text => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(9999, 0),
    'must lie between 1970 and 9998',
  );

/** Length of the window of a run, in days. */
export const lookbackDays = z.number().int().min(1).max(366);

/** Highest setting of `n_min`. Settings that an earlier version stored may be higher. */
export const MAX_N_MIN = 10_000;

/** The least number of events with an outcome that makes a slice a lesson. */
export const minEvents = z.number().int().min(1).max(MAX_N_MIN);

/** The reason of an operator's change. */
export const changeReason = z
  .string()
  .trim()
  .min(1)
  .max(1000)
  .meta({ description: 'The reason for the change, which the audit stores.' });

/** Reports whether a JSON value is an object; an array is not. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON text; undefined when it is no JSON. */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the schema of a JSON object whose names the caller chooses. `z.record` would drop a member `__proto__`
 * without an error; here `problemOf` checks every name.
 * @param maxNames maximum number of members
 * @param problemOf returns the message for an invalid member, undefined for a valid one
 */
export function safeRecord<Members extends object>(
  maxNames: number,
  problemOf: (name: string, value: unknown) => string | undefined,
) {
  return z
    .unknown()
    .superRefine((value, context) => {
      if (!isObject(value)) return context.addIssue({ code: 'custom', message: 'must be an object' });
      const members = Object.entries(value);
      if (members.length > maxNames)
        return context.addIssue({ code: 'custom', message: `must have at most ${maxNames} names` });
      for (const [name, member] of members) {
        const problem = problemOf(name, member);
        if (problem) context.addIssue({ code: 'custom', path: [name], message: problem });
      }
    })
    .transform(value => value as Members);
}

/**
 * Parses a value with a schema.
 * @throws Fault with `code`, and one issue for each invalid place, at most 20
 */
export function parse<T extends z.ZodType>(
  schema: T,
  raw: unknown,
  code: 'invalid_event' | 'invalid_outcome' | 'invalid_request',
): z.output<T> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 20).map(issue => ({
    path: issue.path.map(String).join('.').slice(0, 200),
    message: issue.message.slice(0, 300),
  }));
  const [first] = issues;
  const detail = first
    ? `${first.path === '' ? 'body' : first.path}: ${first.message}`
    : 'the request is invalid';
  throw new Fault(code, detail, { issues });
}
