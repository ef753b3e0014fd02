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
  /** Name without the stage; also the heading of the alarm's section in docs/runbook.md. */
  readonly name: string;
  /** States what is wrong; a sentence without its full stop. */
  readonly description: string;
  /** States what to do first; an imperative without its full stop. */
  readonly firstAction: string;
}

export interface MetricAlarmSpec extends AlarmSpec {
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Number of successive periods that must breach the threshold; 1 by default. */
  readonly periods?: number;
  readonly missingData?: TreatMissingData;
}

export const alarmDescription = ({ name, description, firstAction }: AlarmSpec): string =>
  `${description}. First: ${firstAction}. Runbook: docs/runbook.md#${name}`;

export const alarmName = (stage: Stage, { name }: AlarmSpec): string => `pm-tuning-${stage.name}-${name}`;

/** Returns the name in PascalCase with `Alarm` after it. */
export const constructId = ({ name }: AlarmSpec): string =>
  `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Alarm`;

/** Creates an alarm on one metric that notifies the topic. Missing data does not breach unless the spec differs. */
export function createAlarm(scope: Construct, stage: Stage, topic: Topic, spec: MetricAlarmSpec): Alarm {
  const alarm = new Alarm(scope, constructId(spec), {
    alarmName: alarmName(stage, spec),
    alarmDescription: alarmDescription(spec),
    metric: spec.metric,
    comparisonOperator: spec.comparison,
    threshold: spec.threshold,
    evaluationPeriods: spec.periods ?? 1,
    treatMissingData: spec.missingData ?? TreatMissingData.NOT_BREACHING,
  });
  notify(alarm, topic);
  return alarm;
}

/** Notifies the topic when the alarm starts and when it ends. */
export function notify(alarm: Alarm | CompositeAlarm, topic: Topic): void {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}
