import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../infra/functions.ts';
import { allowedTo } from './policies.ts';
import { resources, synthesize, text } from './synth.ts';

const machine = (context: Record<string, string> = {}) => {
  const found = resources(synthesize(context), 'AWS::StepFunctions::StateMachine');
  expect([...found.keys()]).toEqual(['Cycle']);
  return found.get('Cycle')?.Properties ?? {};
};

interface State {
  readonly Type: string;
  readonly TimeoutSeconds?: number;
  readonly Parameters?: { readonly FunctionName?: string };
  readonly ItemProcessor?: { readonly States: Record<string, State>; readonly ProcessorConfig: object };
  readonly Retry?: readonly { readonly ErrorEquals: string[]; readonly JitterStrategy: string }[];
  readonly Catch?: readonly unknown[];
}

function states(context: Record<string, string> = {}): Map<string, State> {
  const definition: { States: Record<string, State> } = JSON.parse(text(machine(context).DefinitionString));
  const inner = definition.States.Patterns?.ItemProcessor?.States ?? {};
  return new Map([...Object.entries(definition.States), ...Object.entries(inner)]);
}

/** The function that a task calls, after the substitutions. */
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

  it('starts this state machine at minute 9 of every hour', () => {
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

  it('retries a start for less than an hour, then leaves it in the dead-letter queue', () => {
    expect(schedule().Target).toMatchObject({
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 2700 },
    });
    const target = Object.fromEntries(Object.entries(schedule().Target ?? {}));
    expect(text(target.DeadLetterConfig?.Arn)).toBe('ScheduleDeadLetters');
  });

  it('takes its minute from the stage', () => {
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
  ])('calls in state %s the function %s', (state, name) => {
    expect(invoked(state)).toBe(name);
  });

  it('leaves no placeholder without a function and calls nothing else', () => {
    const tasks = [...states()].filter(([, state]) => state.Type === 'Task').map(([name]) => name);
    expect(tasks.sort()).toEqual(['Close', 'Materialize', 'Mine', 'Open']);
  });

  it.each([
    ['Open', FUNCTIONS['cycle-open'].timeoutSeconds],
    ['Mine', FUNCTIONS.mine.timeoutSeconds],
    ['Materialize', FUNCTIONS.materialize.timeoutSeconds],
    ['Close', FUNCTIONS['cycle-close'].timeoutSeconds],
  ])('ends in state %s a function that takes too long, before its own limit of %d s', (state, seconds) => {
    expect(states().get(state)?.TimeoutSeconds).toBe(seconds - 5);
  });

  it('retries with jitter, and only what may pass', () => {
    for (const name of ['Open', 'Mine', 'Materialize', 'Close']) {
      for (const retry of states().get(name)?.Retry ?? []) {
        expect(retry.JitterStrategy, name).toBe('FULL');
        expect(retry.ErrorEquals, name).not.toContain('States.ALL');
        expect(retry.ErrorEquals, name).not.toContain('States.TaskFailed');
      }
      expect(states().get(name)?.Retry, name).toHaveLength(1);
    }
  });

  it('logs every step without its data, and traces', () => {
    expect(machine()).toMatchObject({
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('becomes a distributed Map by context, with the rights to run its children', () => {
    expect(states().get('Patterns')?.ItemProcessor?.ProcessorConfig).toEqual({ Mode: 'INLINE' });
    const distributed = states({ distributedMap: 'true' });
    expect(distributed.get('Patterns')?.ItemProcessor?.ProcessorConfig).toEqual({
      Mode: 'DISTRIBUTED',
      ExecutionType: 'STANDARD',
    });
    expect(distributed.get('Mine')).toEqual(states().get('Mine'));
    expect(distributed.get('Materialize')).toMatchObject({
      ResultSelector: { 'pattern_key.$': '$.Payload.pattern_key' },
      OutputPath: '$',
    });
    const more = allowedTo(synthesize({ distributedMap: 'true' }), 'CycleRole').filter(l =>
      l.startsWith('states:'),
    );
    expect(more).toEqual([
      expect.stringMatching(/^states:DescribeExecution arn:.*:execution:.*\/\*$/),
      'states:StartExecution Cycle',
      expect.stringMatching(/^states:StopExecution arn:.*:execution:.*\/\*$/),
    ]);
  });
});
