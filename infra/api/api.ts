import { Validations } from 'aws-cdk-lib';
import {
  CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpStage,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENDPOINTS, type Endpoint, PAGE_ENDPOINTS } from '../../shared/http/endpoints.ts';
import { createLogGroup } from '../log-group.ts';
import type { Stage } from '../stage.ts';
import { accessLog } from './access-log.ts';
import { createAuthorizer, oauthScopeOf } from './authorizer.ts';
import { routeThrottles } from './route-throttles.ts';

const METHODS = { GET: HttpMethod.GET, POST: HttpMethod.POST, PUT: HttpMethod.PUT } as const;

/** The functions that answer. Without `page` the stage serves no page. */
type ApiFunctions = Readonly<Record<'ingest' | 'lookup' | 'admin', IFunction>> & {
  readonly page?: IFunction;
};

interface Api {
  readonly api: HttpApi;
  readonly apiStage: HttpStage;
  readonly logs: LogGroup;
}

/**
 * Creates the HTTP API. Two limits bound a request body: API Gateway and Lambda reject more than 6 MB,
 * and the functions answer 413 to more than 1 MiB or 500 events.
 */
export function createApi(scope: Construct, stage: Stage, functions: ApiFunctions): Api {
  const api = new HttpApi(scope, 'Api', {
    apiName: `pm-tuning-${stage.name}`,
    createDefaultStage: false,
    defaultAuthorizer: createAuthorizer(stage),
  });
  const integrations: Partial<Record<Endpoint['function'], HttpLambdaIntegration>> = {
    ingest: new HttpLambdaIntegration('Ingest', functions.ingest),
    lookup: new HttpLambdaIntegration('Lookup', functions.lookup),
    admin: new HttpLambdaIntegration('Operate', functions.admin),
    ...(functions.page && { page: new HttpLambdaIntegration('Page', functions.page) }),
  };
  const endpoints = Object.values<Endpoint>({ ...ENDPOINTS, ...PAGE_ENDPOINTS }).filter(
    ({ deployed = true, function: name }) => deployed && integrations[name],
  );
  const routes = endpoints.flatMap(endpoint => {
    const integration = integrations[endpoint.function];
    return integration ? (addRoute(api, stage, endpoint, integration) ?? []) : [];
  });
  const logs = createLogGroup(scope, 'ApiAccessLogs', stage);
  const apiStage = new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: stage.throttle.rate, burstLimit: stage.throttle.burst },
    accessLogSettings: accessLog(logs),
  });
  limitRoutes(apiStage, routes, routeThrottles(stage, endpoints));
  return { api, apiStage, logs };
}

/** Sets the limits of routes. The construct of the stage has no property for them. */
function limitRoutes(
  apiStage: HttpStage,
  routes: readonly HttpRoute[],
  limits: ReturnType<typeof routeThrottles>,
): void {
  const { defaultChild } = apiStage.node;
  if (!(defaultChild instanceof CfnStage)) throw new Error('the stage of the API has no resource of its own');
  defaultChild.routeSettings = limits;
  // A stage that limits a route which does not exist yet cannot be created.
  apiStage.node.addDependency(...routes);
}

function addRoute(
  api: HttpApi,
  stage: Stage,
  { method, path, roles }: Endpoint,
  integration: HttpLambdaIntegration,
): HttpRoute | undefined {
  const [route] = api.addRoutes({
    path,
    methods: [METHODS[method]],
    integration,
    ...(roles.length === 0 ? { authorizer: new HttpNoneAuthorizer() } : {}),
    ...(stage.jwt ? { authorizationScopes: roles.map(oauthScopeOf) } : {}),
  });
  if (route && roles.length === 0)
    Validations.of(route).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason: 'The page and the OpenAPI document are the same for every caller, and read no data',
    });
  return route;
}
