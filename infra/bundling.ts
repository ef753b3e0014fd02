import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

/**
 * What the SDK imports only when it is needed, and a function never needs. Ways to find credentials: its own are in
 * the environment, the first place that is looked at. Event streams: DynamoDB and Step Functions send none, and
 * inside the bundle they would keep half of the SDK from being reduced to what is in use.
 */
const NEVER_IMPORTED = [
  '@smithy/core/event-streams',
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
];

export const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  // CommonJS packages inside an ES module bundle call `require`.
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  // The SDK goes into the bundle: the version that was tested, and only the parts in use.
  bundleAwsSDK: true,
  externalModules: NEVER_IMPORTED,
};
