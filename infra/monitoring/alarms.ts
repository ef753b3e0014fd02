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
  /** The poller, and the notifications that no attempt delivered; undefined in a stage without targets. */
  readonly notifications: { readonly poller: IFunction; readonly undelivered: Queue } | undefined;
}

const FIVE_MINUTES = Duration.minutes(5);
/** Number of five-minute periods in two hours, after which the lack of a successful run is an alarm. */
const PERIODS_IN_TWO_HOURS = 24;
/** Server errors in five minutes that start the alarm. */
const API_ERRORS = 5;
/** Requests in five minutes that were refused for their caller, and beyond a limit, that start an alarm. */
const REFUSED_CALLERS = 20;
const THROTTLED_CALLERS = 10;
/**
 * Duration of a slow look-up, milliseconds. A warm look-up takes a few, the first one of a container about ten more.
 * The metric excludes the start of the container.
 */
const LOOKUP_P99_MS = 300;

/** Creates all alarms on one topic. */
export function createAlarms(
  scope: Construct,
  stage: Stage,
  topic: Topic,
  resources: MonitoredResources,
): AlarmBase[] {
  const specs = [...runAlarms(resources), ...apiAlarms(resources), ...notificationAlarms(resources)];
  return [
    ...specs.map(spec => createAlarm(scope, stage, topic, spec)),
    ...createThrottleAlarms(scope, stage, topic, resources.tables),
    ...createStalledFlowAlarms(scope, stage, topic, resources.metrics),
  ];
}

const above = (threshold: number) => ({ comparison: ComparisonOperator.GREATER_THAN_THRESHOLD, threshold });

function runAlarms({ machine, deadLetters, metrics }: MonitoredResources): MetricAlarmSpec[] {
  return [
    {
      name: 'no-finished-cycle',
      description: 'No tuning run has succeeded for 2 hours, so overrides are no longer updated',
      firstAction: 'open the newest execution of the state machine and read the state it ended in',
      metric: finishedRuns(metrics),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      periods: PERIODS_IN_TWO_HOURS,
      missingData: TreatMissingData.BREACHING,
    },
    {
      name: 'failed-cycle',
      description: 'A tuning run failed, timed out or was stopped',
      firstAction: 'open the failed execution and read its error',
      metric: failedExecutions(machine),
      ...above(0),
    },
    {
      name: 'failed-pattern',
      description: 'A pattern could not be tuned; its last generation stays in force',
      firstAction: 'call GET /v1/cycles and read the reason of the failed pattern',
      metric: failedPatterns(metrics),
      ...above(0),
    },
    {
      name: 'warnings',
      description: 'A tuning run found something that an operator should look at',
      firstAction: 'call GET /v1/status and read its warnings; each says what to do',
      metric: metrics.cycle.warnings,
      ...above(0),
      // The state changes only with a run. Otherwise a lasting warning would notify every hour.
      missingData: TreatMissingData.IGNORE,
    },
    {
      name: 'guard-harmful',
      description: 'What is in force for a pattern is proven worse than the base thresholds',
      firstAction: 'run pm-tuning guard PATTERN for the pattern that GET /v1/status names',
      metric: metrics.cycle.patterns_harmful,
      ...above(0),
      missingData: TreatMissingData.IGNORE,
    },
    {
      name: 'cut-slices',
      description: 'A budget left out slices of a pattern, so some overrides may be missing',
      firstAction: 'call GET /v1/cycles/ID of the last run and read the field cut of its patterns',
      metric: metrics.cycle.patterns_cut,
      ...above(0),
      missingData: TreatMissingData.IGNORE,
    },
    {
      name: 'outcomes-wait',
      description: 'Outcomes wait for events that never came, and no other outcome found its event since',
      firstAction:
        'compare episode_id and pattern_key of the outcomes in GET /v1/parked with those of the events',
      metric: metrics.cycle.patterns_waiting,
      ...above(0),
      missingData: TreatMissingData.IGNORE,
    },
    {
      name: 'dead-letter',
      description: 'The schedule could not start a tuning run',
      firstAction: 'read the message in the dead-letter queue; its attributes contain the error',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      ...above(0),
    },
  ];
}

