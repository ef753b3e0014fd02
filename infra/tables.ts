import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { TABLES, type TableKeys, type TableName, TTL_ATTRIBUTE } from '../shared/dynamodb/keys.ts';
import type { Stage } from './stage.ts';

export type Tables = Readonly<Record<TableName, Table>>;

/** Creates the four tables with the keys that the stores use. */
export function createTables(scope: Construct, stage: Stage): Tables {
  const removalPolicy = stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  const props = {
    removalPolicy,
    deletionProtection: stage.keepData,
    ...encryption(scope, stage, removalPolicy),
  };
  return {
    events: createTable(scope, 'EventsTable', TABLES.events, props),
    lessons: createTable(scope, 'LessonsTable', TABLES.lessons, props),
    overrides: createTable(scope, 'OverridesTable', TABLES.overrides, props),
    control: createTable(scope, 'ControlTable', TABLES.control, props),
  };
}

type Common = Pick<TableProps, 'removalPolicy' | 'deletionProtection' | 'encryption' | 'encryptionKey'>;

function encryption(scope: Construct, stage: Stage, removalPolicy: RemovalPolicy): Common {
  if (!stage.customerKey) return {};
  const encryptionKey = new Key(scope, 'TablesKey', { enableKeyRotation: true, removalPolicy });
  return { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey };
}

function createTable(scope: Construct, id: string, keys: TableKeys, common: Common): Table {
  const table = new Table(scope, id, {
    ...common,
    partitionKey: { name: keys.partition, type: AttributeType.STRING },
    sortKey: { name: keys.sort, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: TTL_ATTRIBUTE,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  });
  if (keys.index) {
    table.addGlobalSecondaryIndex({
      indexName: keys.index.name,
      partitionKey: { name: keys.index.partition, type: AttributeType.STRING },
      sortKey: { name: keys.index.sort, type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...keys.index.projected],
    });
  }
  return table;
}
