import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { OUTCOMES_INDEX } from '../shared/store/keys.ts';
import { ACCESS, type AccessTarget, type TableAction } from './access.ts';
import type { FunctionName } from './functions.ts';
import type { Tables } from './tables.ts';

/** Grants a function its row of the access table, on exact ARNs. */
export function grantTables(name: FunctionName, grantee: IGrantable, tables: Tables): void {
  const arns: Readonly<Record<AccessTarget, string>> = {
    events: tables.events.tableArn,
    outcomes: `${tables.events.tableArn}/index/${OUTCOMES_INDEX}`,
    lessons: tables.lessons.tableArn,
    overrides: tables.overrides.tableArn,
    control: tables.control.tableArn,
  };
  for (const target of Object.keys(arns).filter((key): key is AccessTarget => Object.hasOwn(arns, key))) {
    const actions: readonly TableAction[] = ACCESS[name][target] ?? [];
    if (actions.length === 0) continue;
    Grant.addToPrincipal({
      grantee,
      actions: actions.map(action => `dynamodb:${action}`),
      resourceArns: [arns[target]],
    });
  }
}
