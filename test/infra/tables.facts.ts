import { describe, expect, it } from 'vitest';
import { TABLES, TTL_ATTRIBUTE } from '../../shared/dynamodb/keys.ts';
import { resources, synthesize } from './synth.ts';

const tables = (context: Record<string, string> = {}) =>
  resources(synthesize(context), 'AWS::DynamoDB::Table');
const names = Object.keys(TABLES)
  .map(name => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Table`)
  .sort();

describe('every table', () => {
  it('is one that the stores name, with keys, expiry and recovery', () => {
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

  it('goes with a dev stack, and survives a prod stack', () => {
    for (const [name, table] of tables()) {
      expect(table.DeletionPolicy, name).toBe('Delete');
      expect(table.Properties.DeletionProtectionEnabled, name).toBe(false);
    }
    for (const [name, table] of tables({ stage: 'prod' })) {
      expect([table.DeletionPolicy, table.UpdateReplacePolicy], name).toEqual(['Retain', 'Retain']);
      expect(table.Properties.DeletionProtectionEnabled, name).toBe(true);
    }
  });

  it('has no fixed name, so that stages share an account', () => {
    for (const [name, table] of tables({ stage: 'prod' }))
      expect(table.Properties, name).not.toHaveProperty('TableName');
  });

  it('is encrypted with a rotating key of the account by context', () => {
    for (const [name, table] of tables({ customerKey: 'true' })) {
      expect(table.Properties.SSESpecification, name).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' });
    }
    const keys = resources(synthesize({ customerKey: 'true' }), 'AWS::KMS::Key');
    expect([...keys.values()].map(key => key.Properties.EnableKeyRotation)).toEqual([true]);
    const kept = resources(synthesize({ stage: 'prod', customerKey: 'true' }), 'AWS::KMS::Key');
    expect([...kept.values()].map(key => key.DeletionPolicy)).toEqual(['Retain']);
    expect(resources(synthesize(), 'AWS::KMS::Key').size).toBe(0);
  });
});

describe('the index of events with an outcome', () => {
  it('is the one that mining reads, with what mining reads and no more', () => {
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
