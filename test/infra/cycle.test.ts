import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/function-settings.ts';
import { Fault, type FaultCode } from '../../shared/errors.ts';
import { allowedTo } from './policies.ts';
import { resources, synthesize, text } from './synth.ts';

const machine = (context: Record<string, string> = {}) => {
  const found = resources(synthesize(context), 'AWS::StepFunctions::StateMachine');
  expect([...found.keys()]).toEqual(['Cycle']);
  return found.get('Cycle')?.Properties ?? {};
};

/** Errors that a retry may resolve: codes of the stores, and those that AWS recommends to retry for a Lambda call. */
const TRANSIENT = [
  'store_throttled',
  'store_unavailable',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
];

interface State {
  readonly Type: string;
  readonly TimeoutSeconds?: number;
  readonly Parameters?: { readonly FunctionName?: string };
  readonly ItemProcessor?: { readonly States: Record<string, State>; readonly ProcessorConfig: object };
  readonly Retry?: readonly object[];
  readonly Catch?: readonly unknown[];
}

function states(context: Record<string, string> = {}): Map<string, State> {
  const definition: { States: Record<string, State> } = JSON.parse(text(machine(context).DefinitionString));
  const inner = definition.States.Patterns?.ItemProcessor?.States ?? {};
  return new Map([...Object.entries(definition.States), ...Object.entries(inner)]);
}

/** Returns the name of the function that a state invokes, after the substitutions. */
function invoked(name: string): string {
  const placeholder = /^\$\{(\w+)\}$/.exec(states().get(name)?.Parameters?.FunctionName ?? '')?.[1] ?? '';
  const substitutions = Object.entries(machine().DefinitionSubstitutions ?? {});
  return text(Object.fromEntries(substitutions)[placeholder]);
}

describe('the schedule', () => {
  const schedule = () => {
    const found = resources(synthesize(), 'AWS::Scheduler::Schedule');
    expect([...found.keys()]).toEqual(['Hourly']);
    return found.get('Hourly')?.Properties ?? {};
  };

  it('The schedule starts the state machine at minute 9 of every hour', () => {
    expect(schedule()).toMatchObject({
      ScheduleExpression: 'cron(9 * * * ? *)',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'OFF' },
    });
    const target = Object.fromEntries(Object.entries(schedule().Target ?? {}));
    expect(text(target.Arn)).toBe('Cycle');
    expect(target.Input).toBe('{}');
    expect(text(target.RoleArn)).toMatch(/^SchedulerRole/);
  });

  it('The schedule retries a start for less than an hour, then moves it to the dead-letter queue', () => {
    expect(schedule().Target).toMatchObject({
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 2700 },
    });
    const target = Object.fromEntries(Object.entries(schedule().Target ?? {}));
    expect(text(target.DeadLetterConfig?.Arn)).toBe('ScheduleDeadLetters');
  });

  it('The dead-letter queue keeps encrypted messages for two weeks and rejects unencrypted transport', () => {
    const queue = resources(synthesize(), 'AWS::SQS::Queue');
    expect([...queue.keys()]).toEqual(['ScheduleDeadLetters']);
    expect(queue.get('ScheduleDeadLetters')?.Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
    const [policy] = resources(synthesize(), 'AWS::SQS::QueuePolicy').values();
    expect(policy?.Properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Deny',
          Action: 'sqs:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]),
    });
  });

  it('The context scheduleMinute sets the minute of the schedule', () => {
    const template = synthesize({ scheduleMinute: '42' });
    expect(resources(template, 'AWS::Scheduler::Schedule').get('Hourly')?.Properties).toMatchObject({
      ScheduleExpression: 'cron(42 * * * ? *)',
    });
  });
});

