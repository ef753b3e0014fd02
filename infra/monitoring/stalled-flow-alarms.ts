import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  type AlarmProps,
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
import { type AlarmSpec, alarmDescription, alarmName, constructId, notify } from './alarm.ts';
import type { LogMetrics } from './metrics.ts';

/** Hours without an accepted post of events after which their flow has stopped. */
const NO_EVENTS_HOURS = 3;
/** Hours without an accepted post of outcomes after which their flow has stopped. They follow their events by hours. */
const NO_OUTCOMES_HOURS = 24;
/** Hours without an event read by a run after which reading has stopped. Runs are hourly. */
const NOTHING_READ_HOURS = 3;
/** Days in which earlier traffic counts; CloudWatch evaluates at most 7. */
const TRAFFIC_DAYS = 7;

interface StalledFlowSpec extends AlarmSpec {
  /** Names of the conditions that must all be met. */
  readonly conditions: readonly ConditionName[];
}

const STALLED_FLOWS: readonly StalledFlowSpec[] = [
  {
    name: 'ingestion-stopped',
    description: `Events came in the last ${TRAFFIC_DAYS} days, but none in the last ${NO_EVENTS_HOURS} hours`,
    firstAction: 'check that the position manager runs, then read the answer to its last POST /v1/events',
    conditions: ['eventsThisWeek', 'noEvents'],
  },
  {
    name: 'outcomes-stopped',
    description: `Events come in, but no outcome in the last ${NO_OUTCOMES_HOURS} hours`,
    firstAction:
      'check that the job that reports outcomes runs, then read the answer to its last POST /v1/outcomes',
    conditions: ['eventsToday', 'outcomesThisWeek', 'noOutcomes'],
  },
  {
    name: 'nothing-read',
    description: `Outcomes come in, but no run has read an event for ${NOTHING_READ_HOURS} hours`,
    firstAction: 'compare the timestamps of the latest events with the look-back of their pattern',
    conditions: ['outcomesToday', 'nothingRead'],
  },
];

/** Creates composite alarms for flows that stopped. They require earlier traffic, so a new stage does not alarm. */
export function createStalledFlowAlarms(
  scope: Construct,
  stage: Stage,
  topic: Topic,
  metrics: LogMetrics,
): AlarmBase[] {
  const conditions = createConditions(scope, stage, metrics);
  return STALLED_FLOWS.map(spec => {
    const alarm = new CompositeAlarm(scope, constructId(spec), {
      compositeAlarmName: alarmName(stage, spec),
      alarmDescription: alarmDescription(spec),
      alarmRule: AlarmRule.allOf(
        ...spec.conditions.map(name => AlarmRule.fromAlarm(conditions[name], AlarmState.ALARM)),
      ),
    });
    notify(alarm, topic);
    return alarm;
  });
}

type ConditionName = keyof ReturnType<typeof createConditions>;

/** Creates the alarms that the composite alarms combine; they notify no topic. Keep the ids of deployed stacks. */
function createConditions(scope: Construct, stage: Stage, { eventPosts, outcomePosts, cycle }: LogMetrics) {
  const create = (id: string, description: string, condition: Condition): Alarm =>
    new Alarm(scope, `${id}Condition`, {
      alarmName: `pm-tuning-${stage.name}-condition-${id}`,
      alarmDescription: description,
      ...condition,
    });
  return {
    eventsThisWeek: create(
      'EventsFlowed',
      `Events came in the last ${TRAFFIC_DAYS} days`,
      hadTraffic(eventPosts, TRAFFIC_DAYS),
    ),
    eventsToday: create('EventsFlow', 'Events came in the last day', hadTraffic(eventPosts, 1)),
    noEvents: create(
      'EventsQuiet',
      `No events came in the last ${NO_EVENTS_HOURS} hours`,
      noTraffic(eventPosts, NO_EVENTS_HOURS),
    ),
    outcomesThisWeek: create(
      'OutcomesFlowed',
      `Outcomes came in the last ${TRAFFIC_DAYS} days`,
      hadTraffic(outcomePosts, TRAFFIC_DAYS),
    ),
    outcomesToday: create('OutcomesFlow', 'Outcomes came in the last day', hadTraffic(outcomePosts, 1)),
    nothingRead: create(
      'NothingRead',
      `No run read an event in the last ${NOTHING_READ_HOURS} hours`,
      noTraffic(cycle.events_read, NOTHING_READ_HOURS),
    ),
    noOutcomes: create(
      'OutcomesQuiet',
      `No outcomes came in the last ${NO_OUTCOMES_HOURS} hours`,
      noTraffic(outcomePosts, NO_OUTCOMES_HOURS),
    ),
  };
}

type Condition = Omit<AlarmProps, 'alarmName' | 'alarmDescription'>;

/** Returns a condition that is met when the metric was above 0 on at least one of the days. */
const hadTraffic = (metric: Metric, days: number): Condition => ({
  metric: metric.with({ period: Duration.days(1) }),
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  threshold: 0,
  evaluationPeriods: days,
  datapointsToAlarm: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
});

/** Returns a condition that is met when the metric was 0 or missing in each of the hours. */
const noTraffic = (metric: Metric, hours: number): Condition => ({
  metric: metric.with({ period: Duration.hours(1) }),
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  threshold: 1,
  evaluationPeriods: hours,
  treatMissingData: TreatMissingData.BREACHING,
});
