import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import cycle from './cycle.asl.json' with { type: 'json' };

/** Patterns that a distributed Map works on at once. */
const DISTRIBUTED_CONCURRENCY = 40;
/** Stands in the ARN of every child execution. */
const LABEL = 'Patterns';

/** The one definition; for thousands of patterns its Map runs each of them as a child execution. */
export function cycleDefinition(stage: Pick<Stage, 'distributedMap'>): string {
  if (!stage.distributedMap) return JSON.stringify(cycle);
  const map = cycle.States.Patterns;
  const Patterns = {
    ...map,
    Label: LABEL,
    MaxConcurrency: DISTRIBUTED_CONCURRENCY,
    ItemProcessor: {
      ...map.ItemProcessor,
      // Standard: mining one pattern may take longer than the five minutes of an express execution.
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    },
  };
  return JSON.stringify({ ...cycle, States: { ...cycle.States, Patterns } });
}

/** A distributed Map starts executions of its own machine; a policy apart, because the machine waits for its role's. */
export function grantChildExecutions(scope: Construct, machine: StateMachine): void {
  const stack = Stack.of(scope);
  const name = stack.resolve(machine.stateMachineName)['Fn::GetAtt'][0];
  // As AWS documents the policy, and as the children are named.
  const forms = [':*', `/${LABEL}:*`];
  const policy = new Policy(scope, 'CycleChildren', {
    roles: [machine.role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: forms.map(form =>
          stack.formatArn({
            service: 'states',
            resource: 'execution',
            resourceName: `${machine.stateMachineName}${form}`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ),
      }),
    ],
  });
  for (const form of forms) {
    const arn = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${name}.Name>${form}`;
    Validations.of(policy).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arn}]`,
      reason: 'Executions are named when they start; the wildcard is held to those of this state machine',
    });
  }
}
