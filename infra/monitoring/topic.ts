import { Annotations, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';

/** Where alarms go. */
export function createAlarmTopic(scope: Construct, stage: Stage): Topic {
  const topic = new Topic(scope, 'AlarmTopic', {
    displayName: `PM Tuning ${stage.name}`,
    enforceSSL: true,
  });
  // A topic with a policy of its own loses the default one, by which alarms of the account may publish.
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
      'pm-tuning:nobody-is-told',
      'No address gets the alarms: give -c alarmEmails=… or subscribe to the topic of output AlarmTopicArn',
    );
  for (const address of stage.alarmEmails) topic.addSubscription(new EmailSubscription(address));
  return topic;
}
