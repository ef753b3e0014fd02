import { readFileSync } from 'node:fs';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from './functions.ts';

export type CycleFunctions = Readonly<
  Record<Extract<FunctionName, 'cycle-open' | 'mine' | 'materialize' | 'cycle-close'>, IFunction>
>;

const definition = readFileSync(new URL('cycle.asl.json', import.meta.url), 'utf8');

/** The state machine of `cycle.asl.json`, and the schedule that starts it every hour. */
export function createCycle(scope: Construct, functions: CycleFunctions): StateMachine {
  const machine = new StateMachine(scope, 'Cycle', {
    definitionBody: DefinitionBody.fromString(definition),
    definitionSubstitutions: {
      CycleOpenFunctionArn: functions['cycle-open'].functionArn,
      MineFunctionArn: functions.mine.functionArn,
      MaterializeFunctionArn: functions.materialize.functionArn,
      CycleCloseFunctionArn: functions['cycle-close'].functionArn,
    },
  });
  for (const step of Object.values(functions)) step.grantInvoke(machine);
  new Schedule(scope, 'Hourly', {
    schedule: ScheduleExpression.cron({ minute: '9' }),
    target: new StepFunctionsStartExecution(machine, { input: ScheduleTargetInput.fromObject({}) }),
  });
  return machine;
}