describe('the state machine', () => {
  it.each([
    ['Open', 'CycleOpenFunction'],
    ['Mine', 'MineFunction'],
    ['Materialize', 'MaterializeFunction'],
    ['Close', 'CycleCloseFunction'],
    ['RecordFailure', 'CycleCloseFunction'],
  ])('The state %s invokes the function %s', (state, name) => {
    expect(invoked(state)).toBe(name);
  });

  it('The state machine has exactly five tasks', () => {
    const tasks = [...states()].filter(([, state]) => state.Type === 'Task').map(([name]) => name);
    expect(tasks.sort()).toEqual(['Close', 'Materialize', 'Mine', 'Open', 'RecordFailure']);
  });

  it.each([
    ['Open', FUNCTIONS['cycle-open'].timeoutSeconds],
    ['Mine', FUNCTIONS.mine.timeoutSeconds],
    ['Materialize', FUNCTIONS.materialize.timeoutSeconds],
    ['Close', FUNCTIONS['cycle-close'].timeoutSeconds],
    ['RecordFailure', FUNCTIONS['cycle-close'].timeoutSeconds],
  ])('The state %s times out 5 s before the timeout of its function, which is %d s', (state, seconds) => {
    expect(states().get(state)?.TimeoutSeconds).toBe(seconds - 5);
  });

  it('Every task retries transient errors only, with full jitter', () => {
    for (const name of ['Open', 'Mine', 'Materialize', 'RecordFailure', 'Close']) {
      expect(states().get(name)?.Retry, name).toEqual([
        {
          ErrorEquals: TRANSIENT,
          IntervalSeconds: 2,
          BackoffRate: 2,
          MaxAttempts: name === 'Close' ? 5 : 3,
          MaxDelaySeconds: name === 'Close' ? 30 : 20,
          JitterStrategy: 'FULL',
        },
      ]);
    }
  });

  it('The retried store errors are fault codes of the stores', () => {
    const storeCodes: FaultCode[] = ['store_throttled', 'store_unavailable'];
    expect(TRANSIENT.filter(code => !code.includes('.'))).toEqual(storeCodes);
    for (const code of storeCodes) expect(new Fault(code, '').name).toBe(code);
  });

  it('The state machine catches every error of one pattern and processes the others, 8 concurrently', () => {
    const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'IsTrial' }];
    expect(states().get('Mine')?.Catch).toEqual(caught);
    expect(states().get('Materialize')?.Catch).toEqual(caught);
    const { PatternFailed, PatternFailedInTrial } = Object.fromEntries(states());
    expect(PatternFailed).toMatchObject({ Type: 'Pass', Next: 'RecordFailure' });
    expect(states().get('RecordFailure')?.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], Next: 'FailureNotRecorded' },
    ]);
    expect({ ...PatternFailedInTrial, Comment: '' }).toEqual({ ...PatternFailed, Comment: '' });
    expect(states().get('Patterns')).toMatchObject({ Type: 'Map', MaxConcurrency: 8, Next: 'Close' });
    expect(states().get('Patterns')?.Catch).toEqual([{ ...caught[0], Next: 'Close' }]);
  });

  it('A pattern has no result, because all results together are limited to 256 kB', () => {
    for (const name of ['Materialize', 'RecordFailure']) {
      expect(states().get(name)).toMatchObject({ ResultSelector: {} });
      expect(states().get(name)).not.toHaveProperty('OutputPath');
    }
    expect(states().get('Patterns')).toMatchObject({ ItemsPath: '$.items', ResultPath: null });
  });

  it('The state machine logs every step without its data and writes traces', () => {
    expect(machine()).toMatchObject({
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('The context distributedMap makes the Map distributed and permits its child executions', () => {
    expect(states().get('Patterns')?.ItemProcessor?.ProcessorConfig).toEqual({ Mode: 'INLINE' });
    const distributed = states({ distributedMap: 'true' });
    expect(distributed.get('Patterns')?.ItemProcessor?.ProcessorConfig).toEqual({
      Mode: 'DISTRIBUTED',
      ExecutionType: 'STANDARD',
    });
    expect(distributed.get('Mine')).toEqual(states().get('Mine'));
    expect(distributed.get('Patterns')).toMatchObject({ Label: 'Patterns', MaxConcurrency: 40 });
    expect(distributed.get('Materialize')).toEqual(states().get('Materialize'));
    const permissions = allowedTo(synthesize({ distributedMap: 'true' }), 'CycleRole').filter(line =>
      line.startsWith('states:'),
    );
    expect(permissions).toEqual([
      expect.stringMatching(/^states:DescribeExecution arn:.*:execution:Cycle\/Patterns:\*$/),
      expect.stringMatching(/^states:DescribeExecution arn:.*:execution:Cycle:\*$/),
      'states:StartExecution Cycle',
      expect.stringMatching(/^states:StopExecution arn:.*:execution:Cycle\/Patterns:\*$/),
      expect.stringMatching(/^states:StopExecution arn:.*:execution:Cycle:\*$/),
    ]);
  });
});
