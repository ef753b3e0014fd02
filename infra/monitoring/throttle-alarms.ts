import { Duration } from 'aws-cdk-lib';
import { type Alarm, ComparisonOperator, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { TABLES, type TableName } from '../../shared/dynamodb/keys.ts';
import type { Stage } from '../stage.ts';
import type { Tables } from '../tables.ts';
import { createAlarm } from './alarm.ts';

const NAMES: readonly TableName[] = ['events', 'lessons', 'overrides', 'control'];

/** One alarm a table; an index throttles on its own and counts with its table. */
export function createThrottleAlarms(scope: Construct, stage: Stage, topic: Topic, tables: Tables): Alarm[] {
  return NAMES.map(name =>
    createAlarm(scope, stage, topic, {
      name: `throttled-${name}`,
      description: `DynamoDB throttles the ${name} table`,
      firstAction: 'look on the dashboard whether reads or writes are throttled and since when',
      metric: throttled(name, tables[name]),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
    }),
  );
}

export function throttled(name: TableName, table: Table): MathExpression {
  const index = TABLES[name].index?.name;
  const events = (metricName: string, GlobalSecondaryIndexName?: string) =>
    new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: {
        TableName: table.tableName,
        ...(GlobalSecondaryIndexName === undefined ? {} : { GlobalSecondaryIndexName }),
      },
      statistic: 'Sum',
    });
  // Named after the table: one graph holds them all.
  const usingMetrics: Record<string, Metric> = {
    [`${name}Reads`]: events('ReadThrottleEvents'),
    [`${name}Writes`]: events('WriteThrottleEvents'),
    ...(index && {
      [`${name}IndexReads`]: events('ReadThrottleEvents', index),
      [`${name}IndexWrites`]: events('WriteThrottleEvents', index),
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
