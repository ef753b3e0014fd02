import { Annotations, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** Creates the topic that alarms notify, with the mail subscriptions of the stage. */
export function createAlarmTopic(scope: Construct, stage: Stage): Topic {
  const topic = new Topic(scope, 'AlarmTopic', {
    displayName: `PM Tuning ${stage.name}`,
    enforceSSL: true,
  });
  // `enforceSSL` adds a topic policy, which replaces the default one and its permission for alarms to publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  if (stage.keepData && stage.alarmEmails.length === 0)
    Annotations.of(topic).addWarningV2(
      'pm-tuning:no-alarm-subscription',
      'No address gets the alarms. Set -c alarmEmails=…, or subscribe to the topic of output AlarmTopicArn',
    );
  for (const address of stage.alarmEmails) topic.addSubscription(new EmailSubscription(address));
  return topic;
}
