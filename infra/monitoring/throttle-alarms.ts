import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { TABLES, type TableName } from '../../shared/dynamodb/keys.ts';
import type { Stage } from '../stage.ts';
import type { Tables } from '../tables.ts';
import { createAlarm } from './alarm.ts';

const TABLE_NAMES: readonly TableName[] = ['events', 'lessons', 'overrides', 'control'];

/** Creates one alarm per table. DynamoDB throttles an index separately; the alarm of its table counts both. */
export function createThrottleAlarms(scope: Construct, stage: Stage, topic: Topic, tables: Tables): Alarm[] {
  return TABLE_NAMES.map(name =>
    createAlarm(scope, stage, topic, {
      name: `throttled-${name}`,
      description: `DynamoDB throttles requests to the ${name} table`,
      firstAction:
        'compare ReadThrottleEvents with WriteThrottleEvents of the table, and read since when they occur',
      metric: throttled(name, tables[name]),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
    }),
  );
}

/** Returns the number of throttled requests to a table and its index in 5 minutes. */
export function throttled(name: TableName, table: Table): MathExpression {
  const index = TABLES[name].index?.name;
  const throttleEvents = (metricName: string, GlobalSecondaryIndexName?: string) =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: {
        TableName: table.tableName,
        ...(GlobalSecondaryIndexName === undefined ? {} : { GlobalSecondaryIndexName }),
      },
      statistic: 'Sum',
    });
  // One graph shows all tables, so the ids must differ between tables.
  const usingMetrics: Record<string, Metric> = {
    [`${name}Reads`]: throttleEvents('ReadThrottleEvents'),
    [`${name}Writes`]: throttleEvents('WriteThrottleEvents'),
    ...(index && {
      [`${name}IndexReads`]: throttleEvents('ReadThrottleEvents', index),
      [`${name}IndexWrites`]: throttleEvents('WriteThrottleEvents', index),
    }),
  };
  const terms = Object.keys(usingMetrics).map(id => `FILL(${id}, 0)`);
  return new MathExpression({
    expression: `SUM([${terms.join(', ')}])`,
    label: `Throttled: ${name}`,
    period: Duration.minutes(5),
    usingMetrics,
  });
}
