import { describe, expect, it } from 'vitest';
import { PATTERNS, parkedPartition, patternPartition } from '../../shared/dynamodb/keys.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { allowedTo } from './policies.ts';
import { resources, synthesize } from './synth.ts';

/*
 * These tests compare the permissions of the template with tables that are written by hand. An additional permission
 * fails them, and so does a missing one.
 */

const PARKED_PARTITIONS =
  '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["patterns","writers","founded#*","parked#*"]}}';
const PATTERNS_PARTITION = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["patterns"]}}';
const DIMENSION_PARTITIONS = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["dimensions#*"]}}';
const WARNING_PARTITIONS =
  '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["pattern#*","dimensions#*","writers","days#*","sealed#*"]}}';
const DAY_PARTITIONS = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["days#*"]}}';
const DEGRADED_PARTITION = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["degraded"]}}';
const COUNTER_ATTRIBUTES =
  '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["pattern#*"],' +
  '"dynamodb:Attributes":["pk","sk","w","events","with_outcome","parked","event_conflicts","outcome_conflicts","waiting","waiting_since","by_*"]}}';

const putControl = (...partitions: string[]): string =>
  `dynamodb:PutItem ControlTable ${JSON.stringify({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions } })}`;

const TABLE_ACCESS: Readonly<Record<string, readonly string[]>> = {
  Ingest: [
    'dynamodb:BatchGetItem EventsTable',
    'dynamodb:GetItem EventsTable',
    'dynamodb:PartiQLInsert EventsTable',
    'dynamodb:Query EventsTable',
    'dynamodb:UpdateItem EventsTable',
    `dynamodb:BatchGetItem ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:DeleteItem ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:GetItem ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:PutItem ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:Query ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:UpdateItem ControlTable ${PARKED_PARTITIONS}`,
    `dynamodb:UpdateItem ControlTable ${COUNTER_ATTRIBUTES}`,
    `dynamodb:BatchWriteItem ControlTable ${DIMENSION_PARTITIONS}`,
    `dynamodb:UpdateItem ControlTable ${DAY_PARTITIONS}`,
  ],
  Asked: [
    `dynamodb:GetItem ControlTable ${DIMENSION_PARTITIONS}`,
    `dynamodb:BatchWriteItem ControlTable ${DIMENSION_PARTITIONS}`,
    `dynamodb:UpdateItem ControlTable ${DEGRADED_PARTITION}`,
  ],
  Lookup: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:GetItem ControlTable',
    `dynamodb:Query ControlTable ${PATTERNS_PARTITION}`,
    'dynamodb:Query OverridesTable',
  ],
  Operate: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:GetItem ControlTable',
    putControl('pattern#*', 'changes', 'service', 'writers'),
    'dynamodb:Query ControlTable',
    'dynamodb:Query LessonsTable',
    'dynamodb:UpdateItem LessonsTable',
    'dynamodb:Query OverridesTable',
    'dynamodb:UpdateItem OverridesTable',
    'dynamodb:Query EventsTable/index/outcomes',
    'dynamodb:BatchGetItem EventsTable',
    'dynamodb:Query EventsTable',
  ],
  CycleOpen: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:GetItem ControlTable',
    'dynamodb:BatchWriteItem ControlTable {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["run-patterns#*"]}}',
    putControl('cycles', 'trials', 'format', 'pattern#*', 'changes'),
    'dynamodb:Query ControlTable',
  ],
  Mine: [
    'dynamodb:Query EventsTable/index/outcomes',
    'dynamodb:GetItem ControlTable',
    putControl('pattern#*', 'dimensions#*', 'cycle#*'),
    `dynamodb:Query ControlTable ${WARNING_PARTITIONS}`,
    'dynamodb:BatchWriteItem ControlTable {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["sealed#*"]}}',
    `dynamodb:UpdateItem ControlTable ${DAY_PARTITIONS}`,
    'dynamodb:BatchWriteItem LessonsTable',
    'dynamodb:Query LessonsTable',
    'dynamodb:BatchWriteItem OverridesTable',
    'dynamodb:Query OverridesTable',
  ],
  Materialize: [
    'dynamodb:GetItem ControlTable',
    putControl('pattern#*', 'changes', 'cycle#*'),
    'dynamodb:Query LessonsTable',
    'dynamodb:UpdateItem LessonsTable',
    'dynamodb:Query OverridesTable',
    'dynamodb:UpdateItem OverridesTable',
  ],
  CycleClose: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:GetItem ControlTable',
    putControl('cycles', 'trials', 'last-cycle', 'cycle#*'),
    'dynamodb:Query ControlTable',
  ],
};

