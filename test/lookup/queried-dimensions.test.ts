import { describe, expect, it } from 'vitest';
import { QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';
import type { QueriedDimensions } from '../../shared/lookup/queried-dimensions.ts';
import { parseQueriedDimensions, QueriedDimensionReporter } from '../../shared/lookup/queried-dimensions.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { UNQUERIED_AFTER_MS, unqueriedDimensions } from '../../shared/warning/dimension-coverage.ts';
import { HOUR, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';

function recorder() {
  const clock = { now: NOW };
  const reported: QueriedDimensions[] = [];
  const reporter = new QueriedDimensionReporter(
    queried => reported.push(queried),
    () => clock.now,
  );
  const record = (pattern: QueriedDimensions['pattern'], scope: object) => {
    reporter.record(pattern, normalizeScope(scope));
    return reported.splice(0);
  };
  const recordSnapshot = (pattern: QueriedDimensions['pattern'], caller?: string) => {
    reporter.recordSnapshot(pattern, caller);
    return reported.splice(0);
  };
  return { clock, record, recordSnapshot };
}

describe('dimensions of look-ups', () => {
  it('The name of a queried dimension is reported once an hour for each pattern', () => {
    const { clock, record } = recorder();
    expect(record(S1, { chain: 'solana', bucket: 'nano' })).toEqual([
      { pattern: S1, names: ['bucket', 'chain'] },
    ]);
    expect(record(S1, { chain: 'base', bucket: 'micro' })).toEqual([]);
    expect(record(S1, { chain: 'base', rank: 1 })).toEqual([{ pattern: S1, names: ['rank'] }]);
    expect(record(S2, { chain: 'base' })).toEqual([{ pattern: S2, names: ['chain'] }]);
    clock.now += HOUR - 1;
    expect(record(S1, { chain: 'base' })).toEqual([]);
    clock.now += 1;
    expect(record(S1, { chain: 'base' })).toEqual([{ pattern: S1, names: ['chain'] }]);
  });

  it('A look-up with the empty scope reports no dimension', () => {
    expect(recorder().record(S1, {})).toEqual([]);
  });

  it('A bot that reads the snapshot counts as one that sends every dimension, and the page does not', () => {
    const { recordSnapshot } = recorder();
    expect(recordSnapshot(S1)).toEqual([]);
    const [reported] = recordSnapshot(S1, 'token:bot 1');
    expect(reported).toEqual({ pattern: S1, names: ['*'], caller: 'token:bot 1' });
    const line = { message: QUERIED_DIMENSIONS_MESSAGE, pattern: S1, dimensions: '*', caller: 'token:bot 1' };
    expect(parseQueriedDimensions([JSON.stringify(line)])).toEqual([reported]);
  });

  it('Dimension names are reported again early after 1,000 patterns, or 256 dimensions of one pattern', () => {
    const { record } = recorder();
    for (let i = 0; i < 1000; i++) record(parsePatternKey(`pm.f${i}.S1.entry`), { chain: 1 });
    expect(record(parsePatternKey('pm.f999.S1.entry'), { chain: 1 })).toHaveLength(0);
    expect(record(parsePatternKey('pm.f1000.S1.entry'), { chain: 1 })).toHaveLength(1);
    expect(record(parsePatternKey('pm.f999.S1.entry'), { chain: 1 })).toHaveLength(1);
    for (let i = 0; i < 256; i++) record(S1, { [`d${i}`]: 1 });
    expect(record(S1, { d255: 1 })).toHaveLength(0);
    expect(record(S1, { d256: 1 })).toHaveLength(1);
    expect(record(S1, { d255: 1 })).toHaveLength(1);
  });
});

describe('lines of the log', () => {
  const line = (fields: object) =>
    JSON.stringify({ level: 'info', message: QUERIED_DIMENSIONS_MESSAGE, ...fields });

  it('A log line of queried dimensions is parsed into pattern and names', () => {
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
  ])('A log line with other content is left out: %s', text => {
    expect(parseQueriedDimensions([text])).toEqual([]);
  });
});

describe('unqueried dimensions', () => {
  const day = UNQUERIED_AFTER_MS;
  const unqueried = (since: number, at?: number) =>
    unqueriedDimensions(
      { used: new Map([['bucket', since]]), queried: new Map(at === undefined ? [] : [['bucket', at]]) },
      NOW,
    );

  it.each<[string, number, number | undefined, boolean]>([
    [
      'is listed as unqueried when lessons used it for a day and no look-up ever did',
      NOW - day,
      undefined,
      true,
    ],
    ['is not listed as unqueried when lessons used it for less than a day', NOW - day + 1, undefined, false],
    [
      'is listed as unqueried when lessons used it for a week and the last look-up did a day ago',
      NOW - 7 * day,
      NOW - day,
      true,
    ],
    [
      'is not listed as unqueried when a look-up used it within the day',
      NOW - 7 * day,
      NOW - day + MINUTE,
      false,
    ],
    ['is not listed as unqueried when lessons begin to use it', NOW, undefined, false],
  ])('A dimension %s', (_, since, at, listed) => {
    expect(unqueried(since, at)).toEqual(listed ? ['bucket'] : []);
  });

  it('A dimension that no lesson uses is not listed as unqueried', () => {
    expect(unqueriedDimensions({ used: new Map(), queried: new Map([['chain', NOW]]) }, NOW)).toEqual([]);
  });
});
