import { Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { createApp, createStack, resources, synthesize } from './synth.ts';

const CONTEXTS: readonly Record<string, string>[] = [
  {},
  { stage: 'prod', customerKey: 'true', distributedMap: 'true', alarmEmails: 'oncall@example.com' },
  { jwtIssuer: 'https://issuer.example.com', jwtAudience: 'pm-tuning' },
];

describe('a template', () => {
  it.each(CONTEXTS.map(context => [context]))('names no account and no region: %j', context => {
    const template = JSON.stringify(synthesize(context).toJSON());
    expect(template).not.toMatch(/\b\d{12}\b/);
    expect(template).not.toMatch(
      /\b(us|eu|ap|sa|ca|me|af|il|mx|cn)-(north|south|east|west|central)[a-z]*-\d\b/,
    );
    const stack = createStack(createApp(context));
    expect([stack.account, stack.region].every(Token.isUnresolved)).toBe(true);
  });

  it('imports nothing from another stack and exports nothing', () => {
    const template = JSON.stringify(synthesize().toJSON());
    expect(template).not.toContain('Fn::ImportValue');
    expect(template).not.toContain('"Export"');
  });

  it('has no resource but those of the product', () => {
    const { Resources }: Record<string, Record<string, { Type: string }>> = synthesize().toJSON();
    const types = Object.values(Resources ?? {}).map(({ Type }) => Type);
    expect(types.filter(type => /^(Custom::|AWS::CloudFormation::CustomResource)/.test(type))).toEqual([]);
  });
});

describe('two stages', () => {
  /** Names that are given instead of made up by CloudFormation: of these an account and region has one each. */
  const named = (stage: string): string[] => {
    const {
      Resources,
    }: Record<string, Record<string, { Properties?: Record<string, unknown> }>> = synthesize({
      stage,
    }).toJSON();
    return Object.values(Resources ?? {}).flatMap(({ Properties = {} }) =>
      Object.entries(Properties)
        // An inline policy is named within its role, a metric within its namespace, `$default` within its API.
        .filter(([name]) => /^(Name|\w+Name)$/.test(name) && !/^(Policy|Metric|Stage)Name$/.test(name))
        .flatMap(([name, value]) => (typeof value === 'string' ? [`${name} ${value}`] : [])),
    );
  };

  it('live in one account: no name is in both', () => {
    expect(named('prod').filter(name => named('dev').includes(name))).toEqual([]);
    expect(named('prod')).toEqual(
      expect.arrayContaining(['Name pm-tuning-prod', 'DashboardName pm-tuning-prod']),
    );
  });

  it('keep their metrics apart', () => {
    const namespaces = (stage: string) => {
      const filters = resources(synthesize({ stage }), 'AWS::Logs::MetricFilter');
      return [...filters.values()].flatMap(({ Properties: { MetricTransformations } }) =>
        Array.isArray(MetricTransformations)
          ? MetricTransformations.map(({ MetricNamespace }) => String(MetricNamespace))
          : [],
      );
    };
    expect(new Set(namespaces('dev'))).toEqual(new Set(['PmTuning/dev']));
    expect(new Set(namespaces('prod'))).toEqual(new Set(['PmTuning/prod']));
  });

  it('differ in what is kept and how much they take', () => {
    const of = (stage: string) => {
      const stack = createStack(createApp({ stage }));
      const throttle = resources(synthesize({ stage }), 'AWS::ApiGatewayV2::Stage').get('ApiStage');
      return [
        stack.stackName,
        stack.terminationProtection,
        Object.values(throttle?.Properties.DefaultRouteSettings ?? {}),
      ];
    };
    expect(of('dev')).toEqual(['PmTuning-dev', false, [100, 50]]);
    expect(of('prod')).toEqual(['PmTuning-prod', true, [1000, 500]]);
  });

  it('are tagged with the product and the stage', () => {
    expect(createStack(createApp({ stage: 'prod' })).tags.tagValues()).toEqual({
      product: 'pm-tuning',
      stage: 'prod',
    });
  });
});
