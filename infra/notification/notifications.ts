import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { EventBus, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { EnvironmentVariables } from '../../shared/config.ts';
import type { FunctionName } from '../function-settings.ts';
import { FUNCTIONS } from '../function-settings.ts';
import type { Stage } from '../stage.ts';

/** Attempts of a message: the first one and five retries. */
const ATTEMPTS = 6;
/** Messages of one batch. All attempts of a batch end within the timeout of the function. */
const BATCH = 5;
/** Batches at once: few, so that a chat gets its messages slowly. Lambda takes no lower number. */
const BATCHES_AT_ONCE = 2;
const POLL = Duration.minutes(5);
/** The source that every event on the bus has. */
const SOURCE = 'pm-tuning';

interface Notifications {
  readonly bus: EventBus;
  readonly poller: LambdaFunction;
  readonly deliver: LambdaFunction;
  readonly undelivered: Queue;
  /** Permits a function to invoke the one that reaches the targets. */
  allowTests(caller: LambdaFunction): void;
}

/**
 * Creates the way of notifications: a poller puts events on a bus, a rule takes them to a queue, and one function reaches the
 * targets. Without the name of the parameter that holds the targets, it creates nothing.
 */
export function createNotifications(
  scope: Construct,
  stage: Stage,
  create: (name: FunctionName, more: EnvironmentVariables) => LambdaFunction,
): Notifications | undefined {
  const { notificationParameter: parameter } = stage;
  if (parameter === undefined) return undefined;
  const bus = new EventBus(scope, 'NotificationBus', {
    eventBusName: `pm-tuning-${stage.name}`,
    description: `PM Tuning ${stage.name}: events for operators`,
  });
  const poller = createPoller(scope, stage, bus, create);
  const { queue, undelivered } = createQueues(scope);
  new Rule(scope, 'NotificationRule', {
    description: `PM Tuning ${stage.name}: every event to the queue of notifications`,
    eventBus: bus,
    eventPattern: { source: [SOURCE] },
    targets: [new SqsQueue(queue, { deadLetterQueue: undelivered, retryAttempts: 10 })],
  });
  const deliver = create('notify-deliver', {
    NOTIFICATION_PARAMETER: parameter,
    NOTIFICATION_QUEUE_URL: queue.queueUrl,
  });
  deliver.addEventSource(
    new SqsEventSource(queue, {
      batchSize: BATCH,
      maxConcurrency: BATCHES_AT_ONCE,
      reportBatchItemFailures: true,
    }),
  );
  allow(deliver, ['sqs:SendMessage', 'sqs:ChangeMessageVisibility'], queue.queueArn);
  const arn = Stack.of(scope).formatArn({ service: 'ssm', resource: `parameter${parameter}` });
  allow(deliver, ['ssm:GetParameter'], arn);
  const allowTests = (caller: LambdaFunction): void =>
    allow(caller, ['lambda:InvokeFunction'], deliver.functionArn);
  return { bus, poller, deliver, undelivered, allowTests };
}

function createPoller(
  scope: Construct,
  stage: Stage,
  bus: EventBus,
  create: (name: FunctionName, more: EnvironmentVariables) => LambdaFunction,
): LambdaFunction {
  const poller = create('notify-poll', { NOTIFICATION_BUS: bus.eventBusName });
  allow(poller, ['events:PutEvents'], bus.eventBusArn);
  new Rule(scope, 'NotificationPoll', {
    description: `PM Tuning ${stage.name}: looks for events every five minutes`,
    schedule: Schedule.rate(POLL),
    // A retry is useless, because the next poll does the same work.
    targets: [new LambdaTarget(poller, { retryAttempts: 0, maxEventAge: POLL })],
  });
  return poller;
}

function createQueues(scope: Construct): { readonly queue: Queue; readonly undelivered: Queue } {
  const props = {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  };
  const undelivered = new Queue(scope, 'UndeliveredNotifications', props);
  Validations.of(undelivered).acknowledge({
    id: 'AwsSolutions::AwsSolutions-SQS3',
    reason:
      'This is itself the dead-letter queue of notifications, which also takes those of a rule; it has an alarm',
  });
  const queue = new Queue(scope, 'Notifications', {
    ...props,
    // Six times the timeout of the function, as Lambda's documentation recommends.
    visibilityTimeout: Duration.seconds(6 * FUNCTIONS['notify-deliver'].timeoutSeconds),
    deadLetterQueue: { queue: undelivered, maxReceiveCount: ATTEMPTS },
  });
  return { queue, undelivered };
}

function allow(target: LambdaFunction, actions: string[], resource: string): void {
  target.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
}
