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
  readonly target: AccessTarget;
  readonly actions: readonly TableAction[];
  /** Only items whose partition key has one of these forms. */
  readonly partitions?: readonly string[];
  /** Only these attributes, the keys among them. */
  readonly attributes?: readonly string[];
}

/** What each function may do to each table; nothing else is granted anywhere. */
export const ACCESS: Readonly<Record<FunctionName, readonly Access[]>> = {
  ingest: [
    // Insert if absent; read what was there; add an outcome. An event is never put over another.
    { target: 'events', actions: ['BatchGetItem', 'GetItem', 'PartiQLInsert', 'UpdateItem'] },
    // The list of patterns, and outcomes that wait for their event.
    {
      target: 'control',
      actions: ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'],
      partitions: ['patterns', 'parked#*'],
    },
    // The version of the stored formats.
    { target: 'control', actions: ['GetItem'], partitions: ['format'] },
    // Counters. They share a partition with the head, whose attributes stay out of reach.
    {
      target: 'control',
      actions: ['UpdateItem'],
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
    { target: 'control', actions: ['GetItem'] },
    { target: 'overrides', actions: ['Query'] },
  ],
  // Which dimensions look-ups ask with; nothing that is in force.
  'record-queried-dimensions': [
    { target: 'control', actions: ['BatchWriteItem'], partitions: ['dimensions#*'] },
  ],
  admin: [
    { target: 'control', actions: ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'] },
    // Updates: a rollback renews the expiry of the rows that it puts back in force.
    { target: 'lessons', actions: ['Query', 'UpdateItem'] },
    { target: 'overrides', actions: ['Query', 'UpdateItem'] },
    // What-ifs and the study of N_MIN count on the events themselves.
    { target: 'outcomes', actions: ['Query'] },
  ],
  'cycle-open': [{ target: 'control', actions: ['GetItem', 'PutItem', 'Query'] }],
  mine: [
    { target: 'outcomes', actions: ['Query'] },
    { target: 'control', actions: ['GetItem', 'PutItem'] },
    { target: 'lessons', actions: ['BatchWriteItem'] },
    { target: 'overrides', actions: ['BatchWriteItem'] },
  ],
  materialize: [
    { target: 'control', actions: ['GetItem', 'PutItem'] },
    // Updates: what stays in force is renewed before it expires.
    { target: 'lessons', actions: ['Query', 'UpdateItem'] },
    { target: 'overrides', actions: ['Query', 'UpdateItem'] },
  ],
  'cycle-close': [{ target: 'control', actions: ['GetItem', 'PutItem', 'Query'] }],
};
