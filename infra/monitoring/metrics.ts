import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** The line that closes a run, and the figures in it. The function logs exactly these names. */
export const CYCLE_CLOSED = 'cycle closed';
export const LEARNING = {
  events_read: 'EventsRead',
  lessons: 'Lessons',
  overrides: 'Overrides',
  patterns_changed: 'PatternsChanged',
  patterns_cut: 'PatternsCut',
  patterns_failed: 'PatternsFailed',
  generation_age_minutes: 'GenerationAgeMinutes',
} as const;

export type LearningField = keyof typeof LEARNING;

export const LEARNING_FIELDS = Object.keys(LEARNING).filter((name): name is LearningField =>
  Object.hasOwn(LEARNING, name),
);

export interface LogMetrics {
  readonly learning: Readonly<Record<LearningField, Metric>>;
  readonly failedPatterns: Metric;
  readonly eventPosts: Metric;
  readonly outcomePosts: Metric;
}

/** Metrics made of log lines: no call in the functions, nothing to wait for, nothing lost when one crashes. */
export function createLogMetrics(
  scope: Construct,
  stage: Stage,
  logs: { readonly cycleClose: ILogGroup; readonly cycle: ILogGroup; readonly api: ILogGroup },
): LogMetrics {
  const count = (id: string, logGroup: ILogGroup, ...fields: readonly (readonly [string, string])[]) =>
    filter(scope, stage, id, logGroup, '1', fields);
  const figure = (field: LearningField) =>
    filter(scope, stage, LEARNING[field], logs.cycleClose, `$.${field}`, [['$.message', CYCLE_CLOSED]]);
  return {
    learning: {
      events_read: figure('events_read'),
      lessons: figure('lessons'),
      overrides: figure('overrides'),
      patterns_changed: figure('patterns_changed'),
      patterns_cut: figure('patterns_cut'),
      patterns_failed: figure('patterns_failed'),
      generation_age_minutes: figure('generation_age_minutes'),
    },
    // The state that a pattern ends in when its steps failed after their retries.
    failedPatterns: count(
      'FailedPatterns',
      logs.cycle,
      ['$.type', 'PassStateEntered'],
      ['$.details.name', 'PatternFailed'],
    ),
    eventPosts: count('EventPosts', logs.api, ['$.route', 'POST /v1/events'], ['$.status', '2*']),
    outcomePosts: count('OutcomePosts', logs.api, ['$.route', 'POST /v1/outcomes'], ['$.status', '2*']),
  };
}

function filter(
  scope: Construct,
  stage: Stage,
  metricName: string,
  logGroup: ILogGroup,
  metricValue: string,
  fields: readonly (readonly [string, string])[],
): Metric {
  const patterns = fields.map(([field, value]) => FilterPattern.stringValue(field, '=', value));
  const made = new MetricFilter(scope, `${metricName}Filter`, {
    logGroup,
    filterPattern: FilterPattern.all(...patterns),
    metricNamespace: `PmTuning/${stage.name}`,
    metricName,
    metricValue,
  });
  return made.metric({ statistic: 'Sum', period: Duration.minutes(5) });
}
