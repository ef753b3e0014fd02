import type { Template } from 'aws-cdk-lib/assertions';
import { resources, text } from './synth.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface PolicyProperties {
  readonly PolicyDocument: { readonly Statement: Statement[] };
  readonly Roles?: unknown[];
}

/** Returns the permissions of a role as sorted lines `action resource [condition]`. */
export function allowedTo(template: Template, role: string): string[] {
  const lines: string[] = [];
  for (const { Properties } of resources(template, 'AWS::IAM::Policy').values()) {
    const policy = Properties as unknown as PolicyProperties;
    if (!policy.Roles?.some(member => text(member) === role)) continue;
    lines.push(...policy.PolicyDocument.Statement.flatMap(linesOf));
  }
  return lines.sort();
}

function linesOf(statement: Statement): string[] {
  const condition = statement.Condition === undefined ? '' : ` ${JSON.stringify(statement.Condition)}`;
  const effect = statement.Effect === 'Allow' ? '' : `${statement.Effect} `;
  return [statement.Action]
    .flat()
    .flatMap(action =>
      [statement.Resource].flat().map(resource => `${effect}${action} ${text(resource)}${condition}`),
    );
}