/** Functions of a stage that names a parameter with targets of notifications. */
const NOTIFICATIONS_PARTITION = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["notifications"]}}';
const NOTIFICATION_ACCESS: Readonly<Record<string, readonly string[]>> = {
  NotifyPoll: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:GetItem ControlTable',
    'dynamodb:Query ControlTable',
    `dynamodb:PutItem ControlTable ${NOTIFICATIONS_PARTITION}`,
    'dynamodb:Query EventsTable/index/outcomes',
    'events:PutEvents NotificationBus',
  ],
  NotifyDeliver: [
    `dynamodb:PutItem ControlTable ${NOTIFICATIONS_PARTITION}`,
    `dynamodb:Query ControlTable ${NOTIFICATIONS_PARTITION}`,
    'sqs:ChangeMessageVisibility Notifications',
    'sqs:DeleteMessage Notifications',
    'sqs:GetQueueAttributes Notifications',
    'sqs:GetQueueUrl Notifications',
    'sqs:ReceiveMessage Notifications',
    'sqs:SendMessage Notifications',
    'ssm:GetParameter arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter/pm-tuning/dev/notify',
  ],
  Operate: [...(TABLE_ACCESS.Operate ?? []), 'lambda:InvokeFunction NotifyDeliverFunction'],
};

const TRACES = ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *'];

const OTHER_ACCESS: Readonly<Record<string, readonly string[]>> = {
  Operate: ['states:StartExecution Cycle'],
};

describe('functions', () => {
  it.each(Object.entries(TABLE_ACCESS))(
    'The function %s has exactly the permissions that its row in this test lists',
    (name, access) => {
      const logs = [`logs:CreateLogStream ${name}Logs`, `logs:PutLogEvents ${name}Logs`];
      const expected = [...access, ...logs, ...TRACES, ...(OTHER_ACCESS[name] ?? [])].sort();
      expect(allowedTo(synthesize(), `${name}Role`)).toEqual(expected);
    },
  );

  it.each(Object.entries(NOTIFICATION_ACCESS))(
    'In a stage with notifications the function %s has exactly the permissions of its row',
    (name, access) => {
      const logs = [`logs:CreateLogStream ${name}Logs`, `logs:PutLogEvents ${name}Logs`];
      const expected = [...access, ...logs, ...TRACES, ...(OTHER_ACCESS[name] ?? [])].sort();
      const template = synthesize({ notificationParameter: '/pm-tuning/dev/notify' });
      expect(allowedTo(template, `${name}Role`)).toEqual(expected);
    },
  );

  it('A customer-managed key adds to functions the permission to use the key through DynamoDB', () => {
    const template = synthesize({ customerKey: 'true' });
    const via =
      '{"StringEquals":{"kms:ViaService":{"Fn::Join":["",["dynamodb.",{"Ref":"AWS::Region"},".amazonaws.com"]]}}}';
    const keyPermissions = (name: string) =>
      allowedTo(template, `${name}Role`).filter(line => line.startsWith('kms:'));
    const readPermissions = [`kms:Decrypt TablesKey ${via}`, `kms:DescribeKey TablesKey ${via}`];
    expect(keyPermissions('Lookup')).toEqual(readPermissions);
    expect(keyPermissions('Ingest')).toEqual([
      ...readPermissions,
      `kms:Encrypt TablesKey ${via}`,
      `kms:GenerateDataKey TablesKey ${via}`,
      `kms:ReEncryptFrom TablesKey ${via}`,
      `kms:ReEncryptTo TablesKey ${via}`,
    ]);
  });
});

