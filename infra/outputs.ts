import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Tables } from './tables.ts';

/** Creates the outputs that people and scripts read after a deployment. */
export function createOutputs(
  scope: Construct,
  values: Readonly<Record<string, string>>,
  tables: Tables,
): void {
  const outputs = {
    ...values,
    EventsTableName: tables.events.tableName,
    LessonsTableName: tables.lessons.tableName,
    OverridesTableName: tables.overrides.tableName,
    ControlTableName: tables.control.tableName,
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(scope, name, { value });
}
