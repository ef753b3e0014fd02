import { Duration, Validations } from 'aws-cdk-lib';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** Creates the schedule that starts a run every hour. Returns the dead-letter queue of failed starts. */
export function createSchedule(scope: Construct, stage: Stage, machine: StateMachine): Queue {
  const deadLetters = new Queue(scope, 'ScheduleDeadLetters', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(deadLetters).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SQS3',
    reason:
      'This is itself the dead-letter queue of the schedule, which the check cannot detect; it has an alarm',
  });
  new Schedule(scope, 'Hourly', {
    description: `PM Tuning ${stage.name}: a tuning run every hour`,
    schedule: ScheduleExpression.cron({ minute: String(stage.scheduleMinute) }),
    target: new StepFunctionsStartExecution(machine, {
      input: ScheduleTargetInput.fromObject({}),
      deadLetterQueue: deadLetters,
      retryAttempts: 10,
      // A later retry is useless, because the next hourly run does the same work.
      maxEventAge: Duration.minutes(45),
    }),
  });
  return deadLetters;
}
