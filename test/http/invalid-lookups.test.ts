import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { NOW, S1 } from '../support/episodes.ts';
import { fromJson, manyNames, requestProblem } from '../support/problems.ts';

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);

const lookup = (fields: object) => ({ pattern_key: S1, scope: {}, ...fields });

it.each<[string, unknown, string]>([
  ['a missing scope', { pattern_key: S1 }, 'invalid_request'],
  ['a missing pattern key', { scope: {} }, 'invalid_request'],
  ['an invalid pattern key', lookup({ pattern_key: 'x' }), 'invalid_pattern_key'],
  ['an unknown member', lookup({ threshold: {} }), 'invalid_request'],
  ['a text as threshold', lookup({ thresholds: { ts_min: '0.6' } }), 'invalid_request'],
  ['null as threshold', lookup({ thresholds: { ts_min: null } }), 'invalid_request'],
  ['65 thresholds', lookup({ thresholds: manyNames(65) }), 'invalid_request'],
  ['an unknown resolution', lookup({ resolution: 'best' }), 'invalid_request'],
  ['65 dimensions', lookup({ scope: manyNames(65) }), 'invalid_scope'],
  ['a dimension __proto__', lookup({ scope: fromJson('{"__proto__":1}') }), 'invalid_scope'],
  ['a list as body', [], 'invalid_request'],
  ['an empty body', '', 'invalid_request'],
])('A look-up with %s is rejected', async (_, body, code) => {
  expect(await problem('POST', '/v1/overrides/lookup', body)).toMatchObject({ status: 400, code });
});

it.each([
  ['', 'invalid_request'],
  ['?pattern_key=x', 'invalid_pattern_key'],
  [`?pattern_key=${S1}&scope.=x`, 'invalid_scope'],
  [`?pattern_key=${S1}&scope.__proto__=x`, 'invalid_scope'],
  [`?pattern_key=${S1}&scope.%23pk=x`, 'invalid_scope'],
  [`?pattern_key=${S1}&scope.a=1&scope.a=2`, 'invalid_request'],
  [`?pattern_key=${S1}&pattern_key=${S1}`, 'invalid_request'],
  [`?pattern_key=${S1}&thresholds.ts_min=abc`, 'invalid_request'],
  [`?pattern_key=${S1}&thresholds.ts_min=`, 'invalid_request'],
  [`?pattern_key=${S1}&thresholds.ts_min=Infinity`, 'invalid_request'],
  [`?pattern_key=${S1}&chain=solana`, 'invalid_request'],
  [`?pattern_key=${S1}&explain=yes`, 'invalid_request'],
  [`?pattern_key=${S1}&resolution=best`, 'invalid_request'],
])('A look-up with the query "%s" is rejected as %s', async (query, code) => {
  expect(await problem('GET', `/v1/overrides/lookup${query}`)).toMatchObject({ status: 400, code });
});

it('A look-up with a query has the same answer as with a body', async () => {
  const path = `/v1/overrides/lookup?pattern_key=pm.s1_entry&scope.chain=%20solana%20&scope.rank=1&thresholds.ts_min=0.6&explain=true`;
  const byQuery = await (await api.send('GET', path)).json();
  const body = lookup({
    scope: { chain: 'solana', rank: 1 },
    thresholds: { ts_min: 0.6 },
    explain: true,
  });
  expect(byQuery).toEqual(await (await api.send('POST', '/v1/overrides/lookup', body)).json());
});
