import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { createApp, createStack, resources, synthesize, text } from './synth.ts';

it('The alarm topic lets CloudWatch of this account publish and mails the addresses of the stage', () => {
  const template = synthesize({ alarmEmails: 'a@example.com,b@example.com' });
  const [policy] = resources(template, 'AWS::SNS::TopicPolicy').values();
  expect(policy?.Properties.PolicyDocument).toMatchObject({
    Statement: expect.arrayContaining([
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
      }),
    ]),
  });
  const mails = [...resources(template, 'AWS::SNS::Subscription').values()];
  expect(mails.map(({ Properties }) => [Properties.Protocol, Properties.Endpoint])).toEqual([
    ['email', 'a@example.com'],
    ['email', 'b@example.com'],
  ]);
  expect(mails.every(({ Properties }) => text(Properties.TopicArn) === 'AlarmTopic')).toBe(true);
});

it('The synthesis of a prod stage warns when no e-mail address gets the alarms', () => {
  const warnings = (context: Record<string, string>) =>
    Annotations.fromStack(createStack(createApp(context)))
      .findWarning('*', Match.stringLikeRegexp('No address gets the alarms'))
      .map(({ id }) => id);
  expect(warnings({ stage: 'prod' })).toEqual(['/PmTuning-prod/AlarmTopic']);
  expect(warnings({ stage: 'prod', alarmEmails: 'oncall@example.com' })).toEqual([]);
  expect(warnings({})).toEqual([]);
});
