import { describe, expect, it } from 'vitest';
import { PATTERNS, parkedPartition, patternPartition } from '../../shared/dynamodb/keys.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { allowedTo } from './policies.ts';
import { resources, synthesize } from './synth.ts';

/*
 * Function × table × action, written by hand. A grant that is not here fails the build; so does one that is gone.
 */

const WAITING = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["patterns","parked#*"]}}';
const FORMAT = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["format"]}}';
const ASKED = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["dimensions#*"]}}';
const COUNTERS =
  '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["pattern#*"]},' +
  '"ForAllValues:StringEquals":{"dynamodb:Attributes":["pk","sk","w","events","with_outcome","parked","event_conflicts","outcome_conflicts"]}}';

const TABLE_ACCESS: Readonly<Record<string, readonly string[]>> = {
  Ingest: [
    'dynamodb:BatchGetItem EventsTable',
    'dynamodb:GetItem EventsTable',
    'dynamodb:PartiQLInsert EventsTable',
    'dynamodb:UpdateItem EventsTable',
    `dynamodb:BatchGetItem ControlTable ${WAITING}`,
    `dynamodb:DeleteItem ControlTable ${WAITING}`,
    `dynamodb:GetItem ControlTable ${WAITING}`,
    `dynamodb:PutItem ControlTable ${WAITING}`,
    `dynamodb:UpdateItem ControlTable ${WAITING}`,
    `dynamodb:GetItem ControlTable ${FORMAT}`,
    `dynamodb:UpdateItem ControlTable ${COUNTERS}`,
  ],
  Asked: [`dynamodb:BatchWriteItem ControlTable ${ASKED}`],
  Lookup: ['dynamodb:GetItem ControlTable', 'dynamodb:Query OverridesTable'],
  Operate: [
    'dynamodb:BatchGetItem ControlTable',
    'dynamodb:UpdateItem ControlTable',
    'dynamodb:GetItem ControlTable',
    'dynamodb:PutItem ControlTable',
    'dynamodb:Query ControlTable',
    'dynamodb:Query LessonsTable',
    'dynamodb:UpdateItem LessonsTable',
    'dynamodb:Query OverridesTable',
    'dynamodb:UpdateItem OverridesTable',
    'dynamodb:Query EventsTable/index/outcomes',
  ],
  CycleOpen: [
    'dynamodb:GetItem ControlTable',
    'dynamodb:PutItem ControlTable',
    'dynamodb:Query ControlTable',
  ],
  Mine: [
    'dynamodb:Query EventsTable/index/outcomes',
    'dynamodb:GetItem ControlTable',
    'dynamodb:PutItem ControlTable',
    'dynamodb:BatchWriteItem LessonsTable',
    'dynamodb:BatchWriteItem OverridesTable',
  ],
  Materialize: [
    'dynamodb:GetItem ControlTable',
    'dynamodb:PutItem ControlTable',
    'dynamodb:Query LessonsTable',
    'dynamodb:UpdateItem LessonsTable',
    'dynamodb:Query OverridesTable',
    'dynamodb:UpdateItem OverridesTable',
  ],
  CycleClose: [
    'dynamodb:GetItem ControlTable',
    'dynamodb:PutItem ControlTable',
    'dynamodb:Query ControlTable',
  ],
};

const TRACES = ['xray:PutTelemetryRecords *', 'xray:PutTraceSegments *'];

const MORE: Readonly<Record<string, readonly string[]>> = { Operate: ['states:StartExecution Cycle'] };

describe('a function may do exactly', () => {
  it.each(Object.entries(TABLE_ACCESS))('%s: what its row of the table says', (name, access) => {
    const logs = [`logs:CreateLogStream ${name}Logs`, `logs:PutLogEvents ${name}Logs`];
    const expected = [...access, ...logs, ...TRACES, ...(MORE[name] ?? [])].sort();
    expect(allowedTo(synthesize(), `${name}Role`)).toEqual(expected);
  });

  it('the same with a key of the account, and to use that key through DynamoDB', () => {
    const template = synthesize({ customerKey: 'true' });
    const via =
      '{"StringEquals":{"kms:ViaService":{"Fn::Join":["",["dynamodb.",{"Ref":"AWS::Region"},".amazonaws.com"]]}}}';
    const keyOf = (name: string) =>
      allowedTo(template, `${name}Role`).filter(line => line.startsWith('kms:'));
    const read = [`kms:Decrypt TablesKey ${via}`, `kms:DescribeKey TablesKey ${via}`];
    expect(keyOf('Lookup')).toEqual(read);
    expect(keyOf('Ingest')).toEqual([
      ...read,
      `kms:Encrypt TablesKey ${via}`,
      `kms:GenerateDataKey TablesKey ${via}`,
      `kms:ReEncryptFrom TablesKey ${via}`,
      `kms:ReEncryptTo TablesKey ${via}`,
    ]);
  });
});

