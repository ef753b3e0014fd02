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

/** A table, or `outcomes`, the index of the events that have an outcome. */
export type AccessTarget = TableName | 'outcomes';

export interface Access {
  readonly target: AccessTarget;
  readonly actions: readonly TableAction[];
  /** Restricts access to items whose partition key equals one of these texts; `*` matches any text. */
  readonly partitions?: readonly string[];
  /** Restricts access to these attributes, keys included; `*` matches any text. */
  readonly attributes?: readonly string[];
}

/** Actions of each function on each table. No function gets any other permission on a table. */
export const ACCESS: Readonly<Record<FunctionName, readonly Access[]>> = {
  ingest: [
    // Inserts an event if absent, reads the existing one, adds an outcome, queries the windows of an episode. Without
    // PutItem it cannot replace an event.
    { target: 'events', actions: ['BatchGetItem', 'GetItem', 'PartiQLInsert', 'Query', 'UpdateItem'] },
    // Registers patterns and writers, counts the patterns that a pm has founded, parks outcomes, and queries those that several pms have parked for one event.
    {
      target: 'control',
      actions: ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
      partitions: ['patterns', 'writers', 'founded#*', 'parked#*'],
    },
    // Records factors of events whose names are near misses of known ones.
    { target: 'control', actions: ['BatchWriteItem'], partitions: ['dimensions#*'] },
    // Marks the days of old events, before they are written.
    { target: 'control', actions: ['UpdateItem'], partitions: ['days#*'] },
    // Updates counters. Their partition also holds the head, whose attributes are not in the list.
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
        'waiting',
        'waiting_since',
        'by_*',
      ],
    },
  ],
  lookup: [
    // Reads the head and the switch for everything by one request, and the heads of all patterns for the list of
    // snapshots.
    { target: 'control', actions: ['BatchGetItem', 'GetItem'] },
    // Lists the patterns, to suggest the nearest one for a pattern that no event named.
    { target: 'control', actions: ['Query'], partitions: ['patterns'] },
    { target: 'overrides', actions: ['Query'] },
  ],
  // The page is constant.
  page: [],
  // Writes the dimensions that look-ups used and the counts of degraded ones, and nothing that is in force.
  'record-queried-dimensions': [
    // Reads which dimensions lessons use; others are not recorded.
    { target: 'control', actions: ['GetItem'], partitions: ['dimensions#*'] },
    { target: 'control', actions: ['BatchWriteItem'], partitions: ['dimensions#*'] },
    { target: 'control', actions: ['UpdateItem'], partitions: ['degraded'] },
  ],
  admin: [
    { target: 'control', actions: ['BatchGetItem', 'GetItem', 'Query'] },
    // Writes heads, past generations, the list of changes, the switch for everything, and exclusions of writers.
    { target: 'control', actions: ['PutItem'], partitions: ['pattern#*', 'changes', 'service', 'writers'] },
    // A rollback updates the expiry of the rows that it puts back in force.
    { target: 'lessons', actions: ['Query', 'UpdateItem'] },
    { target: 'overrides', actions: ['Query', 'UpdateItem'] },
    // What-ifs, the N_MIN study and the list of events read the index, the list also the events themselves.
    { target: 'outcomes', actions: ['Query'] },
    { target: 'events', actions: ['BatchGetItem', 'Query'] },
  ],
  'cycle-open': [
    // Reads every head, because retired patterns are left out.
    { target: 'control', actions: ['BatchGetItem', 'GetItem', 'Query'] },
    // Writes the record of the run, the version of the stored formats, and the mode that an event brought back.
    {
      target: 'control',
      actions: ['PutItem'],
      partitions: ['cycles', 'trials', 'format', 'pattern#*', 'changes'],
    },
    // Stores the list of the patterns of a run.
    { target: 'control', actions: ['BatchWriteItem'], partitions: ['run-patterns#*'] },
  ],
  // Stores the computed lessons and overrides. `materialize` puts them in force, by a write of the head.
  mine: [
    { target: 'outcomes', actions: ['Query'] },
    { target: 'control', actions: ['GetItem'] },
    // Writes what a run found besides: near lessons, evidence, values, dimensions; and which events are damaged.
    { target: 'control', actions: ['PutItem'], partitions: ['pattern#*', 'dimensions#*', 'cycle#*'] },
    // Reads past generations, and the names that look-ups and events use, for the warnings of a run; and sealed days.
    {
      target: 'control',
      actions: ['Query'],
      partitions: ['pattern#*', 'dimensions#*', 'writers', 'days#*', 'sealed#*'],
    },
    // Seals days.
    { target: 'control', actions: ['BatchWriteItem'], partitions: ['sealed#*'] },
    { target: 'control', actions: ['UpdateItem'], partitions: ['days#*'] },
    // Reads what is in force, to write it anew when rows are missing.
    { target: 'lessons', actions: ['BatchWriteItem', 'Query'] },
    { target: 'overrides', actions: ['BatchWriteItem', 'Query'] },
  ],
  materialize: [
    { target: 'control', actions: ['GetItem'] },
    // Writes the head, the past generation, the list of changes, and the record of the pattern in the run.
    { target: 'control', actions: ['PutItem'], partitions: ['pattern#*', 'changes', 'cycle#*'] },
    // Updates renew rows that stay in force before they expire.
    { target: 'lessons', actions: ['Query', 'UpdateItem'] },
    { target: 'overrides', actions: ['Query', 'UpdateItem'] },
  ],
  'cycle-close': [
    // Reads every head and every counter, to find outcomes that wait.
    { target: 'control', actions: ['BatchGetItem', 'GetItem', 'Query'] },
    // Writes the record of the run, and of its patterns that failed.
    {
      target: 'control',
      actions: ['PutItem'],
      partitions: ['cycles', 'trials', 'last-cycle', 'cycle#*'],
    },
  ],
  'notify-poll': [
    // Reads the list of changes, the runs and what `status` reads.
    { target: 'control', actions: ['BatchGetItem', 'GetItem', 'Query'] },
    { target: 'outcomes', actions: ['Query'] },
    { target: 'control', actions: ['PutItem'], partitions: ['notifications'] },
  ],
  // Reads and writes which targets have ended.
  'notify-deliver': [{ target: 'control', actions: ['PutItem', 'Query'], partitions: ['notifications'] }],
};