describe('all roles', () => {
  it('The schedule may only start the state machine and write to its dead-letter queue', () => {
    const role = [...resources(synthesize(), 'AWS::IAM::Role').keys()].filter(name => /Scheduler/.test(name));
    expect(role).toHaveLength(1);
    expect(allowedTo(synthesize(), role[0] ?? '')).toEqual([
      'sqs:SendMessage ScheduleDeadLetters',
      'states:StartExecution Cycle',
    ]);
  });

  it('The state machine may invoke its four functions, log and trace', () => {
    const allowed = allowedTo(synthesize(), 'CycleRole');
    expect(allowed.filter(line => !/^(logs|xray):/.test(line))).toEqual([
      'lambda:InvokeFunction CycleCloseFunction',
      'lambda:InvokeFunction CycleOpenFunction',
      'lambda:InvokeFunction MaterializeFunction',
      'lambda:InvokeFunction MineFunction',
    ]);
    // Log delivery and tracing support no resource-level permissions; they do not include writing log events.
    for (const line of allowed.filter(line => /^(logs|xray):/.test(line))) expect(line).toMatch(/ \*$/);
    expect(allowed.filter(line => /^logs:(Put|Create)LogEvents/.test(line))).toEqual([]);
  });

  it.each([[{}], [{ stage: 'prod', customerKey: 'true', distributedMap: 'true' }]])(
    'Only actions without resource-level permissions have a wildcard resource: %j',
    (context: Record<string, string>) => {
      const template = synthesize(context);
      const actionsOnAnyResource = [...resources(template, 'AWS::IAM::Role').keys()].flatMap(role =>
        allowedTo(template, role)
          .filter(line => / \*( |$)/.test(line))
          .map(line => line.split(' ')[0] ?? ''),
      );
      expect([...new Set(actionsOnAnyResource)].sort()).toEqual([
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ]);
    },
  );

  it('No action contains a wildcard', () => {
    for (const role of resources(synthesize(), 'AWS::IAM::Role').keys())
      for (const line of allowedTo(synthesize(), role)) expect(line.split(' ')[0]).toMatch(/^\w+:\w+$/);
  });

  it('Only admin and the steps of a cycle may write the head of a pattern', () => {
    const writers = Object.keys(TABLE_ACCESS).filter(name =>
      allowedTo(synthesize(), `${name}Role`).some(
        line =>
          /^dynamodb:(PutItem|UpdateItem|DeleteItem|BatchWriteItem|PartiQL\w+) ControlTable/.test(line) &&
          ![
            PARKED_PARTITIONS,
            COUNTER_ATTRIBUTES,
            DIMENSION_PARTITIONS,
            DEGRADED_PARTITION,
            DAY_PARTITIONS,
          ].some(condition => line.endsWith(condition)),
      ),
    );
    expect(writers).toEqual(['Operate', 'CycleOpen', 'Mine', 'Materialize', 'CycleClose']);
  });

  it('The look-up function has no permission to write', () => {
    const writes = /^dynamodb:(?!(GetItem|BatchGetItem|Query|Scan) )/;
    expect(allowedTo(synthesize(), 'LookupRole').filter(line => writes.test(line))).toEqual([]);
  });

  it('No role has permissions beyond those of its policy resources', () => {
    for (const [name, role] of resources(synthesize(), 'AWS::IAM::Role')) {
      expect(role.Properties, name).not.toHaveProperty('ManagedPolicyArns');
      expect(role.Properties, name).not.toHaveProperty('Policies');
    }
  });

  it('The partitions in the permissions of ingest are those of the stores', () => {
    const pattern = parsePatternKey('pm.uptrend.S1.entry');
    expect(PATTERNS).toBe('patterns');
    expect(parkedPartition(pattern)).toMatch(/^parked#/);
    expect(patternPartition(pattern)).toMatch(/^pattern#/);
  });
});
