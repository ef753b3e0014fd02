import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../shared/http/routes.ts';
import { CALLS } from '../support/calls.ts';
import { measurement } from '../support/measurements.ts';
import { resources, synthesize, text } from './synth.ts';

const JWT = { jwtIssuer: 'https://issuer.example.com', jwtAudience: 'pm-tuning' };

/** The liveness check is a route of the local service alone. */
const DEPLOYED = CALLS.filter(([route]) => route !== 'GET /healthz');
const OPEN = ['GET /openapi.json'];

function routes(context: Record<string, string> = {}): Map<string, Record<string, unknown>> {
  const routeResources = [...resources(synthesize(context), 'AWS::ApiGatewayV2::Route').values()];
  return new Map(routeResources.map(({ Properties }) => [String(Properties.RouteKey), Properties]));
}

/** Returns the name of the function that a route's integration invokes. */
function invokedBy(route: string): string {
  const id = text(routes().get(route)?.Target).replace(/^integrations\//, '');
  const integration = resources(synthesize(), 'AWS::ApiGatewayV2::Integration').get(id);
  expect(integration?.Properties.PayloadFormatVersion).toBe('2.0');
  return text(integration?.Properties.IntegrationUri);
}

/** Returns the sorted routes that a managed policy permits. */
function permittedRoutes(policy: string): string[] {
  const document = resources(synthesize(), 'AWS::IAM::ManagedPolicy').get(policy)?.Properties.PolicyDocument;
  const statements: unknown[] = Object.values(Object.fromEntries(Object.entries(document ?? {})))
    .flat()
    .filter(part => typeof part === 'object');
  expect(statements).toHaveLength(1);
  expect(statements[0]).toMatchObject({ Action: 'execute-api:Invoke', Effect: 'Allow' });
  const arns = Object.entries(statements[0] ?? {}).find(([name]) => name === 'Resource')?.[1];
  return [arns]
    .flat()
    .map(arn => text(arn).replace(/^.*:Api\/\$default\/(GET|POST|PUT)/, '$1 '))
    .sort();
}

describe('the API', () => {
  it('The API has exactly the routes of the contract', () => {
    expect([...routes().keys()].sort()).toEqual(DEPLOYED.map(([route]) => route).sort());
  });

  it('The API has exactly the routes that the functions answer', () => {
    const known = Object.values(ROUTES)
      .map(({ method, path }) => `${method} ${path}`)
      .filter(route => route !== 'GET /healthz');
    expect([...routes().keys()].sort()).toEqual(known.sort());
  });

  it.each(DEPLOYED)('The route %s invokes the function %s', (route, name) => {
    expect(invokedBy(route)).toBe(`${name}Function`);
  });

  it('[A8] Every route except the OpenAPI document requires a signed request', () => {
    for (const [route, { AuthorizationType }] of routes())
      expect(AuthorizationType, route).toBe(OPEN.includes(route) ? 'NONE' : 'AWS_IAM');
  });

  it('Every route that is not open requires a token with the scope of a role when an issuer is set', () => {
    expect(
      resources(synthesize(JWT), 'AWS::ApiGatewayV2::Authorizer').values().next().value?.Properties,
    ).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Audience: ['pm-tuning'], Issuer: 'https://issuer.example.com' },
    });
    for (const [route, , roles] of DEPLOYED) {
      const { AuthorizationType, AuthorizationScopes } = routes(JWT).get(route) ?? {};
      expect(AuthorizationType, route).toBe(roles === '' ? 'NONE' : 'JWT');
      const scopes = roles === '' ? undefined : roles.split(' ').map(role => `pm-tuning/${role}`);
      expect(AuthorizationScopes, route).toEqual(scopes);
    }
    expect(resources(synthesize(JWT), 'AWS::IAM::ManagedPolicy').size).toBe(0);
  });

  it('[A8] Each route has a limit of its own: events and outcomes half of the stage, open routes a hundredth', () => {
    const settings = resources(synthesize({ stage: 'prod' }), 'AWS::ApiGatewayV2::Stage').get('ApiStage');
    const limits = Object.entries(settings?.Properties.RouteSettings ?? {}) as [
      string,
      { ThrottlingRateLimit: number; ThrottlingBurstLimit: number },
    ][];
    expect(limits.map(([route]) => route).sort()).toEqual([...routes().keys()].sort());
    const expected = { Ingest: [250, 500], Lookup: [500, 1000], Operate: [100, 200] } as Record<
      string,
      number[]
    >;
    for (const [route, { ThrottlingRateLimit, ThrottlingBurstLimit }] of limits) {
      const name = DEPLOYED.find(([call]) => call === route)?.[1] ?? '';
      expect([route, ThrottlingRateLimit, ThrottlingBurstLimit]).toEqual([
        route,
        ...(OPEN.includes(route) ? [5, 10] : (expected[name] ?? [])),
      ]);
    }
    measurement(
      21,
      `${limits.length} routes, each with a limit of its own; ${OPEN.length} without a signature`,
    );
  });

  it('The stage of the API is created after every route that it limits', () => {
    const stage = Object.values(synthesize().findResources('AWS::ApiGatewayV2::Stage'))[0] as {
      DependsOn: string[];
    };
    const ids = Object.keys(synthesize().findResources('AWS::ApiGatewayV2::Route'));
    expect(stage.DependsOn).toEqual(expect.arrayContaining(ids));
  });

  it('The API is throttled and logs caller and route without payloads', () => {
    const stage = resources(synthesize(), 'AWS::ApiGatewayV2::Stage').get('ApiStage')?.Properties ?? {};
    expect(stage).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
    const log = Object.fromEntries(Object.entries(stage.AccessLogSettings ?? {}));
    expect(text(log.DestinationArn)).toBe('ApiAccessLogs');
    const fields: unknown = JSON.parse(text(log.Format));
    expect(fields).toMatchObject({ route: '$context.routeKey', status: '$context.status' });
    expect(fields).toMatchObject({
      caller: '$context.identity.userArn',
      subject: '$context.authorizer.claims.sub',
    });
    expect(text(log.Format)).not.toMatch(/\$context\.path|body|querystring/i);
  });
});

