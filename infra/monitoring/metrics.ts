import { Duration } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  FilterPattern,
  type IFilterPattern,
  type ILogGroup,
  type JsonPattern,
  MetricFilter,
} from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CYCLE_CLOSED_MESSAGE, DEGRADED_LOOKUP_MESSAGE } from '../../shared/log-messages.ts';
import type { Stage } from '../stage.ts';

/** Maps fields of the log line that closes a run to the names of their metrics. */
export const CYCLE_METRICS = {
  runs_finished: 'RunsFinished',
  events_read: 'EventsRead',
  lessons: 'Lessons',
  overrides: 'Overrides',
  patterns_changed: 'PatternsChanged',
  patterns_cut: 'PatternsCut',
  patterns_failed: 'PatternsFailed',
  patterns_waiting: 'PatternsWaiting',
  patterns_harmful: 'PatternsHarmful',
  warnings: 'Warnings',
  generation_age_minutes: 'GenerationAgeMinutes',
} as const;

export type CycleMetricField = keyof typeof CYCLE_METRICS;

export interface LogMetrics {
  readonly cycle: Readonly<Record<CycleMetricField, Metric>>;
  /** Patterns whose steps failed after their retries, as the state machine logs them. */
  readonly failedPatterns: Metric;
  /** Accepted requests `POST /v1/events`. */
  readonly eventPosts: Metric;
  /** Accepted requests `POST /v1/outcomes`. */
  readonly outcomePosts: Metric;
  /** Requests that the API refused for their caller: 401 and 403. */
  readonly refusedCallers: Metric;
  /** Requests beyond the limit of their route: 429. */
  readonly throttledCallers: Metric;
  /** Changes of modes, settings and generations that an operator made. */
  readonly operatorChanges: Metric;
  /** Look-ups that could not read what is in force and answered neutral. */
  readonly degradedLookups: Metric;
}

export interface MetricLogs {
  readonly cycleClose: ILogGroup;
  readonly cycle: ILogGroup;
  readonly api: ILogGroup;
  readonly lookup: ILogGroup;
}

/**
 * Creates metric filters over the logs. Functions therefore call no metrics API and wait for none. A crash loses no
 * metric that was logged.
 */
export function createLogMetrics(scope: Construct, stage: Stage, logs: MetricLogs): LogMetrics {
  const count = (id: string, logGroup: ILogGroup, ...fields: readonly Field[]) =>
    filter(scope, stage, id, logGroup, '1', all(fields));
  const cycleMetric = (field: CycleMetricField) =>
    filter(
      scope,
      stage,
      CYCLE_METRICS[field],
      logs.cycleClose,
      `$.${field}`,
      all([['$.message', CYCLE_CLOSED_MESSAGE]]),
    );
  return {
    cycle: {
      runs_finished: cycleMetric('runs_finished'),
      events_read: cycleMetric('events_read'),
      lessons: cycleMetric('lessons'),
      overrides: cycleMetric('overrides'),
      patterns_changed: cycleMetric('patterns_changed'),
      patterns_cut: cycleMetric('patterns_cut'),
      patterns_failed: cycleMetric('patterns_failed'),
      patterns_waiting: cycleMetric('patterns_waiting'),
      patterns_harmful: cycleMetric('patterns_harmful'),
      warnings: cycleMetric('warnings'),
      generation_age_minutes: cycleMetric('generation_age_minutes'),
    },
    // A pattern whose steps failed ends in the state `PatternFailed` of cycle.asl.json.
    failedPatterns: count(
      'FailedPatterns',
      logs.cycle,
      ['$.type', 'PassStateEntered'],
      ['$.details.name', 'PatternFailed'],
    ),
    eventPosts: count('EventPosts', logs.api, ['$.route', 'POST /v1/events'], ['$.status', '2*']),
    outcomePosts: count('OutcomePosts', logs.api, ['$.route', 'POST /v1/outcomes'], ['$.status', '2*']),
    refusedCallers: filter(
      scope,
      stage,
      'RefusedCallers',
      logs.api,
      '1',
      any([
        ['$.status', '401'],
        ['$.status', '403'],
      ]),
    ),
    throttledCallers: count('ThrottledCallers', logs.api, ['$.status', '429']),
    // Every PUT changes something, and so does every POST to a pattern. A run that publishes is in the list of changes.
    operatorChanges: filter(
      scope,
      stage,
      'OperatorChanges',
      logs.api,
      '1',
      FilterPattern.all(
        any([
          ['$.route', 'PUT /v1/*'],
          ['$.route', 'POST /v1/patterns/*'],
        ]),
        all([['$.status', '2*']]),
      ),
    ),
    degradedLookups: count('DegradedLookups', logs.lookup, ['$.message', DEGRADED_LOOKUP_MESSAGE]),
  };
}

/** A field of a log line, and its value; `*` stands for any text. */
type Field = readonly [field: string, value: string];

const patternsOf = (fields: readonly Field[]): JsonPattern[] =>
  fields.map(([field, value]) => FilterPattern.stringValue(field, '=', value));
const all = (fields: readonly Field[]): JsonPattern => FilterPattern.all(...patternsOf(fields));
const any = (fields: readonly Field[]): JsonPattern => FilterPattern.any(...patternsOf(fields));

/**
 * Creates a metric filter and returns its metric, summed over 5 minutes.
 * @param metricValue `1`, or the field of the log line that holds the value
 */
function filter(
  scope: Construct,
  stage: Stage,
  metricName: string,
  logGroup: ILogGroup,
  metricValue: string,
  filterPattern: IFilterPattern,
): Metric {
  const metricFilter = new MetricFilter(scope, `${metricName}Filter`, {
    logGroup,
    filterPattern,
    metricNamespace: `PmTuning/${stage.name}`,
    metricName,
    metricValue,
  });
  return metricFilter.metric({ statistic: 'Sum', period: Duration.minutes(5) });
}
