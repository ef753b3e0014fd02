import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nameOf, type Resource, resources, synthesize, text } from './synth.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const [alarmSections = ''] = runbook.split(/^# Health reasons$/m);
/** Sections of alarms; the title of another section is no name of an alarm, because it has a space. */
const sections = new Set([...alarmSections.matchAll(/^## (\S+)$/gm)].map(match => match[1]));

function alarms(stage = 'dev', context: Readonly<Record<string, string>> = {}): Map<string, Resource> {
  const template = synthesize({ stage, ...context });
  const all = [
    ...resources(template, 'AWS::CloudWatch::Alarm'),
    ...resources(template, 'AWS::CloudWatch::CompositeAlarm'),
  ];
  return new Map(all.filter(([name]) => name.endsWith('Alarm')));
}

const alarm = (name: string): Record<string, unknown> => alarms().get(name)?.Properties ?? {};
const condition = (name: string): Record<string, unknown> =>
  resources(synthesize(), 'AWS::CloudWatch::Alarm').get(`${name}Condition`)?.Properties ?? {};
const filters = () => resources(synthesize(), 'AWS::Logs::MetricFilter');
/** Returns dimensions with references replaced by names. */
const dimensions = (value: unknown): Record<string, string> =>
  Object.fromEntries(Array.isArray(value) ? value.map(({ Name, Value }) => [Name, text(Value)]) : []);

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Period: number;
    readonly Metric: { readonly MetricName: string; readonly Dimensions: unknown };
  };
}
const queries = ({ Metrics }: Record<string, unknown>): Query[] => (Array.isArray(Metrics) ? Metrics : []);
const expressionOf = (properties: Record<string, unknown>) =>
  queries(properties).find(query => query.Expression !== undefined && query.ReturnData !== false)?.Expression;
/** Returns id, metric, statistic, period and dimensions of each metric in a math expression. */
const metricsIn = (properties: Record<string, unknown>) =>
  queries(properties).flatMap(({ Id, MetricStat: stat }) =>
    stat ? [[Id, stat.Metric.MetricName, stat.Stat, stat.Period, dimensions(stat.Metric.Dimensions)]] : [],
  );

describe('alarms', () => {
  it('The stack has exactly the 21 expected alarms', () => {
    expect([...alarms().keys()].sort()).toEqual([
      'Api5xxAlarm',
      'CutSlicesAlarm',
      'DeadLetterAlarm',
      'DegradedLookupsAlarm',
      'FailedCycleAlarm',
      'FailedPatternAlarm',
      'GuardHarmfulAlarm',
      'IngestionStoppedAlarm',
      'NoFinishedCycleAlarm',
      'NothingReadAlarm',
      'OperatorChangeAlarm',
      'OutcomesStoppedAlarm',
      'OutcomesWaitAlarm',
      'RefusedCallersAlarm',
      'SlowLookupAlarm',
      'ThrottledCallersAlarm',
      'ThrottledControlAlarm',
      'ThrottledEventsAlarm',
      'ThrottledLessonsAlarm',
      'ThrottledOverridesAlarm',
      'WarningsAlarm',
    ]);
  });

  it('[M1] Two hours without a finished run raise an alarm, also where the metric has no data', () => {
    const properties = alarm('NoFinishedCycleAlarm');
    expect(properties).toMatchObject({
      EvaluationPeriods: 24,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      // After a first deployment the metric has no value at all, so FILL has nothing to fill.
      TreatMissingData: 'breaching',
    });
    expect(properties).not.toHaveProperty('DatapointsToAlarm');
    expect(expressionOf(properties)).toBe('FILL(finished, 0)');
    expect(metricsIn(properties)).toEqual([
      // A trial is an execution too, so executions that succeeded would hide a schedule that stopped.
      ['finished', 'RunsFinished', 'Sum', 300, {}],
    ]);
  });

  it('A run that failed, timed out or was stopped raises an alarm, also where other metrics have no data', () => {
    const properties = alarm('FailedCycleAlarm');
    expect(properties).toMatchObject({
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(expressionOf(properties)).toBe('SUM([FILL(failed, 0), FILL(timedOut, 0), FILL(aborted, 0)])');
    const machine = { StateMachineArn: 'Cycle' };
    expect(metricsIn(properties)).toEqual([
      ['failed', 'ExecutionsFailed', 'Sum', 300, machine],
      ['timedOut', 'ExecutionsTimedOut', 'Sum', 300, machine],
      ['aborted', 'ExecutionsAborted', 'Sum', 300, machine],
    ]);
  });

  it('A message in the dead-letter queue of the schedule raises an alarm', () => {
    expect(alarm('DeadLetterAlarm')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    expect(dimensions(alarm('DeadLetterAlarm').Dimensions)).toEqual({ QueueName: 'ScheduleDeadLetters' });
  });

  it('Warnings of a run raise an alarm, which only a run without warnings ends', () => {
    expect(alarm('WarningsAlarm')).toMatchObject({
      MetricName: 'Warnings',
      Statistic: 'Sum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    });
  });

  it('A look-up that answered neutral raises an alarm within five minutes', () => {
    expect(alarm('DegradedLookupsAlarm')).toMatchObject({
      MetricName: 'DegradedLookups',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
  });

  it('Server errors of the API raise an alarm', () => {
    expect(alarm('Api5xxAlarm')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Threshold: 5,
    });
    expect(dimensions(alarm('Api5xxAlarm').Dimensions)).toEqual({ ApiId: 'Api', Stage: '$default' });
  });

  it('Slow look-ups raise an alarm by the 99th percentile of their duration', () => {
    expect(alarm('SlowLookupAlarm')).toMatchObject({ MetricName: 'Duration', ExtendedStatistic: 'p99' });
    expect(dimensions(alarm('SlowLookupAlarm').Dimensions)).toEqual({ FunctionName: 'LookupFunction' });
  });

  it.each(['Events', 'Lessons', 'Overrides', 'Control'])(
    'Throttling of the table %s or its index raises an alarm',
    name => {
      const properties = alarm(`Throttled${name}Alarm`);
      const throttleMetrics = metricsIn(properties).map(([, metric, , , dimensions]) => [metric, dimensions]);
      for (const [id] of metricsIn(properties)) expect(expressionOf(properties)).toContain(`FILL(${id}, 0)`);
      expect(expressionOf(properties)).toMatch(/^SUM\(\[.*\]\)$/);
      const table = { TableName: `${name}Table` };
      const index = { ...table, GlobalSecondaryIndexName: 'outcomes' };
      expect(throttleMetrics).toEqual([
        ['ReadThrottleEvents', table],
        ['WriteThrottleEvents', table],
        ...(name === 'Events'
          ? [
              ['ReadThrottleEvents', index],
              ['WriteThrottleEvents', index],
            ]
          : []),
      ]);
    },
  );

  it('A pattern that failed in the state machine or in the record of its run raises an alarm', () => {
    const properties = alarm('FailedPatternAlarm');
    expect(properties).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(expressionOf(properties)).toBe('MAX([FILL(entered, 0), FILL(closed, 0)])');
    expect(metricsIn(properties)).toEqual([
      ['entered', 'FailedPatterns', 'Sum', 300, {}],
      ['closed', 'PatternsFailed', 'Sum', 300, {}],
    ]);
    const filter = filters().get('FailedPatternsFilter')?.Properties ?? {};
    expect(filter.MetricTransformations).toMatchObject([
      { MetricName: 'FailedPatterns', MetricNamespace: 'PmTuning/dev', MetricValue: '1' },
    ]);
    expect(text(filter.LogGroupName)).toBe('CycleLogs');
    expect(filter.FilterPattern).toBe(
      '{ ($.type = "PassStateEntered") && ($.details.name = "PatternFailed") }',
    );
  });

  it.each([
    ['IngestionStoppedAlarm', ['EventsFlowedCondition', 'EventsQuietCondition']],
    ['OutcomesStoppedAlarm', ['EventsFlowCondition', 'OutcomesFlowedCondition', 'OutcomesQuietCondition']],
    ['NothingReadAlarm', ['OutcomesFlowCondition', 'NothingReadCondition']],
  ])(
    'The composite alarm %s requires all its conditions, and one of them is earlier traffic',
    (name, conditions) => {
      const rule = JSON.stringify(alarm(name).AlarmRule);
      const conditionNames = [...rule.matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/g)].map(match =>
        nameOf(match[1] ?? ''),
      );
      expect(conditionNames).toEqual(conditions);
      expect(rule).toContain(' AND ');
      expect(rule).not.toContain('NOT');
    },
  );

  it.each([
    ['EventsFlowed', 'EventPosts', 86_400, 7],
    ['EventsFlow', 'EventPosts', 86_400, 1],
    ['OutcomesFlowed', 'OutcomePosts', 86_400, 7],
    ['OutcomesFlow', 'OutcomePosts', 86_400, 1],
  ])(
    'The condition %s is in alarm when one of its periods had traffic, and missing data counts as no traffic',
    (name, metric, period, periods) => {
      expect(condition(name)).toMatchObject({
        MetricName: metric,
        Statistic: 'Sum',
        Period: period,
        EvaluationPeriods: periods,
        DatapointsToAlarm: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      });
    },
  );

  it.each([
    ['EventsQuiet', 'EventPosts', 3],
    ['OutcomesQuiet', 'OutcomePosts', 24],
    ['NothingRead', 'EventsRead', 3],
  ])(
    'The condition %s is in alarm when none of its hours had traffic, and missing data counts as no traffic',
    (name, metric, hours) => {
      expect(condition(name)).toMatchObject({
        MetricName: metric,
        Statistic: 'Sum',
        Period: 3600,
        EvaluationPeriods: hours,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      });
      expect(condition(name)).not.toHaveProperty('DatapointsToAlarm');
    },
  );

  it('A condition of a composite alarm notifies no topic', () => {
    const all = [...resources(synthesize(), 'AWS::CloudWatch::Alarm')];
    const conditions = all.filter(([name]) => !name.endsWith('Alarm'));
    expect(conditions).toHaveLength(7);
    for (const [name, { Properties }] of conditions)
      expect(Properties, name).not.toHaveProperty('AlarmActions');
  });

  it('No alarm looks back further than CloudWatch allows: one day, or seven with periods of an hour or more', () => {
    for (const { Properties } of resources(synthesize(), 'AWS::CloudWatch::Alarm').values()) {
      const period = Number(Properties.Period ?? metricsIn(Properties)[0]?.[3]);
      const seconds = period * Number(Properties.EvaluationPeriods);
      expect(seconds).toBeLessThanOrEqual(period < 3600 ? 86_400 : 7 * 86_400);
    }
  });
});

/** A stage with every alarm. */
const all = () => alarms('dev', { notificationParameter: '/pm-tuning/dev/notify' });

describe('every alarm', () => {
  it('Every alarm notifies the topic when it starts and when it ends', () => {
    for (const [name, { Properties }] of all()) {
      expect([Properties.AlarmActions].flat().map(text), name).toEqual(['AlarmTopic']);
      expect([Properties.OKActions].flat().map(text), name).toEqual(['AlarmTopic']);
    }
  });

  it('[M2] Every alarm describes the first action and links to its section of the runbook', () => {
    for (const [name, { Properties }] of all()) {
      const description = text(Properties.AlarmDescription);
      expect(description, name).toMatch(/\. First: .{20,}\. Runbook: docs\/runbook\.md#[a-z0-9-]+$/);
      expect(sections, name).toContain(description.replace(/^.*#/, ''));
    }
  });

  it('Every alarm has a section in the runbook, and every section has an alarm', () => {
    const linkedSections = [...all().values()].map(({ Properties }) =>
      text(Properties.AlarmDescription).replace(/^.*#/, ''),
    );
    expect([...sections].sort()).toEqual(linkedSections.sort());
  });

  it('Every alarm has its stage in its name, and no name or rule occurs in two stages', () => {
    const names = (stage: string) =>
      [...alarms(stage).values()].map(({ Properties }) => Properties.AlarmName ?? Properties.AlarmRule);
    for (const { Properties } of alarms('prod').values())
      expect(text(Properties.AlarmName)).toMatch(/^pm-tuning-prod-/);
    expect(names('dev').filter(name => names('prod').includes(name))).toEqual([]);
  });
});
