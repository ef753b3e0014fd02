import { fileURLToPath } from 'node:url';
import { Duration, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import { BUNDLING, PAGE_BUNDLING } from './bundling.ts';
import type { FunctionEnvironment } from './environment.ts';
import { FUNCTIONS, type FunctionName, nodeOptions } from './function-settings.ts';
import { grantTables } from './grants.ts';
import { createLogGroup } from './log-group.ts';
import type { Stage } from './stage.ts';
import type { Tables } from './tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Creates the Lambda function of one file in `functions/`, with its own role, log group and permissions. */
export function createFunction(
  scope: Construct,
  name: FunctionName,
  { stage, tables, environment }: { stage: Stage; tables: Tables; environment: FunctionEnvironment },
): NodejsFunction {
  const { id, memoryMb, timeoutSeconds } = FUNCTIONS[name];
  const reserved = name === 'lookup' || name === 'admin' ? stage.concurrency[name] : undefined;
  const logGroup = createLogGroup(scope, `${id}Logs`, stage);
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  grantTables(name, role, tables);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason:
      'xray:PutTraceSegments and xray:PutTelemetryRecords support no resource-level permissions; all else has an ARN',
  });
  return new NodejsFunction(scope, `${id}Function`, {
    description: `PM Tuning ${stage.name}: ${name}`,
    entry: `${root}functions/${name}.ts`,
    handler: 'handler',
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMb,
    timeout: Duration.seconds(timeoutSeconds),
    ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: Tracing.ACTIVE,
    environment: { ...environment, ...nodeOptions(name) },
    bundling: name === 'page' ? PAGE_BUNDLING : BUNDLING,
  });
}
