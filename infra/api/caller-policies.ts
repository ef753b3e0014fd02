import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ENDPOINTS, type Endpoint, type Role } from '../../shared/http/endpoints.ts';

interface CallerPolicy {
  readonly role: Role;
  readonly id: string;
  /** Part of the policy's description. CloudFormation replaces a policy whose description changes: do not reword it. */
  readonly permits: string;
}

const CALLER_POLICIES: readonly CallerPolicy[] = [
  { role: 'pm', id: 'PmPolicy', permits: 'post events and outcomes, look overrides up, read snapshots' },
  { role: 'reader', id: 'ReaderPolicy', permits: 'read everything, change nothing' },
  { role: 'operator', id: 'OperatorPolicy', permits: 'everything' },
];

/** Creates a managed policy for each role of callers, to attach to IAM roles and groups; its ARN is an output. */
export function createCallerPolicies(scope: Construct, api: HttpApi): void {
  for (const { role, id, permits } of CALLER_POLICIES) {
    const routes = Object.values<Endpoint>(ENDPOINTS).filter(route => route.roles.includes(role));
    const policy = new ManagedPolicy(scope, id, {
      description: `PM Tuning API: ${permits}`,
      statements: [
        new PolicyStatement({
          actions: ['execute-api:Invoke'],
          resources: routes.map(route => routeArn(api, route)),
        }),
      ],
    });
    acknowledgeWildcards(policy, api, routes);
    new CfnOutput(scope, `${id}Arn`, { value: policy.managedPolicyArn });
  }
}

/** Acknowledges one finding for each path that contains a pattern key or a cycle id. */
function acknowledgeWildcards(policy: ManagedPolicy, api: HttpApi, routes: readonly Endpoint[]): void {
  const apiId = Stack.of(api).resolve(api.apiId).Ref;
  for (const { method, path } of routes.filter(route => route.path.includes('{'))) {
    const arn = `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${apiId}>`;
    Validations.of(policy).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arn}/$default/${method}${wildcardPath(path)}]`,
      reason: `The wildcard stands for the key in ${path}: patterns and cycles appear without a deployment`,
    });
  }
}

const wildcardPath = (path: string): string => path.replaceAll(/\{\w+\}/g, '*');

const routeArn = (api: HttpApi, { method, path }: Endpoint): string =>
  api.arnForExecuteApi(method, wildcardPath(path), '$default');
