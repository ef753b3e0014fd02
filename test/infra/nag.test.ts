import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { createApp, createStack } from './synth.ts';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly conclusion: string;
    readonly violations: readonly unknown[];
    readonly suppressedViolations?: readonly { readonly ruleName: string; readonly reason: string }[];
  }[];
}

function check(context: Record<string, string>): Report['pluginReports'][number] | undefined {
  const app = createApp(context);
  createStack(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { directory } = app.synth();
  const report: Report = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  return report.pluginReports.find(plugin => plugin.pluginName === 'AwsSolutions');
}

describe('AwsSolutions checks', () => {
  it.each([
    [{}],
    [{ stage: 'prod', customerKey: 'true', alarmEmails: 'oncall@example.com' }],
    [{ distributedMap: 'true', notificationParameter: '/pm-tuning/dev/notify' }],
    [{ jwtIssuer: 'https://issuer.example.com', jwtAudience: 'pm-tuning' }],
    [
      {
        ...{ stage: 'prod', customerKey: 'true', distributedMap: 'true', alarmEmails: 'oncall@example.com' },
        ...{ jwtIssuer: 'https://issuer.example.com', jwtAudience: 'pm-tuning' },
      },
    ],
  ])(
    'Every finding of the AwsSolutions checks is acknowledged with a reason in the context %j',
    (context: Record<string, string>) => {
      const report = check(context);
      expect(report).toMatchObject({ conclusion: 'success', violations: [] });
      const rules = new Set(
        report?.suppressedViolations?.map(({ ruleName }) => ruleName.replace(/\[.*/, '')),
      );
      expect([...rules].sort()).toEqual(['AwsSolutions-APIG4', 'AwsSolutions-IAM5', 'AwsSolutions-SQS3']);
      for (const { reason, ruleName } of report?.suppressedViolations ?? [])
        expect(reason.length, ruleName).toBeGreaterThan(40);
    },
  );
});
