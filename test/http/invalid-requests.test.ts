import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { NOW, S1 } from '../support/episodes.ts';
import { requestProblem } from '../support/problems.ts';

/* Each invalid request for a list, a cycle, a pattern or an unknown path gets its own status and code. */

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  await api.service.runtime.heads.register([S1]);
});
afterAll(() => api.close());

const problem = (method: string, path: string, body?: unknown) => requestProblem(api, method, path, body);

const mode = `/v1/patterns/${S1}/mode`;
const settings = `/v1/patterns/${S1}/settings`;
const rollback = `/v1/patterns/${S1}/rollback`;
const rollout = `/v1/patterns/${S1}/rollout`;

it.each<[string, string, unknown, number, string]>([
  ['GET', '/v1/overrides', undefined, 400, 'invalid_request'],
  ['GET', '/v1/overrides?pattern_key=x', undefined, 400, 'invalid_pattern_key'],
  ['GET', `/v1/overrides?pattern_key=${S1}&limit=0`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/overrides?pattern_key=${S1}&limit=1001`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/overrides?pattern_key=${S1}&limit=1.5`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/overrides?pattern_key=${S1}&limit=ten`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/overrides?pattern_key=${S1}&limit=`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/overrides?pattern_key=${S1}&next=x`, undefined, 400, 'invalid_page_token'],
  ['GET', `/v1/overrides?pattern_key=${S1}&next=`, undefined, 400, 'invalid_page_token'],
  ['GET', `/v1/overrides?pattern_key=${S1}&near=true`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/lessons?pattern_key=${S1}&near=1`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/lessons?pattern_key=${S1}&next=1.${'0'.repeat(32)}.x`, undefined, 400, 'invalid_page_token'],
  ['GET', '/v1/snapshots/x', undefined, 400, 'invalid_pattern_key'],
  ['GET', '/v1/snapshots/%E0%A4%A', undefined, 400, 'invalid_encoding'],
  ['GET', '/v1/status?pattern=x', undefined, 400, 'invalid_request'],
  ['PUT', `${mode}?dry=true`, { mode: 'off', reason: 'x' }, 400, 'invalid_request'],
  ['GET', '/v1/snapshots/x?page=1', undefined, 400, 'invalid_request'],
  ['POST', '/v1/events?wait=true', { events: [] }, 400, 'invalid_request'],
  ['GET', '/v1/cycles?limit=-1', undefined, 400, 'invalid_request'],
  ['GET', '/v1/cycles?page=2', undefined, 400, 'invalid_request'],
  ['GET', '/v1/cycles/none', undefined, 404, 'unknown_cycle'],
  ['GET', '/v1/cycles/%00', undefined, 404, 'unknown_cycle'],
  ['GET', `/v1/cycles/${'x'.repeat(5000)}`, undefined, 404, 'unknown_cycle'],
  ['POST', '/v1/cycles', { as_of: 'now' }, 400, 'invalid_request'],
  ['POST', '/v1/cycles', { n_min: 0 }, 400, 'invalid_request'],
  ['POST', '/v1/cycles', { n_min: '33' }, 400, 'invalid_request'],
  ['POST', '/v1/cycles', { lookback_days: 367 }, 400, 'invalid_request'],
  ['POST', '/v1/cycles', { policy: 'best' }, 400, 'policy_not_available'],
  ['POST', '/v1/cycles', { pattern_key: 'x' }, 400, 'invalid_pattern_key'],
  ['POST', '/v1/cycles', { cycle_id: 'mine' }, 400, 'invalid_request'],
  ['POST', '/v1/cycles?wait=yes', {}, 400, 'invalid_request'],
  ['POST', '/v1/cycles', [], 400, 'invalid_request'],
  ['GET', '/v1/patterns/x/generations', undefined, 400, 'invalid_pattern_key'],
  ['GET', `/v1/patterns/${S1}/generations?diff=1`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/patterns/${S1}/generations?diff=a,b`, undefined, 400, 'invalid_request'],
  ['GET', `/v1/patterns/${S1}/generations?diff=7,8`, undefined, 404, 'unknown_generation'],
  ['PUT', mode, {}, 400, 'invalid_request'],
  ['PUT', mode, { mode: 'on', reason: 'x' }, 400, 'invalid_request'],
  ['PUT', mode, { mode: 'off' }, 400, 'invalid_request'],
  ['PUT', mode, { mode: 'off', reason: '  ' }, 400, 'invalid_request'],
  ['PUT', mode, { mode: 'off', reason: 'x'.repeat(1001) }, 400, 'invalid_request'],
  ['PUT', mode, { mode: 'off', reason: 'x', who: 'me' }, 400, 'invalid_request'],
  ['PUT', '/v1/patterns/x/mode', { mode: 'off', reason: 'x' }, 400, 'invalid_pattern_key'],
  ['PUT', settings, { reason: 'x', n_min: 0 }, 400, 'invalid_request'],
  ['PUT', settings, { reason: 'x', n_min: 10_001 }, 400, 'invalid_request'],
  ['PUT', settings, { reason: 'x', policy: 'best' }, 400, 'policy_not_available'],
  ['PUT', settings, { reason: 'x', payoff: { win: 0, loss: 1 } }, 400, 'invalid_request'],
  ['PUT', settings, { reason: 'x', payoff: { win: 1 } }, 400, 'invalid_request'],
  // The store refuses numbers of a smaller magnitude.
  ['PUT', settings, { reason: 'x', payoff: { win: 5e-324, loss: 1 } }, 400, 'invalid_request'],
  [
    'PUT',
    settings,
    { reason: 'x', challengers: ['drift', 'drift', 'replay', 'model'] },
    400,
    'invalid_request',
  ],
  ['PUT', settings, { n_min: 10 }, 400, 'invalid_request'],
  ['POST', rollback, { generation: 0, reason: 'x' }, 400, 'invalid_request'],
  ['POST', rollback, { generation: 1.5, reason: 'x' }, 400, 'invalid_request'],
  ['POST', rollback, { generation: 99, reason: 'x' }, 404, 'unknown_generation'],
  ['POST', rollback, { generation: 1 }, 400, 'invalid_request'],
  ['POST', rollout, { action: 'stop', reason: 'x' }, 400, 'invalid_request'],
  ['POST', rollout, { action: 'hold' }, 400, 'invalid_request'],
  ['POST', rollout, { action: 'hold', reason: 'x' }, 409, 'no_rollout'],
  ['GET', '/', undefined, 404, 'not_found'],
  ['GET', '/v1', undefined, 404, 'not_found'],
  ['GET', '/v1/outcomes', undefined, 405, 'method_not_allowed'],
  ['DELETE', '/v1/overrides', undefined, 405, 'method_not_allowed'],
  ['GET', '/v2/status', undefined, 404, 'not_found'],
  ['GET', '/v1/../etc/passwd', undefined, 404, 'not_found'],
  ['GET', '/constructor', undefined, 404, 'not_found'],
])('The request %s %s with body %j is rejected with %d %s', async (method, path, body, status, code) => {
  expect(await problem(method, path, body)).toMatchObject({ status, code });
});
