import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { OUTCOMES_INDEX } from '../shared/dynamodb/keys.ts';
import type { FunctionName } from './function-settings.ts';
import { ACCESS, type Access, type AccessTarget, type TableAction } from './table-permissions.ts';
import type { Tables } from './tables.ts';

const READ_ACTIONS: ReadonlySet<TableAction> = new Set(['BatchGetItem', 'GetItem', 'Query']);
const KEY_READ_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_WRITE_ACTIONS = [
  ...KEY_READ_ACTIONS,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Grants a function its entries of `ACCESS`, on exact ARNs, and the use of a customer-managed key of the tables. */
export function grantTables(name: FunctionName, role: IRole, tables: Tables): void {
  const arns: Readonly<Record<AccessTarget, string>> = {
    events: tables.events.tableArn,
    outcomes: `${tables.events.tableArn}/index/${OUTCOMES_INDEX}`,
    lessons: tables.lessons.tableArn,
    overrides: tables.overrides.tableArn,
    control: tables.control.tableArn,
  };
  for (const access of ACCESS[name]) {
    const actions = access.actions.map(action => `dynamodb:${action}`);
    role.addToPrincipalPolicy(
      new PolicyStatement({ actions, resources: [arns[access.target]], conditions: conditions(access) }),
    );
  }
  grantKey(name, role, tables);
}

/** Returns item-level conditions: all keys and all attributes of a request must be in the lists. */
function conditions({ partitions, attributes }: Access): Record<string, Record<string, readonly string[]>> {
  if (!partitions && !attributes) return {};
  return {
    'ForAllValues:StringLike': {
      ...(partitions && { 'dynamodb:LeadingKeys': partitions }),
      ...(attributes && { 'dynamodb:Attributes': attributes }),
    },
  };
}

function grantKey(name: FunctionName, role: IRole, tables: Tables): void {
  const key = tables.events.encryptionKey;
  if (!key) return;
  const writes = ACCESS[name].some(({ actions }) => actions.some(action => !READ_ACTIONS.has(action)));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: writes ? KEY_WRITE_ACTIONS : KEY_READ_ACTIONS,
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(role).region}.amazonaws.com` } },
    }),
  );
}
