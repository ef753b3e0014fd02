import * as z from 'zod';
import type { FaultIssue } from './errors.ts';
import { Fault } from './errors.ts';
import { isObject } from './json.ts';
import { nearestName } from './suggestion.ts';

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
  .max(1000)
  .trim()
  .min(1)
  .refine(text => text.isWellFormed(), 'must be well-formed Unicode')
  .meta({ pattern: '\\S', description: 'The reason for the change, which the audit stores.' });

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

/** Maximum number of issues of one fault. */
const MAX_ISSUES = 20;
/** Maximum number of unknown members that a detail names; the issues name more. */
const MAX_NAMED = 3;
/** Characters of an unknown name that a message shows. */
const SHOWN_CHARACTERS = 64;

/**
 * Returns the message for an unknown member or parameter: the name, then the near known name, else what may be used.
 * @param usable texts that describe the known names; by default the names themselves
 */
export function unknownName(name: string, known: readonly string[], usable = known): string {
  const near = nearestName(name, known);
  const unknown = `${quoted(name)} is unknown`;
  if (near !== undefined) return `${unknown}; did you mean ${quoted(near)}?`;
  return usable.length === 0 ? `${unknown}: leave it out` : `${unknown}: use ${usable.join(', ')}`;
}

/** Returns at most 64 characters of a name in backticks, with control characters and half surrogates escaped. */
function quoted(name: string): string {
  const more = name.length > SHOWN_CHARACTERS ? '…' : '';
  return `\`${JSON.stringify(name.slice(0, SHOWN_CHARACTERS)).slice(1, -1)}${more}\``;
}

/** Returns the message for a value that is none of the allowed ones: all of them, and the near one if there is one. */
export function notOneOf(value: unknown, allowed: readonly string[]): string {
  const near = typeof value === 'string' ? nearestName(value, allowed) : undefined;
  const question = near === undefined ? '' : `; did you mean ${quoted(near)}?`;
  return `must be one of: ${allowed.join(', ')}${question}`;
}

/**
 * Parses a value with a schema. Issues about members that a strict object does not know come first.
 * @throws Fault with `code`, and one issue for each invalid place, at most 20
 */
export function parse<T extends z.ZodType>(
  schema: T,
  raw: unknown,
  code: 'invalid_body' | 'invalid_event' | 'invalid_outcome' | 'invalid_request',
): z.output<T> {
  // zod keeps the list of unknown names as one object, so that list finds the names that are known at its place.
  const knownNames = new Map<readonly string[], readonly string[]>();
  const result = schema.safeParse(raw, {
    error: issue => {
      if (issue.code === 'invalid_type' && issue.input === undefined) return 'is required';
      if (issue.code === 'invalid_value') return notOneOf(issue.input, issue.values.map(String));
      if (issue.code === 'unrecognized_keys' && issue.inst instanceof z.ZodObject)
        knownNames.set(issue.keys, Object.keys(issue.inst.shape));
      return undefined;
    },
  });
  if (result.success) return result.data;
  const unknown: FaultIssue[] = [];
  const invalid: FaultIssue[] = [];
  for (const issue of result.error.issues.flatMap(ofMeantMember))
    if (issue.code === 'unrecognized_keys')
      unknown.push(...unknownMembers(issue.path, issue.keys, knownNames.get(issue.keys) ?? []));
    else invalid.push({ path: pathText(issue.path), message: issue.message.slice(0, 300) });
  const issues = [...unknown, ...invalid].slice(0, MAX_ISSUES);
  throw new Fault(code, unknown.length > 0 ? describeUnknown(unknown) : describeFirst(invalid), { issues });
}

/**
 * Returns the issues of the member of a union that a value was meant for: the one with the type of the value, else the
 * one whose text it misspells; the issue itself when neither is clear.
 */
function ofMeantMember(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const atRoot = (issues: readonly z.core.$ZodIssue[], code: string): boolean =>
    issues.some(({ path, code: of }) => path.length === 0 && of === code);
  const typed = issue.errors.filter(of => !atRoot(of, 'invalid_type') && !atRoot(of, 'invalid_value'));
  const meant = typed.length === 1 ? typed[0] : issue.errors.find(of => atRoot(of, 'invalid_value'));
  return meant?.map(of => ({ ...of, path: [...issue.path, ...of.path] })) ?? [issue];
}

function unknownMembers(
  parent: readonly PropertyKey[],
  names: readonly string[],
  known: readonly string[],
): FaultIssue[] {
  const place = parent.length === 0 ? '' : `in ${pathText(parent)}, `;
  return names.slice(0, MAX_ISSUES).map(name => ({
    path: pathText([...parent, name.slice(0, SHOWN_CHARACTERS)]),
    message: `${place}${unknownName(name, known)}`,
  }));
}

/** Returns the messages of the first unknown members as one text. */
function describeUnknown(unknown: readonly FaultIssue[]): string {
  const named = unknown.slice(0, MAX_NAMED).map(({ message }) => message);
  if (named.length === 1) return named.join('');
  const sentences = named.map(text => (text.endsWith('?') ? text : `${text}.`));
  const more = unknown.length > MAX_NAMED ? ['More names are unknown: see the errors.'] : [];
  return [...sentences, ...more].join(' ');
}

function describeFirst([first]: readonly FaultIssue[]): string {
  if (!first) return 'the request is invalid';
  return `${first.path === '' ? 'body' : first.path}: ${first.message}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, 200);
}
