import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

/* These tests send bodies that are not JSON, not of the required form, too large, or nested too deeply. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);

describe('a body that is not JSON', () => {
  it.each([
    ['an unclosed list', '{"events":['],
    ['an unclosed string', '"half'],
    ['a bare word', 'hello'],
    ['a NUL character', '\u0000'],
    ['two documents', '{}{}'],
    ['a comment', '{} // x'],
    ['NaN', '{"a":NaN}'],
  ])('A body with %s is rejected as invalid_body on every route', async (_, body) => {
    for (const [method, path] of [
      ['POST', '/v1/events'],
      ['POST', '/v1/outcomes'],
      ['POST', '/v1/overrides/lookup'],
      ['POST', '/v1/cycles'],
      ['POST', '/v1/whatif'],
      ['PUT', `/v1/patterns/${S1}/mode`],
      ['PUT', `/v1/patterns/${S1}/settings`],
      ['POST', `/v1/patterns/${S1}/rollback`],
    ] as const)
      expect(await problem(method, path, body)).toMatchObject({ status: 400, code: 'invalid_body' });
  });

  it.each([['{}'], ['[]'], ['null'], ['{"outcomes":{}}'], ['{"outcomes":null}']])(
    'The body %s, which has no list of outcomes, is rejected as invalid_body',
    async body => {
      expect(await problem('POST', '/v1/outcomes', body)).toMatchObject({
        status: 400,
        code: 'invalid_body',
        errors: [{ path: 'outcomes', message: 'must be a list' }],
      });
    },
  );

  it.each([['{"events":{}}'], ['{"events":null}'], ['{"events":"x"}']])(
    'The body %s, whose events are not a list, is rejected as invalid_body',
    async body => {
      expect(await problem('POST', '/v1/events', body)).toMatchObject({
        status: 400,
        code: 'invalid_body',
        errors: [{ path: 'events' }],
      });
    },
  );
});

describe('the size and depth of a body', () => {
  const MIB = 1024 * 1024;
  const filled = (bytes: number): string => `{"x":"${'a'.repeat(bytes - 8)}"}`;

  it('A body of 1 MiB is read, and a body one byte larger is rejected with 413 body_too_large', async () => {
    expect(filled(MIB)).toHaveLength(MIB);
    expect(await problem('POST', '/v1/events', filled(MIB))).toMatchObject({
      status: 400,
      code: 'invalid_event',
    });
    for (const path of ['/v1/events', '/v1/outcomes', '/v1/overrides/lookup', '/v1/cycles'])
      expect(await problem('POST', path, filled(MIB + 1))).toMatchObject({
        status: 413,
        code: 'body_too_large',
      });
  });

  it('The size limit of a body counts bytes, not characters', async () => {
    const text = `{"x":"${'é'.repeat(MIB / 2)}"}`;
    expect(await problem('POST', '/v1/events', text)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('A body of 10 MiB is rejected with 413 body_too_large', async () => {
    expect(await problem('POST', '/v1/events', filled(10 * MIB))).toMatchObject({
      status: 413,
      code: 'body_too_large',
    });
  });

  const nested = (open: string, close: string): string => open.repeat(10_000) + close.repeat(10_000);
  const inEvent = (place: string, deep: string): string =>
    JSON.stringify(eventBody('deep', { [place]: '?' })).replace('"?"', () => deep);

  it.each<[string, string, string]>([
    ['a list of lists', '/v1/events', nested('[', ']')],
    ['an object of objects', '/v1/events', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['the events', '/v1/events', `{"events":${nested('[', ']')}}`],
    ['a scope', '/v1/events', inEvent('scope', `{"d":${nested('[', ']')}}`)],
    ['a factor', '/v1/events', inEvent('factors', `{"dx":${nested('[', ']')}}`)],
    ['an id', '/v1/events', inEvent('episode_id', nested('[', ']'))],
    ['the outcomes', '/v1/outcomes', `{"outcomes":${nested('[', ']')}}`],
    [
      'the scope of a look-up',
      '/v1/overrides/lookup',
      `{"pattern_key":"${S1}","scope":{"a":${nested('[', ']')}}}`,
    ],
    [
      'the thresholds of a look-up',
      '/v1/overrides/lookup',
      `{"pattern_key":"${S1}","scope":{},"thresholds":{"a":${nested('[', ']')}}}`,
    ],
    ['the options of a run', '/v1/cycles', `{"n_min":${nested('[', ']')}}`],
  ])('A body with 10,000 levels in %s is rejected with 400', async (_, path, body) => {
    expect(await problem('POST', path, body)).toMatchObject({ status: 400 });
  });

  it('An unknown member of an event with 10,000 levels is rejected by its name', async () => {
    expect(await problem('POST', '/v1/events', inEvent('note', nested('[', ']')))).toMatchObject({
      status: 400,
      code: 'invalid_event',
      errors: [{ path: 'note' }],
    });
  });
});
