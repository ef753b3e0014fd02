import { describe, expect, it } from 'vitest';
import { UNQUERIED_AFTER_MS, unqueriedDimensions } from '../../shared/lookup/dimension-coverage.ts';
import type { QueriedDimensions } from '../../shared/lookup/queried-dimensions.ts';
import {
  parseQueriedDimensions,
  QUERIED_DIMENSIONS_MESSAGE,
  QueriedDimensionReporter,
} from '../../shared/lookup/queried-dimensions.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { HOUR, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';

function noted() {
  const clock = { now: NOW };
  const said: QueriedDimensions[] = [];
  const asked = new QueriedDimensionReporter(
    one => said.push(one),
    () => clock.now,
  );
  const note = (pattern: QueriedDimensions['pattern'], scope: object) => {
    asked.record(pattern, normalizeScope(scope));
    return said.splice(0);
  };
  return { clock, note };
}

describe('what look-ups ask with', () => {
  it('is said once an hour for each pattern and dimension, names only', () => {
    const { clock, note } = noted();
    expect(note(S1, { chain: 'solana', bucket: 'nano' })).toEqual([
      { pattern: S1, names: ['bucket', 'chain'] },
    ]);
    expect(note(S1, { chain: 'base', bucket: 'micro' })).toEqual([]);
    expect(note(S1, { chain: 'base', rank: 1 })).toEqual([{ pattern: S1, names: ['rank'] }]);
    expect(note(S2, { chain: 'base' })).toEqual([{ pattern: S2, names: ['chain'] }]);
    clock.now += HOUR - 1;
    expect(note(S1, { chain: 'base' })).toEqual([]);
    clock.now += 1;
    expect(note(S1, { chain: 'base' })).toEqual([{ pattern: S1, names: ['chain'] }]);
  });

  it('of the empty scope is nothing', () => {
    expect(noted().note(S1, {})).toEqual([]);
  });

  it('is bounded: after 1,000 patterns, or 256 dimensions of one, it is said anew', () => {
    const { note } = noted();
    for (let i = 0; i < 1000; i++) note(parsePatternKey(`pm.f${i}.S1.entry`), { chain: 1 });
    expect(note(parsePatternKey('pm.f999.S1.entry'), { chain: 1 })).toHaveLength(0);
    expect(note(parsePatternKey('pm.f1000.S1.entry'), { chain: 1 })).toHaveLength(1);
    expect(note(parsePatternKey('pm.f999.S1.entry'), { chain: 1 })).toHaveLength(1);
    for (let i = 0; i < 256; i++) note(S1, { [`d${i}`]: 1 });
    expect(note(S1, { d255: 1 })).toHaveLength(0);
    expect(note(S1, { d256: 1 })).toHaveLength(1);
    expect(note(S1, { d255: 1 })).toHaveLength(1);
  });
});

describe('lines of the log', () => {
  const line = (fields: object) =>
    JSON.stringify({ level: 'info', message: QUERIED_DIMENSIONS_MESSAGE, ...fields });

  it('are read back', () => {
    expect(parseQueriedDimensions([line({ pattern: S1, dimensions: 'bucket,chain' })])).toEqual([
      { pattern: S1, names: ['bucket', 'chain'] },
    ]);
  });

  it.each([
    ['no JSON'],
    ['7'],
    [JSON.stringify({ message: 'cycle closed', pattern: S1, dimensions: 'chain' })],
    [line({ pattern: S1 })],
    [line({ pattern: S1, dimensions: '' })],
    [line({ pattern: S1, dimensions: 'chain,' })],
    [line({ pattern: S1, dimensions: '#pk' })],
    [line({ pattern: S1, dimensions: '__proto__' })],
  ])('that say something else are left out: %s', text => {
    expect(parseQueriedDimensions([text])).toEqual([]);
  });
});

describe('a dimension is missed', () => {
  const day = UNQUERIED_AFTER_MS;
  const of = (since: number, at?: number) =>
    unqueriedDimensions(
      { used: new Map([['bucket', since]]), queried: new Map(at === undefined ? [] : [['bucket', at]]) },
      NOW,
    );

  it.each<[string, number, number | undefined, boolean]>([
    ['used for a day, never asked with', NOW - day, undefined, true],
    ['used for less, never asked with', NOW - day + 1, undefined, false],
    ['used for a week, last asked with a day ago', NOW - 7 * day, NOW - day, true],
    ['used for a week, asked with since', NOW - 7 * day, NOW - day + MINUTE, false],
    ['used since now', NOW, undefined, false],
  ])('%s', (_, since, at, missed) => {
    expect(of(since, at)).toEqual(missed ? ['bucket'] : []);
  });

  it('only when lessons use it', () => {
    expect(unqueriedDimensions({ used: new Map(), queried: new Map([['chain', NOW]]) }, NOW)).toEqual([]);
  });
});
