import { readFileSync } from 'node:fs';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CYCLE_CLOSED, LEARNING, LEARNING_FIELDS } from '../../infra/monitoring/metrics.ts';
import { jsonLog } from '../../shared/log.ts';
import { events, openApi } from '../support/api.ts';
import { createApp, createStack, nameOf, type Resource, resources, synthesize, text } from './synth.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const sections = new Set([...runbook.matchAll(/^## (.+)$/gm)].map(match => match[1]));

function alarms(stage = 'dev'): Map<string, Resource> {
  const template = synthesize({ stage });
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
/** Dimensions with references as names. */
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
/** Id, metric, statistic, period and dimensions of what a math expression is made of. */
const watchedBy = (properties: Record<string, unknown>) =>
  queries(properties).flatMap(({ Id, MetricStat: stat }) =>
    stat ? [[Id, stat.Metric.MetricName, stat.Stat, stat.Period, dimensions(stat.Metric.Dimensions)]] : [],
  );

describe('an alarm stands for', () => {
  it('every way to learn nothing or to answer nothing', () => {
    expect([...alarms().keys()].sort()).toEqual([
      'Api5xxAlarm',
      'DeadLetterAlarm',
      'FailedCycleAlarm',
      'FailedPatternAlarm',
      'IngestionStoppedAlarm',
      'NoFinishedCycleAlarm',
      'NothingReadAlarm',
      'OutcomesStoppedAlarm',
      'SlowLookupAlarm',
      'ThrottledControlAlarm',
      'ThrottledEventsAlarm',
      'ThrottledLessonsAlarm',
      'ThrottledOverridesAlarm',
    ]);
  });

  it('[M1] two hours in which no run of this state machine succeeded, silence included', () => {
    const properties = alarm('NoFinishedCycleAlarm');
    expect(properties).toMatchObject({
      EvaluationPeriods: 24,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      // Nothing was ever reported, as after a first deployment: then there is nothing to fill.
      TreatMissingData: 'breaching',
    });
    expect(properties).not.toHaveProperty('DatapointsToAlarm');
    expect(expressionOf(properties)).toBe('FILL(succeeded, 0)');
    expect(watchedBy(properties)).toEqual([
      ['succeeded', 'ExecutionsSucceeded', 'Sum', 300, { StateMachineArn: 'Cycle' }],
    ]);
  });

  it('a run that failed, ran out of time or was stopped, whatever else was reported', () => {
    const properties = alarm('FailedCycleAlarm');
    expect(properties).toMatchObject({
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(expressionOf(properties)).toBe('SUM([FILL(failed, 0), FILL(timedOut, 0), FILL(aborted, 0)])');
    const machine = { StateMachineArn: 'Cycle' };
    expect(watchedBy(properties)).toEqual([
      ['failed', 'ExecutionsFailed', 'Sum', 300, machine],
      ['timedOut', 'ExecutionsTimedOut', 'Sum', 300, machine],
      ['aborted', 'ExecutionsAborted', 'Sum', 300, machine],
    ]);
  });

  it('a message in the dead-letter queue of the schedule', () => {
    expect(alarm('DeadLetterAlarm')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    expect(dimensions(alarm('DeadLetterAlarm').Dimensions)).toEqual({ QueueName: 'ScheduleDeadLetters' });
  });

  it('server errors of this API', () => {
    expect(alarm('Api5xxAlarm')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Threshold: 5,
    });
    expect(dimensions(alarm('Api5xxAlarm').Dimensions)).toEqual({ ApiId: 'Api', Stage: '$default' });
  });

  it('slow look-ups, by the 99th percentile of their function', () => {
    expect(alarm('SlowLookupAlarm')).toMatchObject({ MetricName: 'Duration', ExtendedStatistic: 'p99' });
    expect(dimensions(alarm('SlowLookupAlarm').Dimensions)).toEqual({ FunctionName: 'LookupFunction' });
  });

  it.each(['Events', 'Lessons', 'Overrides', 'Control'])('throttling of the table %s', name => {
    const properties = alarm(`Throttled${name}Alarm`);
    const watched = watchedBy(properties).map(([, metric, , , of]) => [metric, of]);
    for (const [id] of watchedBy(properties)) expect(expressionOf(properties)).toContain(`FILL(${id}, 0)`);
    expect(expressionOf(properties)).toMatch(/^SUM\(\[.*\]\)$/);
    const table = { TableName: `${name}Table` };
    const index = { ...table, GlobalSecondaryIndexName: 'outcomes' };
    expect(watched).toEqual([
      ['ReadThrottleEvents', table],
      ['WriteThrottleEvents', table],
      ...(name === 'Events'
        ? [
            ['ReadThrottleEvents', index],
            ['WriteThrottleEvents', index],
          ]
        : []),
    ]);
  });

  it('a pattern that ended in the state for failed ones, or in the record of its run as failed', () => {
    const properties = alarm('FailedPatternAlarm');
    expect(properties).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(expressionOf(properties)).toBe('MAX([FILL(entered, 0), FILL(closed, 0)])');
    expect(watchedBy(properties)).toEqual([
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
  ])('a flow that was there and is not: %s', (name, conditions) => {
    const rule = JSON.stringify(alarm(name).AlarmRule);
    const named = [...rule.matchAll(/"Fn::GetAtt":\["(\w+)","Arn"\]/g)].map(match => nameOf(match[1] ?? ''));
    expect(named).toEqual(conditions);
    expect(rule).toContain(' AND ');
    expect(rule).not.toContain('NOT');
  });

  it.each([
    ['EventsFlowed', 'EventPosts', 86_400, 7],
    ['EventsFlow', 'EventPosts', 86_400, 1],
    ['OutcomesFlowed', 'OutcomePosts', 86_400, 7],
    ['OutcomesFlow', 'OutcomePosts', 86_400, 1],
  ])('%s: one value in all its periods is enough, and silence is none', (name, metric, period, periods) => {
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
  });

  it.each([
    ['EventsQuiet', 'EventPosts', 3],
    ['OutcomesQuiet', 'OutcomePosts', 24],
    ['NothingRead', 'EventsRead', 3],
  ])('%s: nothing in any of its hours, silence included', (name, metric, hours) => {
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
  });

  it('a condition notifies nobody by itself', () => {
    const all = [...resources(synthesize(), 'AWS::CloudWatch::Alarm')];
    const conditions = all.filter(([name]) => !name.endsWith('Alarm'));
    expect(conditions).toHaveLength(7);
    for (const [name, { Properties }] of conditions)
      expect(Properties, name).not.toHaveProperty('AlarmActions');
  });

  it('no alarm looks further back than CloudWatch does: a day, or seven by the hour', () => {
    for (const { Properties } of resources(synthesize(), 'AWS::CloudWatch::Alarm').values()) {
      const period = Number(Properties.Period ?? watchedBy(Properties)[0]?.[3]);
      const seconds = period * Number(Properties.EvaluationPeriods);
      expect(seconds).toBeLessThanOrEqual(period < 3600 ? 86_400 : 7 * 86_400);
    }
  });

  it.each([
    ['EventPosts', 'POST /v1/events'],
    ['OutcomePosts', 'POST /v1/outcomes'],
  ])('%s counts accepted requests of %s in the access log', (metric, route) => {
    const filter = filters().get(`${metric}Filter`)?.Properties ?? {};
    expect(filter.FilterPattern).toBe(`{ ($.route = "${route}") && ($.status = "2*") }`);
    expect(text(filter.LogGroupName)).toBe('ApiAccessLogs');
  });
});

describe('every alarm', () => {
  it('goes to the topic, when it starts and when it ends', () => {
    for (const [name, { Properties }] of alarms()) {
      expect([Properties.AlarmActions].flat().map(text), name).toEqual(['AlarmTopic']);
      expect([Properties.OKActions].flat().map(text), name).toEqual(['AlarmTopic']);
    }
  });

  it('[M2] says what to do first and where the runbook goes on', () => {
    for (const [name, { Properties }] of alarms()) {
      const description = text(Properties.AlarmDescription);
      expect(description, name).toMatch(/\. First: .{20,}\. Runbook: docs\/runbook\.md#[a-z0-9-]+$/);
      expect(sections, name).toContain(description.replace(/^.*#/, ''));
    }
  });

  it('has a section in the runbook, and no section is without one', () => {
    const named = [...alarms().values()].map(({ Properties }) =>
      text(Properties.AlarmDescription).replace(/^.*#/, ''),
    );
    expect([...sections].sort()).toEqual(named.sort());
  });

  it('is of its stage alone', () => {
    const names = (stage: string) =>
      [...alarms(stage).values()].map(({ Properties }) => Properties.AlarmName ?? Properties.AlarmRule);
    for (const { Properties } of alarms('prod').values())
      expect(text(Properties.AlarmName)).toMatch(/^pm-tuning-prod-/);
    expect(names('dev').filter(name => names('prod').includes(name))).toEqual([]);
  });
});

describe('the learning figures', () => {
  it('come from the line that closes a run, field by field', () => {
    for (const field of LEARNING_FIELDS) {
      const filter = filters().get(`${LEARNING[field]}Filter`)?.Properties ?? {};
      expect(text(filter.LogGroupName), field).toBe('CycleCloseLogs');
      expect(filter.FilterPattern, field).toBe('{ $.message = "cycle closed" }');
      expect(filter.MetricTransformations, field).toMatchObject([
        { MetricName: LEARNING[field], MetricNamespace: 'PmTuning/dev', MetricValue: `$.${field}` },
      ]);
    }
  });

  it('are what the function that closes a run logs', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = jsonLog('info', line => lines.push(JSON.parse(line)), Date.now);
    const api = await openApi({ log });
    await api.postEvents(events(40, 'e'));
    await api.cycle({ as_of: '2025-01-20T00:00:00Z' });
    await api.close();
    const closed = lines.find(line => line.message === CYCLE_CLOSED);
    expect(Object.keys(closed ?? {})).toEqual(expect.arrayContaining(LEARNING_FIELDS));
    expect(closed).toMatchObject({
      events_read: 40,
      lessons: 2,
      overrides: 4,
      patterns_changed: 1,
      patterns_failed: 0,
    });
  });
});

describe('the alarm topic', () => {
  it('lets CloudWatch of this account publish, and mails the addresses of the stage', () => {
    const template = synthesize({ alarmEmails: 'a@example.com,b@example.com' });
    const [policy] = resources(template, 'AWS::SNS::TopicPolicy').values();
    expect(policy?.Properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
        }),
      ]),
    });
    const mails = [...resources(template, 'AWS::SNS::Subscription').values()];
    expect(mails.map(({ Properties }) => [Properties.Protocol, Properties.Endpoint])).toEqual([
      ['email', 'a@example.com'],
      ['email', 'b@example.com'],
    ]);
    expect(mails.every(({ Properties }) => text(Properties.TopicArn) === 'AlarmTopic')).toBe(true);
  });

  it('of a stage that keeps data is warned about while nobody is told', () => {
    const warnings = (context: Record<string, string>) =>
      Annotations.fromStack(createStack(createApp(context)))
        .findWarning('*', Match.stringLikeRegexp('No address gets the alarms'))
        .map(({ id }) => id);
    expect(warnings({ stage: 'prod' })).toEqual(['/PmTuning-prod/AlarmTopic']);
    expect(warnings({ stage: 'prod', alarmEmails: 'oncall@example.com' })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });
});
