import { Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { FunctionName } from '../function-settings.ts';
import { createLogGroup } from '../log-group.ts';
import type { Stage } from '../stage.ts';
import { cycleDefinition, grantChildExecutions } from './definition.ts';

type StepName = Extract<FunctionName, 'cycle-open' | 'mine' | 'materialize' | 'cycle-close'>;
type CycleFunctions = Readonly<Record<StepName, IFunction>>;

interface Cycle {
  readonly machine: StateMachine;
  readonly logs: LogGroup;
}

/** Creates the state machine of `cycle.asl.json`; it may invoke its four functions and nothing else. */
export function createCycle(scope: Construct, stage: Stage, functions: CycleFunctions): Cycle {
  const logs = createLogGroup(scope, 'CycleLogs', stage);
  const machine = new StateMachine(scope, 'Cycle', {
    comment: `PM Tuning ${stage.name}: one tuning run`,
    definitionBody: DefinitionBody.fromString(cycleDefinition(stage)),
    definitionSubstitutions: {
      CycleOpenFunctionArn: functions['cycle-open'].functionArn,
      MineFunctionArn: functions.mine.functionArn,
      MaterializeFunctionArn: functions.materialize.functionArn,
      CycleCloseFunctionArn: functions['cycle-close'].functionArn,
    },
    tracingEnabled: true,
    // The log contains names, states and errors of every step, but neither inputs nor outputs.
    logs: {
      destination: logs,
      level: LogLevel.ALL,
      includeExecutionData: false,
    },
  });
  machine.addToRolePolicy(
    new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: Object.values(functions).map(step => step.functionArn),
    }),
  );
  Validations.of(machine).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason:
      'Log delivery and tracing support no resource-level permissions; the functions are granted by ARN',
  });
  if (stage.distributedMap) grantChildExecutions(scope, machine);
  return { machine, logs };
}
