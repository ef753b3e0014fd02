import { describe, expect, it } from 'vitest';
import { events, openApi } from '../support/api.ts';
import { eventBody, iso, NOW, S1 } from '../support/episodes.ts';

describe('an as_of whose UTC year does not have four digits', () => {
  it.each(['9999-12-31T23:59:59-23:00', '0000-01-01T00:00:00+23:00'])(
    'The as_of %s is rejected, and the list of cycles and status stay readable',
    async as_of => {
      const api = await openApi({ now: () => NOW });
      const answer = await api.send('POST', '/v1/cycles?wait=true', { as_of });
      expect([
        answer.status,
        (await api.send('GET', '/v1/cycles')).status,
        (await api.send('GET', '/v1/status')).status,
      ]).toEqual([400, 200, 200]);
      await api.close();
    },
  );
});

it('An event with 10,000 levels inside factors.applied is rejected with 400, not 500', async () => {
  const api = await openApi({ now: () => NOW });
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const body = JSON.stringify(eventBody('deep', { factors: { applied: '?' } })).replace('"?"', deep);
  expect((await api.send('POST', '/v1/events', body)).status).toBe(400);
  await api.close();
});

it('An event that is nested too deeply does not affect the others of its request', async () => {
  const api = await openApi({ now: () => NOW });
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const bad = JSON.stringify(eventBody('deep', { factors: { applied: '?' } })).replace('"?"', deep);
  const answer = await api.send(
    'POST',
    '/v1/events',
    `{"events":[${JSON.stringify(eventBody('good'))},${bad}]}`,
  );
  expect(answer.status).toBe(207);
  await api.close();
});

it('A threshold that a multiplier would raise beyond the largest number is returned as a number', async () => {
  const api = await openApi({ now: () => NOW, environment: { N_MIN: '5' } });
  await api.postEvents(events(60, 'a', { decision: 'acted', outcome: 'failure' }));
  await api.cycle({ as_of: iso(NOW) });
  const { thresholds } = await api.lookup({ pattern_key: S1, scope: {}, thresholds: { ts_min: 1.7e308 } });
  expect(thresholds.ts_min).toBeGreaterThan(0);
  await api.close();
});

it('A threshold named __proto__ is rejected or returned, and never dropped silently', async () => {
  const api = await openApi({ now: () => NOW });
  const answer = await api.send(
    'POST',
    '/v1/overrides/lookup',
    `{"pattern_key":"${S1}","scope":{},"thresholds":{"__proto__":1,"x":2}}`,
  );
  if (answer.status === 200)
    expect(Object.keys(((await answer.json()) as { thresholds: object }).thresholds)).toEqual([
      '__proto__',
      'x',
    ]);
  else expect(answer.status).toBe(400);
  await api.close();
});

it('A query parameter __proto__ of a look-up is rejected like any unknown one', async () => {
  const api = await openApi({ now: () => NOW });
  expect((await api.send('GET', `/v1/overrides/lookup?pattern_key=${S1}&__proto__=1`)).status).toBe(400);
  await api.close();
});

it('The type of a problem contains its code', async () => {
  const api = await openApi({ now: () => NOW });
  const answer = (await (await api.send('POST', '/v1/events', {})).json()) as { type: string; code: string };
  expect(answer.type).toBe(`urn:pm-tuning:problem:${answer.code}`);
  await api.close();
});
it('A method that a path of the API does not support is rejected with 405 and an Allow header', async () => {
  const api = await openApi({ now: () => NOW });
  const answer = await api.send('GET', '/v1/outcomes');
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  await api.close();
});
it('A body that is not UTF-8 is rejected, not repaired', async () => {
  const api = await openApi({ now: () => NOW });
  const text = JSON.stringify(eventBody('caf?'));
  const bytes = Buffer.from(text, 'latin1');
  bytes[bytes.indexOf('caf?') + 3] = 0xe9;
  const answer = await api.service.app.request('/v1/events', { method: 'POST', body: bytes });
  expect(answer.status).toBe(400);
  await api.close();
});
