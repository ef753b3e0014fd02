import type { TableName } from '../shared/store/keys.ts';
import type { FunctionName } from './functions.ts';

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

type Access = { readonly [target in AccessTarget]?: readonly TableAction[] };

/** What each function may do to each table; nothing else is granted anywhere. */
export const ACCESS: Readonly<Record<FunctionName, Access>> = {
  ingest: {
    // Insert-if-absent in batches, one read to tell a repeat from a conflict, one update per outcome.
    events: ['GetItem', 'PartiQLInsert', 'PutItem', 'UpdateItem'],
    // Counters, the list of patterns, parked outcomes (written, applied, removed).
    control: ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  },
  lookup: {
    control: ['GetItem'],
    overrides: ['Query'],
  },
  operate: {
    control: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
    // Writes: a rollback renews the expiry of the rows that it puts back in force.
    lessons: ['BatchWriteItem', 'PutItem', 'Query'],
    overrides: ['BatchWriteItem', 'PutItem', 'Query'],
  },
  'cycle-open': {
    control: ['GetItem', 'PutItem', 'Query'],
  },
  mine: {
    outcomes: ['Query'],
    control: ['GetItem', 'PutItem'],
    lessons: ['BatchWriteItem', 'Query'],
  },
  materialize: {
    control: ['GetItem', 'PutItem', 'UpdateItem'],
    lessons: ['BatchWriteItem', 'Query'],
    overrides: ['BatchWriteItem', 'Query'],
  },
  'cycle-close': {
    control: ['BatchWriteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
  },
};
