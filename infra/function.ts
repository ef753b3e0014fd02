import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { Construct } from 'constructs';
import type { FunctionEnvironment } from './environment.ts';
import { FUNCTIONS, type FunctionName } from './functions.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS packages inside an ES module bundle call `require`. */
const BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** One Lambda function of one file in `functions/`. */
export function createFunction(
  scope: Construct,
  name: FunctionName,
  environment: FunctionEnvironment,
): NodejsFunction {
  const { id, memoryMb, timeoutSeconds } = FUNCTIONS[name];
  return new NodejsFunction(scope, `${id}Function`, {
    entry: `${root}functions/${name}.ts`,
    handler: 'handler',
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMb,
    timeout: Duration.seconds(timeoutSeconds),
    environment: { ...environment, NODE_OPTIONS: '--enable-source-maps' },
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      mainFields: ['module', 'main'],
      banner: BANNER,
      minify: true,
      sourceMap: true,
      sourcesContent: false,
      // The SDK goes into the bundle: the version that was tested, and only the parts in use.
      bundleAwsSDK: true,
    },
  });
}
