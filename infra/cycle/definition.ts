import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import cycle from './cycle.asl.json' with { type: 'json' };

/** Patterns that a distributed Map processes concurrently. */
const DISTRIBUTED_CONCURRENCY = 40;
/** Label of the Map; it is part of the ARN of every child execution. */
const LABEL = 'Patterns';

/** Returns the definition as JSON. With `distributedMap`, each pattern is a child execution. */
export function cycleDefinition(stage: Pick<Stage, 'distributedMap'>): string {
  if (!stage.distributedMap) return JSON.stringify(cycle);
  const map = cycle.States.Patterns;
  const Patterns = {
    ...map,
    Label: LABEL,
    MaxConcurrency: DISTRIBUTED_CONCURRENCY,
    ItemProcessor: {
      ...map.ItemProcessor,
      // Mining one pattern may take longer than the five minutes of an express execution.
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    },
  };
  return JSON.stringify({ ...cycle, States: { ...cycle.States, Patterns } });
}

/**
 * Lets the state machine start, read and stop its own executions, as a distributed Map requires. A separate policy
 * avoids a cycle: the machine depends on its role's policy, which therefore cannot name the machine.
 */
export function grantChildExecutions(scope: Construct, machine: StateMachine): void {
  const stack = Stack.of(scope);
  const name = stack.resolve(machine.stateMachineName)['Fn::GetAtt'][0];
  // Execution ARNs end in NAME:ID, or NAME/LABEL:ID for a labelled Map.
  const arnSuffixes = [':*', `/${LABEL}:*`];
  const policy = new Policy(scope, 'CycleChildren', {
    roles: [machine.role],
    statements: [
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [machine.stateMachineArn] }),
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: arnSuffixes.map(suffix =>
          stack.formatArn({
            service: 'states',
            resource: 'execution',
            resourceName: `${machine.stateMachineName}${suffix}`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ),
      }),
    ],
  });
  for (const suffix of arnSuffixes) {
    const arn = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${name}.Name>${suffix}`;
    Validations.of(policy).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${arn}]`,
      reason:
        'Executions get their names when they start; the wildcard covers only those of this state machine',
    });
  }
}
