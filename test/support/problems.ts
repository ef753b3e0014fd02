import { expect } from 'vitest';
import type { z } from 'zod';
import { problemSchema } from '../../shared/http/schemas/problem.ts';
import type { Api } from './api.ts';

const LEAKED_INTERNALS =
  /pm-tuning-|node_modules|\.ts\b|\bat \w+ \(|Exception|DynamoDB|dynalite|Zod|ECONN|undefined is not/;
/** Characters; the longest answer lists 500 rejected items. */
const LONGEST_ANSWER = 70_000;

const looseProblemSchema = problemSchema.loose();

/**
 * Sends an invalid request and returns the problem in the response. The content type must be problem+json, status and
 * type must agree with the response, and the text must contain no names of the implementation.
 */
export async function requestProblem(
  api: Api,
  method: string,
  path: string,
  body?: unknown,
): Promise<z.output<typeof looseProblemSchema>> {
  const response = await api.send(method, path, body);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const text = await response.text();
  expect(text).not.toMatch(LEAKED_INTERNALS);
  const problem = looseProblemSchema.parse(JSON.parse(text));
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`urn:pm-tuning:problem:${problem.code}`);
  expect(text.length).toBeLessThan(LONGEST_ANSWER);
  return problem;
}

/** Parses JSON, so that an object can have an own member `__proto__`. */
export const fromJson = (text: string): unknown => JSON.parse(text);

/** Returns a scope or thresholds with `n` names. */
export const manyNames = (n: number): object =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`d${i}`, i]));
