import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ENDPOINTS, type Endpoint, type Role } from '../../shared/http/endpoints.ts';

const CALLERS: readonly { readonly role: Role; readonly id: string; readonly may: string }[] = [
  { role: 'pm', id: 'PmPolicy', may: 'post events and outcomes, look overrides up, read snapshots' },
  { role: 'reader', id: 'ReaderPolicy', may: 'read everything, change nothing' },
  { role: 'operator', id: 'OperatorPolicy', may: 'everything' },
];

/** A managed policy for each kind of caller, to attach to roles and groups; its ARN is an output. */
export function createCallerPolicies(scope: Construct, api: HttpApi): void {
  for (const { role, id, may } of CALLERS) {
    const routes = Object.values<Endpoint>(ENDPOINTS).filter(route => route.roles.includes(role));
    const policy = new ManagedPolicy(scope, id, {
      description: `PM Tuning API: ${may}`,
      statements: [
        new PolicyStatement({
          actions: ['execute-api:Invoke'],
          resources: routes.map(route => routeArn(api, route)),
        }),
      ],
    });
    acknowledgeAnyPattern(policy, api, routes);
    new CfnOutput(scope, `${id}Arn`, { value: policy.managedPolicyArn });
  }
}

/** A path with a pattern key or a cycle id in it is one finding each. */
function acknowledgeAnyPattern(policy: ManagedPolicy, api: HttpApi, routes: readonly Endpoint[]): void {
  const apiId = Stack.of(api).resolve(api.apiId).Ref;
  for (const { method, path } of routes.filter(route => route.path.includes('{'))) {
    const arn = `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${apiId}>`;
    Validations.of(policy).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arn}/$default/${method}${anyOf(path)}]`,
      reason: `The wildcard stands for the key in ${path}: patterns and cycles come and go without deployments`,
    });
  }
}

const anyOf = (path: string): string => path.replaceAll(/\{\w+\}/g, '*');

const routeArn = (api: HttpApi, { method, path }: Endpoint): string =>
  api.arnForExecuteApi(method, anyOf(path), '$default');
