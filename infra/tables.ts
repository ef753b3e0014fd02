import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TABLES, type TableKeys, type TableName, TTL_ATTRIBUTE } from '../shared/store/keys.ts';

export type Tables = Readonly<Record<TableName, Table>>;

/** The four tables, from the keys that the stores use. */
export function createTables(scope: Construct): Tables {
  return {
    events: createTable(scope, 'EventsTable', TABLES.events),
    lessons: createTable(scope, 'LessonsTable', TABLES.lessons),
    overrides: createTable(scope, 'OverridesTable', TABLES.overrides),
    control: createTable(scope, 'ControlTable', TABLES.control),
  };
}

function createTable(scope: Construct, id: string, keys: TableKeys): Table {
  const table = new Table(scope, id, {
    partitionKey: { name: keys.partition, type: AttributeType.STRING },
    sortKey: { name: keys.sort, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: TTL_ATTRIBUTE,
  });
  if (keys.index) {
    table.addGlobalSecondaryIndex({
      indexName: keys.index.name,
      partitionKey: { name: keys.index.partition, type: AttributeType.STRING },
      sortKey: { name: keys.index.sort, type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...keys.index.projected],
    });
  }
  return table;
}
