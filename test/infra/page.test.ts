import { describe, expect, it } from 'vitest';
import { createHandler } from '../../functions/page.ts';
import { PAGE_BUNDLING } from '../../infra/bundling.ts';
import { PAGE_ENDPOINTS } from '../../shared/http/endpoints.ts';
import { jsonLog } from '../../shared/log.ts';
import { openRecorded, sample } from './recording.ts';
import { resources, synthesize, text } from './synth.ts';

const UI = {
  jwtIssuer: 'https://issuer.example.com/pool',
  jwtAudience: 'pm-tuning',
  uiClientId: 'page-1',
};
const ROUTES = ['GET /ui', 'GET /ui/script/{name}', 'GET /ui/style/{name}'];

const routesOf = (context: Record<string, string>): string[] =>
  [...resources(synthesize(context), 'AWS::ApiGatewayV2::Route').values()].map(({ Properties }) =>
    String(Properties.RouteKey),
  );

describe('the page in AWS', () => {
  it('A stage with a client of the page has exactly three more routes, open and with their own throttle', () => {
    const { uiClientId: _, ...jwt } = UI;
    const more = routesOf(UI).filter(route => !routesOf(jwt).includes(route));
    expect(more.sort()).toEqual(ROUTES);
    expect(Object.values(PAGE_ENDPOINTS).map(({ method, path }) => `${method} ${path}`)).toEqual(ROUTES);
    for (const { Properties } of resources(synthesize(UI), 'AWS::ApiGatewayV2::Route').values())
      if (ROUTES.includes(String(Properties.RouteKey))) expect(Properties.AuthorizationType).toBe('NONE');
    const stage = resources(synthesize(UI), 'AWS::ApiGatewayV2::Stage').get('ApiStage')?.Properties ?? {};
    const limits = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 };
    expect(stage.RouteSettings).toMatchObject(Object.fromEntries(ROUTES.map(route => [route, limits])));
  });

  it('A stage with IAM signatures serves no page, and a client of the page without an issuer is an error', () => {
    expect(routesOf({}).filter(route => route.includes('/ui'))).toEqual([]);
    expect(() => synthesize({ uiClientId: 'page-1' })).toThrow('set jwtIssuer and jwtAudience too');
  });

  it('The function of the page reads no table and gets the built page beside its bundle', () => {
    const policies = [...resources(synthesize(UI), 'AWS::IAM::Policy')].filter(([id]) =>
      id.startsWith('Page'),
    );
    expect(policies.length).toBeGreaterThan(0);
    expect(text(policies)).not.toContain('dynamodb:');
    expect(PAGE_BUNDLING.commandHooks?.afterBundling('/in', '/out')).toEqual([
      'node "/in/local/run.mjs" web/write-page.ts "/out"',
    ]);
  });

  it('The function answers the document, which names the issuer in its policy and the client in its head', async () => {
    const { runtimeOf } = await openRecorded(() => 0);
    const { config } = runtimeOf('lookup');
    const login = { issuer: UI.jwtIssuer, clientId: UI.uiClientId };
    const log = jsonLog(
      'error',
      () => undefined,
      () => 0,
    );
    const files = { script: { name: 'a.js', text: '1' }, style: { name: 'b.css', text: 'a{}' } };
    const handler = createHandler({ log, config: { ...config, login } }, files);
    const event = { ...sample('get-openapi'), rawPath: '/ui', routeKey: 'GET /ui' };
    const answer = (await handler(event as never)) as {
      readonly statusCode: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };
    expect(answer.statusCode).toBe(200);
    expect(answer.headers?.['content-security-policy']).toContain(
      "connect-src 'self' https://issuer.example.com;",
    );
    expect(String(answer.body)).toContain('&quot;clientId&quot;:&quot;page-1&quot;');
  });
});
