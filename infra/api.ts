import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ROUTES, type Route } from './routes.ts';

const METHODS = { GET: HttpMethod.GET, POST: HttpMethod.POST, PUT: HttpMethod.PUT } as const;

export function createApi(scope: Construct, functions: Readonly<Record<Route['to'], IFunction>>): HttpApi {
  const api = new HttpApi(scope, 'Api');
  const integrations = {
    ingest: new HttpLambdaIntegration('Ingest', functions.ingest),
    lookup: new HttpLambdaIntegration('Lookup', functions.lookup),
    operate: new HttpLambdaIntegration('Operate', functions.operate),
  };
  for (const { method, path, to } of ROUTES) {
    api.addRoutes({ path, methods: [METHODS[method]], integration: integrations[to] });
  }
  return api;
}
