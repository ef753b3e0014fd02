import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

/**
 * Modules that the SDK imports on demand and that a function never needs:
 * - Credential providers: a function has its credentials in the environment, which the SDK reads first.
 * - Event streams: DynamoDB and Step Functions send none. Bundling them would prevent tree shaking of half the SDK.
 */
const UNUSED_SDK_MODULES = [
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
  // The bundle contains the SDK: the tested version, and only the parts in use.
  bundleAwsSDK: true,
  externalModules: UNUSED_SDK_MODULES,
  // Hides the size of every bundle, which would bury warnings and findings in the output of `cdk synth`.
  logLevel: LogLevel.WARNING,
};

/** The bundle of the function `page` has the built page beside it. */
export const PAGE_BUNDLING: BundlingOptions = {
  ...BUNDLING,
  commandHooks: {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (root, bundle) => [`node "${root}/local/run.mjs" web/write-page.ts "${bundle}"`],
  },
};
