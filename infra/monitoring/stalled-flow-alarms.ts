import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { type AlarmSpec, alarmName, constructId, describe, notify } from './alarm.ts';
import type { LogMetrics } from './metrics.ts';

/** Hours without an accepted request after which a flow has stopped. */
const EVENTS_QUIET_HOURS = 3;
/** Outcomes follow their events by hours. */
const OUTCOMES_QUIET_HOURS = 24;
/** Hours without an event read by a run. A run comes every hour, and reads an event as soon as it has an outcome. */
const UNREAD_HOURS = 3;
/** Days that a flow is remembered. CloudWatch looks back 7 days at most. */
const REMEMBERED_DAYS = 7;

/**
 * A flow that was there and is not: an alarm of alarms, so that a stage which nobody feeds yet is no emergency.
 * The single ones say nothing by themselves and notify nobody.
 */
export function createStalledFlowAlarms(
  scope: Construct,
  stage: Stage,
  topic: Topic,
  { eventPosts, outcomePosts, learning }: LogMetrics,
): AlarmBase[] {
  const single = (id: string, alarmDescription: string, watch: Watch) =>
    new Alarm(scope, `${id}Condition`, {
      alarmName: `pm-tuning-${stage.name}-condition-${id}`,
      alarmDescription,
      ...watch,
    });
  const eventsFlowed = single(
    'EventsFlowed',
    'Events came in the last 7 days',
    flowed(eventPosts, REMEMBERED_DAYS),
  );
  const eventsFlow = single('EventsFlow', 'Events came in the last day', flowed(eventPosts, 1));
  const eventsQuiet = single('EventsQuiet', 'No events', quiet(eventPosts, EVENTS_QUIET_HOURS));
  const outcomesFlowed = single(
    'OutcomesFlowed',
    'Outcomes came in the last 7 days',
    flowed(outcomePosts, REMEMBERED_DAYS),
  );
  const outcomesFlow = single('OutcomesFlow', 'Outcomes came in the last day', flowed(outcomePosts, 1));
  const nothingRead = single(
    'NothingRead',
    'No run read an event',
    quiet(learning.events_read, UNREAD_HOURS),
  );
  const outcomesQuiet = single('OutcomesQuiet', 'No outcomes', quiet(outcomePosts, OUTCOMES_QUIET_HOURS));
  const all = (spec: AlarmSpec, ...conditions: Alarm[]) => {
    const alarm = new CompositeAlarm(scope, constructId(spec), {
      compositeAlarmName: alarmName(stage, spec),
      alarmDescription: describe(spec),
      alarmRule: AlarmRule.allOf(...conditions.map(c => AlarmRule.fromAlarm(c, AlarmState.ALARM))),
    });
    notify(alarm, topic);
    return alarm;
  };
  return [
    all(
      {
        name: 'ingestion-stopped',
        description: `Events came in the last ${REMEMBERED_DAYS} days, but none for ${EVENTS_QUIET_HOURS} hours`,
        firstAction: 'check that the position manager runs and what its last POST /v1/events answered',
      },
      eventsFlowed,
      eventsQuiet,
    ),
    all(
      {
        name: 'outcomes-stopped',
        description: `Events flow, but no outcome was posted for ${OUTCOMES_QUIET_HOURS} hours`,
        firstAction: 'check the job that reports outcomes and what its last POST /v1/outcomes answered',
      },
      eventsFlow,
      outcomesFlowed,
      outcomesQuiet,
    ),
    all(
      {
        name: 'nothing-read',
        description: `Outcomes flow, but no run has read an event for ${UNREAD_HOURS} hours`,
        firstAction:
          'compare the timestamps of the events that were posted last with the look-back of their pattern',
      },
      outcomesFlow,
      nothingRead,
    ),
  ];
}

type Watch = Pick<
  ConstructorParameters<typeof Alarm>[2],
  | 'metric'
  | 'comparisonOperator'
  | 'threshold'
  | 'evaluationPeriods'
  | 'datapointsToAlarm'
  | 'treatMissingData'
>;

const flowed = (metric: Metric, days: number): Watch => ({
  metric: metric.with({ period: Duration.days(1) }),
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  threshold: 0,
  evaluationPeriods: days,
  datapointsToAlarm: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
});

const quiet = (metric: Metric, hours: number): Watch => ({
  metric: metric.with({ period: Duration.hours(1) }),
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  threshold: 1,
  evaluationPeriods: hours,
  treatMissingData: TreatMissingData.BREACHING,
});
