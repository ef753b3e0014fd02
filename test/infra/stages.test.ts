import { describe, expect, it } from 'vitest';
import { createApp, createStack, resources, synthesize } from './synth.ts';

describe('stages', () => {
  /** Returns the fixed names of resources, which must be unique within an account and region. */
  const fixedNames = (stage: string): string[] => {
    const {
      Resources,
    }: Record<string, Record<string, { Properties?: Record<string, unknown> }>> = synthesize({
      stage,
    }).toJSON();
    return Object.values(Resources ?? {}).flatMap(({ Properties = {} }) =>
      Object.entries(Properties)
        // The name of an inline policy belongs to its role, that of a metric to its namespace, `$default` to its API.
        .filter(([name]) => /^(Name|\w+Name)$/.test(name) && !/^(Policy|Metric|Stage)Name$/.test(name))
        .flatMap(([name, value]) => (typeof value === 'string' ? [`${name} ${value}`] : [])),
    );
  };

  it('Two stages can share an account: no name occurs in both', () => {
    expect(fixedNames('prod').filter(name => fixedNames('dev').includes(name))).toEqual([]);
    expect(fixedNames('prod')).toEqual(
      expect.arrayContaining(['Name pm-tuning-prod', 'DashboardName pm-tuning-prod']),
    );
  });

  it('Two stages have metrics in different namespaces', () => {
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

  it('Stages differ in termination protection and throttling', () => {
    const settingsOf = (stage: string) => {
      const stack = createStack(createApp({ stage }));
      const throttle = resources(synthesize({ stage }), 'AWS::ApiGatewayV2::Stage').get('ApiStage');
      return [
        stack.stackName,
        stack.terminationProtection,
        Object.values(throttle?.Properties.DefaultRouteSettings ?? {}),
      ];
    };
    expect(settingsOf('dev')).toEqual(['PmTuning-dev', false, [100, 50]]);
    expect(settingsOf('prod')).toEqual(['PmTuning-prod', true, [1000, 500]]);
  });

  it('[A8] Concurrency is reserved for look-ups and operators only where the context says so', () => {
    const reserved = (context: Record<string, string> = {}) =>
      [...resources(synthesize(context), 'AWS::Lambda::Function')].flatMap(([name, { Properties }]) =>
        Properties.ReservedConcurrentExecutions === undefined
          ? []
          : [[name, Properties.ReservedConcurrentExecutions]],
      );
    expect(reserved()).toEqual([]);
    expect(reserved({ stage: 'prod' })).toEqual([]);
    expect(
      new Map(reserved({ lookupConcurrency: '50', operateConcurrency: '5' }) as [string, number][]),
    ).toEqual(
      new Map([
        ['LookupFunction', 50],
        ['OperateFunction', 5],
      ]),
    );
    for (const value of ['0', '-1', 'many', '10000'])
      expect(() => synthesize({ lookupConcurrency: value })).toThrow('context lookupConcurrency');
  });

  it('The resources of a stage are tagged with product and stage', () => {
    expect(createStack(createApp({ stage: 'prod' })).tags.tagValues()).toEqual({
      product: 'pm-tuning',
      stage: 'prod',
    });
  });
});
