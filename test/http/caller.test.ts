import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../shared/http/app.ts';
import { callerOf, senderOf } from '../../shared/http/caller.ts';
import { jsonLog } from '../../shared/log.ts';

/** Returns the status and the body of a request with an authorizer, as API Gateway hands it on. */
async function ask(authorizer: unknown) {
  const app = createApp(jsonLog('error', () => undefined, Date.now));
  expect(app).toBeInstanceOf(Hono);
  app.get('/who', c => c.text(callerOf(c)));
  const response = await app.request('http://localhost/who', {}, { requestContext: { authorizer } });
  return [response.status, await response.text()] as const;
}

const jwt = (claims: object) => ({ jwt: { claims, scopes: [] } });
const iam = (userArn?: string) => ({ iam: { userArn } });

describe('who calls', () => {
  it.each([
    ['a token', { token: { name: 'bot 1' } }, 'token:bot 1'],
    ['a client', jwt({ client_id: 'ci-bot' }), 'jwt:ci-bot'],
    ['a subject', jwt({ sub: 'anna' }), 'jwt:anna'],
    ['an empty client_id', jwt({ client_id: '', sub: 'anna' }), 'jwt:anna'],
    ['a client with a subject', jwt({ client_id: 'app', sub: 'anna' }), 'jwt:app'],
    ['a subject named like the system', jwt({ sub: 'system:cycle' }), 'jwt:system:cycle'],
    ['a role', iam('arn:aws:sts::123456789012:assumed-role/pm/session-7'), 'iam:123456789012:role/pm'],
    ['a role in China', iam('arn:aws-cn:sts::123456789012:assumed-role/pm/x'), 'iam:123456789012:role/pm'],
    ['a user', iam('arn:aws:iam::123456789012:user/ops/anna'), 'iam:123456789012:user/ops/anna'],
    ['nobody', undefined, 'local'],
  ])('[X3] A caller is known by kind and name: %s', async (_, authorizer, who) => {
    expect(await ask(authorizer)).toEqual([200, who]);
  });

  it.each([
    ['a token without client_id and sub', jwt({ scope: 'pm-tuning/operator' })],
    ['a token whose claims are empty texts', jwt({ client_id: '', sub: '' })],
    ['a token whose sub is a number', jwt({ sub: 7 })],
    ['a token without claims', { jwt: {} }],
    ['a signature without an ARN', iam()],
    ['a signature with another text', iam('anna')],
  ])('[X3] An authenticated caller without a name is refused: %s', async (_, authorizer) => {
    const [status, body] = await ask(authorizer);
    expect([status, JSON.parse(body)]).toMatchObject([401, { code: 'unauthorized' }]);
  });

  it('Two sessions of a role are one caller, and two names that differ at their end are two', async () => {
    const sessions = ['a', 'b'].map(s => ask(iam(`arn:aws:sts::1:assumed-role/pm/${s}`)));
    expect(new Set((await Promise.all(sessions)).map(([, who]) => who)).size).toBe(1);
    const long = await Promise.all(['1', '2'].map(end => ask(jwt({ sub: 'x'.repeat(400) + end }))));
    expect(new Set(long.map(([, who]) => who)).size).toBe(2);
    for (const [, who] of long) expect(who.length).toBeLessThanOrEqual(256);
  });
});

describe('who is an operator', () => {
  const OPS = 'arn:aws:sts::123456789012:assumed-role/ops/x';
  it.each([
    ['the token of an operator', { token: { name: 'op', role: 'operator' } }, true],
    ['the token of a bot', { token: { name: 'bot', role: 'pm' } }, false],
    ['a JWT with the scope', jwt({ sub: 'a', scope: 'openid pm-tuning/operator' }), true],
    ['a JWT with a list of scopes', jwt({ sub: 'a', scp: '[pm-tuning/pm pm-tuning/operator]' }), true],
    ['a JWT of a bot', jwt({ sub: 'a', scope: 'pm-tuning/pm' }), false],
    ['a JWT whose scope only begins like it', jwt({ sub: 'a', scope: 'pm-tuning/operators' }), false],
    ['a JWT without scopes', jwt({ sub: 'a' }), false],
    ['a role that is listed', iam(OPS), true],
    ['a role that is not listed', iam(OPS.replace('ops', 'opsy')), false],
    ['nobody', undefined, true],
  ])('[X3] Whether %s is an operator follows from what authenticates it', async (_, authorizer, expected) => {
    const app = new Hono();
    app.get('/who', c => c.json(senderOf(c, ['iam:123456789012:role/ops'])));
    const response = await app.request('http://localhost/who', {}, { requestContext: { authorizer } });
    expect(await response.json()).toMatchObject({ isOperator: expected });
  });
});
