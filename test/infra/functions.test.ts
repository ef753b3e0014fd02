import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FUNCTION_NAMES, FUNCTIONS } from '../../infra/function-settings.ts';
import { environmentSchema, readConfig } from '../../shared/config.ts';
import { DEGRADED_LOOKUP_MESSAGE, QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';
import { POLICIES } from '../../shared/override/override.ts';
import { resources, synthesize, text } from './synth.ts';

/** A stage with every function; others have no function `page`, and none of notifications. */
const WITH_PAGE = {
  jwtIssuer: 'https://issuer.example.com',
  jwtAudience: 'pm-tuning',
  uiClientId: 'page-1',
  notificationParameter: '/pm-tuning/dev/notify',
};

const functions = () => resources(synthesize(WITH_PAGE), 'AWS::Lambda::Function');
const all = FUNCTION_NAMES.map(name => [name, `${FUNCTIONS[name].id}Function`, FUNCTIONS[name].id] as const);

function environmentOf(logicalName: string, template = synthesize(WITH_PAGE)): Record<string, string> {
  const found = resources(template, 'AWS::Lambda::Function').get(logicalName);
  const environment = Object.fromEntries(Object.entries(found?.Properties.Environment ?? {}));
  const variables = Object.entries(environment.Variables ?? {});
  return Object.fromEntries(variables.map(([name, value]) => [name, text(value)]));
}

describe('functions', () => {
  it('Every function is one file of functions/, and every file is one function', () => {
    const files = readdirSync(new URL('../../functions', import.meta.url)).filter(name =>
      name.endsWith('.ts'),
    );
    expect(files.map(name => name.replace(/\.ts$/, '')).sort()).toEqual([...FUNCTION_NAMES].sort());
    expect([...functions().keys()].sort()).toEqual(all.map(([, logicalName]) => logicalName).sort());
  });

  it.each(all)(
    'The function %s runs on Node 24 and ARM with its own role and log group',
    (_, logicalName, id) => {
      const properties = functions().get(logicalName)?.Properties ?? {};
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
      });
      expect(text(properties.Role)).toBe(`${id}Role`);
      const logging = Object.fromEntries(Object.entries(properties.LoggingConfig ?? {}));
      expect(text(logging.LogGroup)).toBe(`${id}Logs`);
    },
  );

  it.each(all)(
    'The environment of the function %s is valid and has the default settings',
    (_, logicalName) => {
      const config = readConfig(environmentOf(logicalName));
      expect(config.tables).toEqual({
        events: 'EventsTable',
        lessons: 'LessonsTable',
        overrides: 'OverridesTable',
        control: 'ControlTable',
      });
      expect(config.defaults).toEqual({
        nMin: 33,
        lookbackDays: 90,
        policy: 'replay',
        challengers: ['drift', 'replay'],
        payoff: { win: 2, loss: 1 },
        payoffFallback: { win: 2, loss: 1 },
        jump: 1.5,
        onJump: 'warn',
        halt: 'advise',
        score: 'off',
        guard: 'protect',
        rollout: 'immediate',
        baseThresholds: {},
        maxOverrides: 20_000,
      });
      expect(config.stateMachineArn).toBe(logicalName === 'OperateFunction' ? 'Cycle' : undefined);
      expect(config.dynamodbEndpoint).toBeUndefined();
    },
  );

  it('The context origins is what every function that answers callers reads as its origins', () => {
    const origins = 'https://tuning.example.com,https://other.example.com:8443';
    const functions = resources(synthesize({ origins }), 'AWS::Lambda::Function');
    for (const name of ['IngestFunction', 'LookupFunction', 'OperateFunction'])
      expect(functions.get(name)?.Properties.Environment).toMatchObject({ Variables: { ORIGINS: origins } });
  });

  it('The context operators is the list of callers that the function of events takes for operators', () => {
    const operators = 'iam:123456789012:role/ops,iam:123456789012:user/anna';
    const functions = resources(synthesize({ operators }), 'AWS::Lambda::Function');
    expect(functions.get('IngestFunction')?.Properties.Environment).toMatchObject({
      Variables: { OPERATORS: operators },
    });
  });

  it.each(all)('The function %s gets every setting of the schema and no other', (_, logicalName) => {
    const variables = Object.keys(environmentOf(logicalName));
    const optional = [
      'DYNAMODB_ENDPOINT',
      'ORIGINS',
      'OPERATORS',
      ...(logicalName === 'OperateFunction' ? [] : ['STATE_MACHINE_ARN', 'NOTIFICATION_FUNCTION']),
      ...(logicalName === 'NotifyPollFunction' ? [] : ['NOTIFICATION_BUS']),
      ...(logicalName === 'NotifyDeliverFunction'
        ? []
        : ['NOTIFICATION_PARAMETER', 'NOTIFICATION_QUEUE_URL']),
    ];
    const known = Object.keys(environmentSchema.shape).filter(name => !optional.includes(name));
    expect(variables.filter(name => name !== 'NODE_OPTIONS').sort()).toEqual(known.sort());
  });

  it.each(all)(
    'The function %s reads its source map at start only if it does not answer callers',
    (_, logicalName, id) => {
      const answersCallers = ['Ingest', 'Lookup', 'Operate', 'Page'].includes(id);
      expect(environmentOf(logicalName).NODE_OPTIONS).toBe(
        answersCallers ? undefined : '--enable-source-maps',
      );
    },
  );

  it.each(['Ingest', 'Lookup', 'Operate'])(
    'The function %s times out before the HTTP API does at 30 s',
    id => {
      expect(functions().get(`${id}Function`)?.Properties.Timeout).toBeLessThan(30);
    },
  );
});