describe('managed policies', () => {
  it.each([
    ['PmPolicy', 'pm'],
    ['ReaderPolicy', 'reader'],
    ['OperatorPolicy', 'operator'],
  ])('[A1] [R2] The managed policy %s permits the routes of the role %s and no others', (policy, role) => {
    const allowed = CALLS.filter(([, , roles]) => roles.split(' ').includes(role));
    const expected = allowed.map(([route]) => route.replaceAll(/\{\w+\}/g, '*')).sort();
    expect(permittedRoutes(policy)).toEqual(expected);
  });

  it('The managed policy ReaderPolicy permits GET, and the POSTs that change nothing', () => {
    const posts = permittedRoutes('ReaderPolicy').filter(route => !route.startsWith('GET'));
    expect(posts.map(route => route.replace(/^POST /, '')).toSorted()).toEqual([
      '/ofrep/v1/evaluate/flags',
      '/ofrep/v1/evaluate/flags/*',
      '/v1/overrides/lookup',
      '/v1/whatif',
    ]);
  });
});

describe('outputs', () => {
  const outputs = (context: Record<string, string> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(synthesize(context).findOutputs('*')).map(([name, { Value }]) => [name, text(Value)]),
    );

  it('The outputs of the stack name the API, the tables, the state machine, the topic and the policies', () => {
    const { ApiUrl, ...more } = outputs();
    expect(ApiUrl).toMatch(/^https:\/\/Api\.execute-api\./);
    expect(more).toEqual({
      EventsTableName: 'EventsTable',
      LessonsTableName: 'LessonsTable',
      OverridesTableName: 'OverridesTable',
      ControlTableName: 'ControlTable',
      StateMachineArn: 'Cycle',
      AlarmTopicArn: 'AlarmTopic',
      PmPolicyArn: 'PmPolicy',
      ReaderPolicyArn: 'ReaderPolicy',
      OperatorPolicyArn: 'OperatorPolicy',
    });
  });

  it('The outputs of the stack name no policy when callers use tokens', () => {
    expect(Object.keys(outputs(JWT)).filter(name => name.includes('Policy'))).toEqual([]);
  });
});
