import {
  Alarm,
  type ComparisonOperator,
  type CompositeAlarm,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

export interface AlarmSpec {
  /** Also the heading of its section in docs/runbook.md. */
  readonly name: string;
  /** What is wrong. */
  readonly description: string;
  /** What to do first. */
  readonly firstAction: string;
}

export interface MetricAlarmSpec extends AlarmSpec {
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Periods that are looked at, and how many of them must be beyond the threshold: by default all. */
  readonly periods?: number;
  readonly missingData?: TreatMissingData;
}

export const describe = ({ name, description: what, firstAction: first }: AlarmSpec): string =>
  `${what}. First: ${first}. Runbook: docs/runbook.md#${name}`;

export const alarmName = (stage: Stage, { name }: AlarmSpec): string => `pm-tuning-${stage.name}-${name}`;

export const constructId = ({ name }: AlarmSpec): string =>
  `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Alarm`;

export function createAlarm(scope: Construct, stage: Stage, topic: Topic, spec: MetricAlarmSpec): Alarm {
  const alarm = new Alarm(scope, constructId(spec), {
    alarmName: alarmName(stage, spec),
    alarmDescription: describe(spec),
    metric: spec.metric,
    comparisonOperator: spec.comparison,
    threshold: spec.threshold,
    evaluationPeriods: spec.periods ?? 1,
    treatMissingData: spec.missingData ?? TreatMissingData.NOT_BREACHING,
  });
  notify(alarm, topic);
  return alarm;
}

/** Says when it starts and when it is over. */
export function notify(alarm: Alarm | CompositeAlarm, topic: Topic): void {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}