function notificationAlarms({ notifications }: MonitoredResources): MetricAlarmSpec[] {
  if (!notifications) return [];
  const { poller, undelivered } = notifications;
  return [
    {
      name: 'undelivered-notification',
      description: 'A target took a notification in none of six attempts',
      firstAction: 'run pm-tuning notify test TARGET for the target that the message names',
      metric: undelivered.metricApproximateNumberOfMessagesVisible({
        period: FIVE_MINUTES,
        statistic: 'Maximum',
      }),
      ...above(0),
    },
    {
      name: 'notification-poll',
      description: 'The search for events to notify of has failed for 15 minutes',
      firstAction: 'search the log of the function NotifyPoll for its error',
      metric: poller.metricErrors({ period: FIVE_MINUTES, statistic: 'Sum' }),
      ...above(0),
      periods: 3,
    },
  ];
}

function apiAlarms({ apiStage, lookup, metrics }: MonitoredResources): MetricAlarmSpec[] {
  return [
    {
      name: 'api-5xx',
      description: `The API answered ${API_ERRORS} or more requests with a server error in 5 minutes`,
      firstAction: 'find the route in the access log, then search the log of its function for the request id',
      metric: apiStage.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }),
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: API_ERRORS,
    },
    {
      name: 'refused-callers',
      description: `The API refused ${REFUSED_CALLERS} or more requests for their caller in 5 minutes (401, 403)`,
      firstAction: 'find caller, address and route of the requests in the access log',
      metric: metrics.refusedCallers,
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: REFUSED_CALLERS,
    },
    {
      name: 'throttled-callers',
      description: `${THROTTLED_CALLERS} or more requests exceeded the limit of their route in 5 minutes (429)`,
      firstAction: 'find the route and the caller in the access log',
      metric: metrics.throttledCallers,
      comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: THROTTLED_CALLERS,
    },
    {
      name: 'operator-change',
      description: 'An operator changed a mode, a setting or a generation',
      firstAction: 'call GET /v1/changes and read who changed what, and why',
      metric: metrics.operatorChanges,
      ...above(0),
    },
    {
      name: 'slow-lookup',
      description: `1 look-up in 100 has taken longer than ${LOOKUP_P99_MS} ms for 15 minutes`,
      firstAction: 'check on the dashboard whether the median (p50) rose too, or only p99',
      metric: lookup.metricDuration({ period: FIVE_MINUTES, statistic: 'p99' }),
      ...above(LOOKUP_P99_MS),
      periods: 3,
    },
    {
      name: 'degraded-lookups',
      description: 'Look-ups could not read the overrides in force and answered neutral',
      firstAction: 'search the log of the look-up function for its error',
      metric: metrics.degradedLookups,
      ...above(0),
    },
  ];
}

/**
 * Counts runs that closed without failing, trials excluded, with 0 for a period without data. So the alarm starts after exactly 24 such periods; without
 * the 0, CloudWatch would evaluate older data points first. A metric that never had a value has no data at all, which
 * the alarm treats as breaching.
 */
function finishedRuns({ cycle }: LogMetrics): IMetric {
  return new MathExpression({
    expression: 'FILL(finished, 0)',
    label: 'Finished runs',
    period: FIVE_MINUTES,
    usingMetrics: { finished: cycle.runs_finished },
  });
}

/**
 * Counts failed patterns twice, in the log of the state machine and in the closing line of the run, and takes the
 * larger count.
 */
function failedPatterns({ failedPatterns, cycle }: LogMetrics): IMetric {
  return new MathExpression({
    expression: 'MAX([FILL(entered, 0), FILL(closed, 0)])',
    label: 'Failed patterns',
    period: FIVE_MINUTES,
    usingMetrics: { entered: failedPatterns, closed: cycle.patterns_failed },
  });
}

/** Counts failed runs. `FILL` is needed because a sum of metrics has no value where one of them has none. */
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
