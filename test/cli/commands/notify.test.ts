import { expect, it } from 'vitest';
import { always, fakeSession } from '../support/fake-session.ts';

const session = fakeSession();

it('notify test asks the service to tell a target, and prints whether it took the message', async () => {
  const taken = await session.run(always({ target: 'ops', delivered: true }), ['notify', 'test', 'ops']);
  expect(session.received[0]).toMatchObject({ method: 'POST', path: '/v1/notifications/test' });
  expect(JSON.parse(session.received[0]?.text ?? '')).toEqual({ target: 'ops' });
  expect(taken).toMatchObject({ exit: 0, out: 'ops took the test message\n', err: '' });
});

it('notify test ends with code 1 and the reason when the target did not take the message', async () => {
  const answer = { target: 'ops', delivered: false, reason: 'http_401' };
  const result = await session.run(always(answer), ['notify', 'test', 'ops']);
  expect(result.exit).toBe(1);
  expect(result.out).toContain('ops did not take the test message (http_401)');
  const json = await session.run(always(answer), ['notify', 'test', 'ops', '--json']);
  expect([json.exit, JSON.parse(json.out)]).toEqual([1, answer]);
});
