import { Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { createApp, createStack, synthesize } from './synth.ts';

const CONTEXTS: readonly Record<string, string>[] = [
  {},
  { stage: 'prod', customerKey: 'true', distributedMap: 'true', alarmEmails: 'oncall@example.com' },
  { jwtIssuer: 'https://issuer.example.com', jwtAudience: 'pm-tuning' },
];

describe('templates', () => {
  it.each(CONTEXTS.map(context => [context]))(
    'A template names no account and no region in the context %j',
    context => {
      const template = JSON.stringify(synthesize(context).toJSON());
      expect(template).not.toMatch(/\b\d{12}\b/);
      expect(template).not.toMatch(
        /\b(us|eu|ap|sa|ca|me|af|il|mx|cn)-(north|south|east|west|central)[a-z]*-\d\b/,
      );
      const stack = createStack(createApp(context));
      expect([stack.account, stack.region].every(Token.isUnresolved)).toBe(true);
    },
  );

  it('A template imports nothing from other stacks and exports nothing', () => {
    const template = JSON.stringify(synthesize().toJSON());
    expect(template).not.toContain('Fn::ImportValue');
    expect(template).not.toContain('"Export"');
  });

  it('A template has no custom resources', () => {
    const { Resources }: Record<string, Record<string, { Type: string }>> = synthesize().toJSON();
    const types = Object.values(Resources ?? {}).map(({ Type }) => Type);
    expect(types.filter(type => /^(Custom::|AWS::CloudFormation::CustomResource)/.test(type))).toEqual([]);
  });
});

it('The same context makes the same template', () => {
  const make = () => {
    const app = createApp({ stage: 'prod', customerKey: 'true' });
    const stack = createStack(app);
    return JSON.stringify(app.synth().getStackByName(stack.stackName).template);
  };
  expect(make()).toBe(make());
});
