import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../local/http-server.ts';
import { pageApp } from '../../shared/http/page.ts';
import { jsonLog } from '../../shared/log.ts';
import { buildPage } from '../../web/build.ts';
import { STATUS } from '../cli/support/answers.ts';
import { rawStatus } from '../support/raw-status.ts';
import { ACCESS_TOKEN, CLIENT, type FakeIssuer, startIssuer } from './fake-issuer.ts';
import { hasBrowser, openTab } from './open-page.ts';

/* The page of a stage with an issuer: the app of its function, and an API that takes the token of the issuer. */
let issuer: FakeIssuer;
let server: Listening;
let url: string;
beforeAll(async () => {
  issuer = await startIssuer();
  const log = jsonLog('error', () => undefined, Date.now);
  const app = pageApp(log, [], await buildPage(), { issuer: issuer.url, clientId: CLIENT });
  app.get('/v1/status', c =>
    c.req.header('authorization') === `Bearer ${ACCESS_TOKEN}`
      ? c.json({ ...STATUS, caller: { name: 'jwt:anna', role: 'operator' } })
      : c.json({ detail: 'send a token' }, 401),
  );
  server = await listen(app, 0, { tokens: true });
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  issuer.close();
  await server.close();
});
afterEach(() => {
  issuer.tamper = () => undefined;
  issuer.exchanges.length = 0;
});

describe.skipIf(!hasBrowser())('the sign-in at an issuer', () => {
  const openSignIn = async () => {
    const opened = await openTab();
    await opened.tab.goto(`${url}/ui#/connect`);
    await opened.tab.getByRole('button', { name: 'Sign in at' }).click();
    return opened;
  };

  it('A code is exchanged once with its verifier, and the token is in the memory of the page alone', async () => {
    const { tab, close } = await openSignIn();
    await tab.getByText('jwt:anna, operator').waitFor();
    expect(tab.url()).toBe(`${url}/ui#/connect`);
    expect(issuer.exchanges).toHaveLength(1);
    expect(Object.fromEntries(issuer.exchanges[0] ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      redirect_uri: `${url}/ui`,
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    });
    const kept = await tab.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state])',
    );
    expect(kept).toBe('[{},{},"",null]');
    await tab.reload();
    await tab.getByRole('button', { name: 'Sign in at' }).waitFor();
    await close();
  });

  it('A code with another state is refused, and is not exchanged', async () => {
    issuer.tamper = query => query.set('state', 'of another tab');
    const { tab, close } = await openSignIn();
    await tab.getByText('This sign-in did not begin in this tab.').waitFor();
    expect(issuer.exchanges).toEqual([]);
    expect(tab.url()).not.toContain('code=');
    await close();
  });

  it('A code that the page did not ask for is refused, and is not exchanged', async () => {
    const { tab, close } = await openTab();
    await tab.goto(`${url}/ui?code=stolen&state=undefined`);
    await tab.getByText('This sign-in did not begin in this tab.').waitFor();
    expect(issuer.exchanges).toEqual([]);
    await close();
  });

  it.each([
    ['an error of the issuer', 'error', 'access_denied', 'did not sign you in (access_denied)'],
    ['a code that is not valid', 'code', 'other', 'The issuer gave no token.'],
  ])('The page says what is wrong after %s, and offers the sign-in again', async (_, name, value, text) => {
    issuer.tamper = query => query.set(name, value);
    const { tab, close } = await openSignIn();
    await tab.getByText(text).waitFor();
    issuer.tamper = () => undefined;
    await tab.getByRole('button', { name: 'Sign in at' }).click();
    await tab.getByText('jwt:anna, operator').waitFor();
    await close();
  });

  it('The document opens from the page of the issuer, but in no frame, and pages of other origins read nothing', async () => {
    const cross = { 'sec-fetch-site': 'cross-site' };
    const get = (path: string, headers: object): Promise<number> =>
      rawStatus(url, path, { headers: { ...cross, ...headers } });
    const navigates = { 'sec-fetch-mode': 'navigate' };
    expect(await get('/ui', { ...navigates, 'sec-fetch-dest': 'document' })).toBe(200);
    expect(await get('/ui', { ...navigates, 'sec-fetch-dest': 'iframe' })).toBe(403);
    expect(await get('/ui', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' })).toBe(403);
    expect(await get('/v1/status', { ...navigates, 'sec-fetch-dest': 'document' })).toBe(403);
  });
});