describe('beyond the functions', () => {
  it('the schedule may start the state machine and fill its dead-letter queue', () => {
    const role = [...resources(synthesize(), 'AWS::IAM::Role').keys()].filter(name => /Scheduler/.test(name));
    expect(role).toHaveLength(1);
    expect(allowedTo(synthesize(), role[0] ?? '')).toEqual([
      'sqs:SendMessage ScheduleDeadLetters',
      'states:StartExecution Cycle',
    ]);
  });

  it('the state machine may invoke its four functions, log and trace', () => {
    const allowed = allowedTo(synthesize(), 'CycleRole');
    expect(allowed.filter(line => !/^(logs|xray):/.test(line))).toEqual([
      'lambda:InvokeFunction CycleCloseFunction',
      'lambda:InvokeFunction CycleOpenFunction',
      'lambda:InvokeFunction MaterializeFunction',
      'lambda:InvokeFunction MineFunction',
    ]);
    // The delivery of logs and traces knows no resources; writing log events is not among it.
    for (const line of allowed.filter(line => /^(logs|xray):/.test(line))) expect(line).toMatch(/ \*$/);
    expect(allowed.filter(line => /^logs:(Put|Create)LogEvents/.test(line))).toEqual([]);
  });

  it.each([[{}], [{ stage: 'prod', customerKey: 'true', distributedMap: 'true' }]])(
    'a wildcard stands alone only where an action knows no resources: %j',
    (context: Record<string, string>) => {
      const template = synthesize(context);
      const anywhere = [...resources(template, 'AWS::IAM::Role').keys()].flatMap(role =>
        allowedTo(template, role)
          .filter(line => / \*( |$)/.test(line))
          .map(line => line.split(' ')[0] ?? ''),
      );
      expect([...new Set(anywhere)].sort()).toEqual([
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

  it('no action is a wildcard', () => {
    for (const role of resources(synthesize(), 'AWS::IAM::Role').keys())
      for (const line of allowedTo(synthesize(), role)) expect(line.split(' ')[0]).toMatch(/^\w+:\w+$/);
  });

  it('only admin and the steps of a cycle may write the head of a pattern', () => {
    const writers = Object.keys(TABLE_ACCESS).filter(name =>
      allowedTo(synthesize(), `${name}Role`).some(
        line =>
          /^dynamodb:(PutItem|UpdateItem|DeleteItem|BatchWriteItem|PartiQL\w+) ControlTable/.test(line) &&
          ![WAITING, COUNTERS, ASKED].some(elsewhere => line.endsWith(elsewhere)),
      ),
    );
    expect(writers).toEqual(['Operate', 'CycleOpen', 'Mine', 'Materialize', 'CycleClose']);
  });

  it('a look-up can write nothing', () => {
    const writes = /^dynamodb:(?!(GetItem|BatchGetItem|Query|Scan) )/;
    expect(allowedTo(synthesize(), 'LookupRole').filter(line => writes.test(line))).toEqual([]);
  });

  it('no role has rights from anywhere else', () => {
    for (const [name, role] of resources(synthesize(), 'AWS::IAM::Role')) {
      expect(role.Properties, name).not.toHaveProperty('ManagedPolicyArns');
      expect(role.Properties, name).not.toHaveProperty('Policies');
    }
  });

  it('the partitions that ingest is held to are those of the stores', () => {
    const pattern = parsePatternKey('pm.uptrend.S1.entry');
    expect(PATTERNS).toBe('patterns');
    expect(parkedPartition(pattern)).toMatch(/^parked#/);
    expect(patternPartition(pattern)).toMatch(/^pattern#/);
  });
});
