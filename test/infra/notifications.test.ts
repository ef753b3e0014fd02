import { describe, expect, it } from 'vitest';
import { resources, synthesize, text } from './synth.ts';

const WITH = { notificationParameter: '/pm-tuning/dev/notify' };
const get = (type: string, name: string) => resources(synthesize(WITH), type).get(name)?.Properties ?? {};

describe('notifications in AWS', () => {
  it('A stage without the name of a parameter has no bus, no rule and no function of them', () => {
    const template = synthesize();
    for (const type of ['AWS::Events::EventBus', 'AWS::Events::Rule', 'AWS::Lambda::EventSourceMapping'])
      expect([...resources(template, type).keys()]).toEqual([]);
    expect([...resources(template, 'AWS::SQS::Queue').keys()]).toEqual(['ScheduleDeadLetters']);
    expect(
      [...resources(template, 'AWS::Lambda::Function').keys()].filter(name => /Notify/.test(name)),
    ).toEqual([]);
    expect(() => synthesize({ notificationParameter: 'notify' })).toThrow('context notificationParameter');
  });

  it('Every event of the product on the bus goes to the queue, and what cannot go there to the dead letters', () => {
    const rule = get('AWS::Events::Rule', 'NotificationRule');
    expect(rule.EventPattern).toEqual({ source: ['pm-tuning'] });
    const [target] = rule.Targets as [{ Arn: unknown; DeadLetterConfig: { Arn: unknown } }];
    expect([text(target.Arn), text(target.DeadLetterConfig.Arn)]).toEqual([
      'Notifications',
      'UndeliveredNotifications',
    ]);
  });

  it('A message that six attempts did not deliver goes to the dead letters, which have an alarm', () => {
    const { RedrivePolicy, VisibilityTimeout } = get('AWS::SQS::Queue', 'Notifications');
    expect(RedrivePolicy).toMatchObject({ maxReceiveCount: 6 });
    expect(text((RedrivePolicy as { deadLetterTargetArn: unknown }).deadLetterTargetArn)).toBe(
      'UndeliveredNotifications',
    );
    const { Timeout } = get('AWS::Lambda::Function', 'NotifyDeliverFunction');
    expect(VisibilityTimeout).toBe(6 * Number(Timeout));
    const alarm = get('AWS::CloudWatch::Alarm', 'UndeliveredNotificationAlarm');
    expect(alarm).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible', Threshold: 0 });
    expect(JSON.stringify(alarm.Dimensions)).toContain('UndeliveredNotifications');
    const failing = get('AWS::CloudWatch::Alarm', 'NotificationPollAlarm');
    expect(failing).toMatchObject({ MetricName: 'Errors', EvaluationPeriods: 3 });
  });

  it('The function takes five messages at once, and says which of them stay in the queue', () => {
    const [[, mapping] = []] = [...resources(synthesize(WITH), 'AWS::Lambda::EventSourceMapping')];
    expect(mapping?.Properties).toMatchObject({
      BatchSize: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    const { Environment } = get('AWS::Lambda::Function', 'NotifyDeliverFunction');
    const { Variables } = Environment as { Variables: Record<string, unknown> };
    expect(Variables.NOTIFICATION_PARAMETER).toBe(WITH.notificationParameter);
    expect(text(Variables.NOTIFICATION_QUEUE_URL)).toBe('Notifications');
  });

  it('The poller starts every five minutes', () => {
    expect(get('AWS::Events::Rule', 'NotificationPoll')).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
  });
});
