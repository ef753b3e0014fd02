import { Validations } from 'aws-cdk-lib';
import {
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
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

const METHODS = { GET: HttpMethod.GET, POST: HttpMethod.POST, PUT: HttpMethod.PUT } as const;

/** The functions that answer. Without `page` the stage serves no page. */
type ApiFunctions = Readonly<Record<'ingest' | 'lookup' | 'admin', IFunction>> & {
  readonly page?: IFunction;
};

/** Requests for the page a second, and at once. People load it; its files stay in their browsers. */
const PAGE_THROTTLE = { rate: 20, burst: 40 } as const;

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
  for (const endpoint of Object.values<Endpoint>({ ...ENDPOINTS, ...PAGE_ENDPOINTS })) {
    const integration = integrations[endpoint.function];
    if (integration) addRoute(api, stage, endpoint, integration);
  }
  const logs = createLogGroup(scope, 'ApiAccessLogs', stage);
  const apiStage = new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    stageName: '$default',
    autoDeploy: true,
    throttle: { rateLimit: stage.throttle.rate, burstLimit: stage.throttle.burst },
    accessLogSettings: accessLog(logs),
  });
  if (functions.page) throttlePage(api, apiStage);
  return { api, apiStage, logs };
}

/** Gives the routes of the page their own limits, so that they take nothing from those of the API. */
function throttlePage(api: HttpApi, apiStage: HttpStage): void {
  const settings = { ThrottlingRateLimit: PAGE_THROTTLE.rate, ThrottlingBurstLimit: PAGE_THROTTLE.burst };
  const pageRoutes = Object.values<Endpoint>(PAGE_ENDPOINTS);
  const cfnStage = apiStage.node.defaultChild as CfnStage;
  cfnStage.routeSettings = Object.fromEntries(
    pageRoutes.map(({ method, path }) => [`${method} ${path}`, settings]),
  );
  // API Gateway accepts settings of existing routes only.
  for (const child of api.node.children) if (child instanceof HttpRoute) apiStage.node.addDependency(child);
}

function addRoute(
  api: HttpApi,
  stage: Stage,
  { method, path, roles }: Endpoint,
  integration: HttpLambdaIntegration,
) {
  const [route] = api.addRoutes({
    path,
    methods: [METHODS[method]],
    integration,
    ...(roles.length === 0 ? { authorizer: new HttpNoneAuthorizer() } : {}),
    ...(stage.jwt ? { authorizationScopes: roles.map(oauthScopeOf) } : {}),
  });
  if (!route || roles.length > 0) return;
  Validations.of(route).acknowledge({
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'Monitors call the liveness check and browsers load the page; both are constants and read no data',
  });
}
