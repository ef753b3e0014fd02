import { describe, expect, it } from 'vitest';
import { TABLES, TTL_ATTRIBUTE } from '../../shared/dynamodb/keys.ts';
import { resources, synthesize } from './synth.ts';

const tables = (context: Record<string, string> = {}) =>
  resources(synthesize(context), 'AWS::DynamoDB::Table');
const names = Object.keys(TABLES)
  .map(name => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Table`)
  .sort();

describe('tables', () => {
  it('Every table of the stores exists, with keys, expiry and point-in-time recovery', () => {
    expect([...tables().keys()].sort()).toEqual(names);
    for (const [name, table] of tables()) {
      expect(table.Properties, name).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      });
    }
  });

  it('Removing a dev stack deletes its tables, and removing a prod stack keeps them', () => {
    for (const [name, table] of tables()) {
      expect(table.DeletionPolicy, name).toBe('Delete');
      expect(table.Properties.DeletionProtectionEnabled, name).toBe(false);
    }
    for (const [name, table] of tables({ stage: 'prod' })) {
      expect([table.DeletionPolicy, table.UpdateReplacePolicy], name).toEqual(['Retain', 'Retain']);
      expect(table.Properties.DeletionProtectionEnabled, name).toBe(true);
    }
  });

  it('No table has a fixed name, so stages can share an account', () => {
    for (const [name, table] of tables({ stage: 'prod' }))
      expect(table.Properties, name).not.toHaveProperty('TableName');
  });

  it('The context customerKey encrypts every table with a rotating key of the account', () => {
    for (const [name, table] of tables({ customerKey: 'true' })) {
      expect(table.Properties.SSESpecification, name).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
    }
    const keys = resources(synthesize({ customerKey: 'true' }), 'AWS::KMS::Key');
    expect([...keys.values()].map(key => key.Properties.EnableKeyRotation)).toEqual([true]);
    const prodKeys = resources(synthesize({ stage: 'prod', customerKey: 'true' }), 'AWS::KMS::Key');
    expect([...prodKeys.values()].map(key => key.DeletionPolicy)).toEqual(['Retain']);
    expect(resources(synthesize(), 'AWS::KMS::Key').size).toBe(0);
  });
});

describe('indexes', () => {
  it('The index of events with an outcome projects exactly the attributes that mining reads', () => {
    expect(tables().get('EventsTable')?.Properties.GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'outcomes',
        KeySchema: [
          { AttributeName: 'rk', KeyType: 'HASH' },
          { AttributeName: 't', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['m', 'o', 'expires_at'] },
      },
    ]);
    expect(tables().get('EventsTable')?.Properties.AttributeDefinitions).toContainEqual({
      AttributeName: 't',
      AttributeType: 'S',
    });
  });
});
