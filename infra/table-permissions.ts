import type { TableName } from '../shared/dynamodb/keys.ts';
import type { FunctionName } from './function-settings.ts';

export type TableAction =
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'DeleteItem'
  | 'GetItem'
  | 'PartiQLInsert'
  | 'PutItem'
  | 'Query'
  | 'UpdateItem';

/** A table, or the index of the events that have an outcome. */
export type AccessTarget = TableName | 'outcomes';

export interface Access {
  readonly on: AccessTarget;
  readonly may: readonly TableAction[];
  /** Only items whose partition key has one of these forms. */
  readonly partitions?: readonly string[];
  /** Only these attributes, the keys among them. */
  readonly attributes?: readonly string[];
}

/** What each function may do to each table; nothing else is granted anywhere. */
export const ACCESS: Readonly<Record<FunctionName, readonly Access[]>> = {
  ingest: [
    // Insert if absent; read what was there; add an outcome. An event is never put over another.
    { on: 'events', may: ['BatchGetItem', 'GetItem', 'PartiQLInsert', 'UpdateItem'] },
    // The list of patterns, and outcomes that wait for their event.
    {
      on: 'control',
      may: ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
      partitions: ['patterns', 'parked#*'],
    },
    // Counters. They share a partition with the head, whose attributes stay out of reach.
    {
      on: 'control',
      may: ['UpdateItem'],
      partitions: ['pattern#*'],
      attributes: [
        'pk',
        'sk',
        'w',
        'events',
        'with_outcome',
        'parked',
        'event_conflicts',
        'outcome_conflicts',
      ],
    },
  ],
  lookup: [
    { on: 'control', may: ['GetItem'] },
    { on: 'overrides', may: ['Query'] },
  ],
  // Which dimensions look-ups ask with; nothing that is in force.
  'record-queried-dimensions': [{ on: 'control', may: ['BatchWriteItem'], partitions: ['dimensions#*'] }],
  admin: [
    { on: 'control', may: ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'] },
    // Updates: a rollback renews the expiry of the rows that it puts back in force.
    { on: 'lessons', may: ['Query', 'UpdateItem'] },
    { on: 'overrides', may: ['Query', 'UpdateItem'] },
    // What-ifs and the study of N_MIN count on the events themselves.
    { on: 'outcomes', may: ['Query'] },
  ],
  'cycle-open': [{ on: 'control', may: ['PutItem', 'Query'] }],
  mine: [
    { on: 'outcomes', may: ['Query'] },
    { on: 'control', may: ['GetItem', 'PutItem'] },
    { on: 'lessons', may: ['BatchWriteItem'] },
    { on: 'overrides', may: ['BatchWriteItem'] },
  ],
  materialize: [
    { on: 'control', may: ['GetItem', 'PutItem'] },
    // Updates: what stays in force is renewed before it expires.
    { on: 'lessons', may: ['Query', 'UpdateItem'] },
    { on: 'overrides', may: ['Query', 'UpdateItem'] },
  ],
  'cycle-close': [{ on: 'control', may: ['GetItem', 'PutItem', 'Query'] }],
};
