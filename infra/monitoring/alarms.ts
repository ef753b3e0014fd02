import { Duration } from 'aws-cdk-lib';
import type { HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  type AlarmBase,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import type { Tables } from '../tables.ts';
import { createAlarm, type MetricAlarmSpec } from './alarm.ts';
import type { LogMetrics } from './metrics.ts';
import { createStalledFlowAlarms } from './stalled-flow-alarms.ts';
import { createThrottleAlarms } from './throttle-alarms.ts';

export interface MonitoredResources {
  readonly machine: StateMachine;
  readonly deadLetters: Queue;
  readonly apiStage: HttpStage;
  readonly lookup: IFunction;
  readonly tables: Tables;
  readonly metrics: LogMetrics;
}

const FIVE_MINUTES = Duration.minutes(5);
const { GREATER_THAN_THRESHOLD, LESS_THAN_THRESHOLD } = ComparisonOperator;
/** Five-minute periods in the two hours after which a missing run is an alarm. */
const TWO_HOURS = 24;
const API_ERRORS = 5;
/** A warm look-up takes a few milliseconds, the first of a new container some ten more, its start not counted. */
const LOOKUP_P99_MS = 300;

/** Every alarm, all on one topic. */
export function createAlarms(
  scope: Construct,
  stage: Stage,
  topic: Topic,
  watched: MonitoredResources,
): AlarmBase[] {
  return [
    ...specs(watched).map(spec => createAlarm(scope, stage, topic, spec)),
    ...createThrottleAlarms(scope, stage, topic, watched.tables),
    ...createStalledFlowAlarms(scope, stage, topic, watched.metrics),
  ];
}

function specs({ machine, deadLetters, apiStage, lookup, metrics }: MonitoredResources): MetricAlarmSpec[] {
  return [
    {
      name: 'no-finished-cycle',
      description: 'No tuning run has finished for 2 hours: overrides are no longer learned',
      firstAction: 'open the newest execution of the state machine and read the state it ended in',
      metric: finishedExecutions(machine),
      comparison: LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: TWO_HOURS,
      missingData: TreatMissingData.BREACHING,
    },
    {
      name: 'failed-cycle',
      description: 'A tuning run failed, was stopped or ran out of time',
      firstAction: 'open the execution that failed and read its error',
      metric: failedExecutions(machine),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
    },
    {
      name: 'failed-pattern',
      description: 'A pattern could not be tuned; it keeps its last generation',
      firstAction: 'GET /v1/cycles and read the reason of the pattern that failed',
      metric: failedPatterns(metrics),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
    },
    {
      name: 'dead-letter',
      description: 'The schedule could not start a run',
      firstAction: 'read the message in the dead-letter queue: its attributes carry the error',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
    },
    {
      name: 'api-5xx',
      description: `The API answered ${API_ERRORS} or more requests with a server error in 5 minutes`,
      firstAction: 'find the route in the access log, then its function in the logs by request id',
      metric: apiStage.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: API_ERRORS,
    },
    {
      name: 'slow-lookup',
      description: `1 look-up in 100 takes longer than ${LOOKUP_P99_MS} ms, for 15 minutes`,
      firstAction: 'compare cold starts, DynamoDB latency and the size of the generations on the dashboard',
      metric: lookup.metricDuration({ period: FIVE_MINUTES, statistic: 'p99' }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: LOOKUP_P99_MS,
      periods: 3,
    },
  ];
}

/**
 * A period without a run that finished counts as 0, which ends the alarm's patience after exactly 24 of them: where
 * CloudWatch itself fills gaps in, it first looks further back. A metric that never had a value stays missing as
 * a whole; the alarm takes that as breaching.
 */
function finishedExecutions(machine: StateMachine): IMetric {
  return new MathExpression({
    expression: 'FILL(succeeded, 0)',
    label: 'Finished runs',
    period: FIVE_MINUTES,
    usingMetrics: { succeeded: machine.metricSucceeded({ period: FIVE_MINUTES, statistic: 'Sum' }) },
  });
}

/** As the state machine logs them one by one, and as the record of the run counts them: either is enough. */
function failedPatterns({ failedPatterns, learning }: LogMetrics): IMetric {
  return new MathExpression({
    expression: 'MAX([FILL(entered, 0), FILL(closed, 0)])',
    label: 'Failed patterns',
    period: FIVE_MINUTES,
    usingMetrics: { entered: failedPatterns, closed: learning.patterns_failed },
  });
}

/** Summed over what there is: a plain `+` need not have a value where one of its terms has none. */
function failedExecutions(machine: StateMachine): IMetric {
  const options = { period: FIVE_MINUTES, statistic: 'Sum' };
  return new MathExpression({
    expression: 'SUM([FILL(failed, 0), FILL(timedOut, 0), FILL(aborted, 0)])',
    label: 'Failed runs',
    period: FIVE_MINUTES,
    usingMetrics: {
      failed: machine.metricFailed(options),
      timedOut: machine.metricTimedOut(options),
      aborted: machine.metricAborted(options),
    },
  });
}