describe('queried dimensions', () => {
  it('The recording function gets only log lines of look-ups that report queried dimensions or a neutral answer', () => {
    const filters = [...resources(synthesize(WITH_PAGE), 'AWS::Logs::SubscriptionFilter').values()];
    expect(filters).toHaveLength(1);
    const properties = filters[0]?.Properties ?? {};
    expect(text(properties.LogGroupName)).toBe('LookupLogs');
    expect(text(properties.DestinationArn)).toBe('AskedFunction');
    expect(properties.FilterPattern).toBe(
      `{ ($.message = "${QUERIED_DIMENSIONS_MESSAGE}") || ($.message = "${DEGRADED_LOOKUP_MESSAGE}") }`,
    );
    const permission = [...resources(synthesize(WITH_PAGE), 'AWS::Lambda::Permission').values()].find(
      ({ Properties }) => Properties.Principal === 'logs.amazonaws.com',
    );
    expect(text(permission?.Properties.FunctionName)).toBe('AskedFunction');
    expect(JSON.stringify(permission?.Properties.SourceArn)).toContain('LookupLogs');
  });
});

describe('log groups', () => {
  it('Every log group belongs to a function, the API or the state machine', () => {
    const names = [...all.map(([, , id]) => `${id}Logs`), 'ApiAccessLogs', 'CycleLogs'];
    expect([...resources(synthesize(WITH_PAGE), 'AWS::Logs::LogGroup').keys()].sort()).toEqual(names.sort());
  });

  it('A log group keeps lines for 7 days in dev and 90 days in prod, and only removing a dev stack deletes it', () => {
    for (const [name, group] of resources(synthesize(WITH_PAGE), 'AWS::Logs::LogGroup')) {
      expect(group.Properties.RetentionInDays, name).toBe(7);
      expect(group.DeletionPolicy, name).toBe('Delete');
    }
    for (const [name, group] of resources(synthesize({ stage: 'prod' }), 'AWS::Logs::LogGroup')) {
      expect(group.Properties.RetentionInDays, name).toBe(90);
      expect(group.DeletionPolicy, name).toBe('Retain');
    }
  });
});

describe('settings of a stage', () => {
  it('A setting of the context reaches the functions', () => {
    const template = synthesize({ policy: 'drift', nMin: '40', payoffLoss: '1.5', logLevel: 'debug' });
    const { defaults, logLevel } = readConfig(environmentOf('MineFunction', template));
    expect(defaults).toMatchObject({ policy: 'drift', nMin: 40, payoff: { win: 2, loss: 1.5 } });
    expect(logLevel).toBe('debug');
    const measured = synthesize({ payoff: 'measured', payoffWin: '1.5' });
    expect(readConfig(environmentOf('MineFunction', measured)).defaults).toMatchObject({
      payoff: 'measured',
      payoffFallback: { win: 1.5, loss: 1 },
    });
  });

  it('The context accepts the name of every policy', () => {
    for (const policy of POLICIES)
      expect(readConfig(environmentOf('MineFunction', synthesize({ policy }))).defaults.policy).toBe(policy);
  });

  it.each([
    [{ stage: 'staging' }, /context stage: "staging" is not dev or prod/],
    [{ nMin: 'many' }, /context nMin/],
    [{ policy: 'magic' }, /context policy/],
    [{ scheduleMinute: '60' }, /context scheduleMinute/],
    [{ alarmEmails: 'nobody' }, /context alarmEmails/],
    [{ customerKey: 'yes' }, /context customerKey/],
    [{ jwtIssuer: 'https://issuer.example.com' }, /both or none/],
    [{ origins: 'http://tuning.example.com' }, /context origins/],
    [{ origins: 'https://tuning.example.com/path' }, /context origins/],
    [{ operators: 'ops' }, /context operators/],
    [{ stage: 'prod', dynamodbEndpoint: 'http://localhost:8000' }, /context dynamodbEndpoint/],
  ])('An invalid context stops the synthesis: %j', (context: Record<string, string>, message) => {
    expect(() => synthesize(context)).toThrow(message);
  });
});

it('The entry file of every function exists', () => {
  for (const name of FUNCTION_NAMES)
    expect(existsSync(new URL(`../../functions/${name}.ts`, import.meta.url)), name).toBe(true);
});
