import { describe, expect, it } from 'vitest';
import { Fault } from '../../shared/errors.ts';
import type { RowSetRef } from '../../shared/generation/generation.ts';
import { GenerationCache } from '../../shared/lookup/generation-cache.ts';
import type { Override } from '../../shared/override/override.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

const S3 = parsePatternKey('pm.uptrend.S3.retest');
const set = (id: string): RowSetRef => ({ id, rows: 1, chunks: 1 });
const rows = (n: number): Override[] => new Array<Override>(n).fill(override('tuning_ts_min', {}, 0.9));

/** Returns a store whose sets have the given number of rows, and the list of its reads. */
function storeOf(size: number | ((id: string) => number)) {
  const reads: string[] = [];
  const read = async (pattern: PatternKey, { id }: RowSetRef): Promise<Override[]> => {
    reads.push(`${pattern}@${id}`);
    return rows(typeof size === 'number' ? size : size(id));
  };
  return { reads, read };
}

describe('generation cache', () => {
  it('The cache reads a set once', async () => {
    const { reads, read } = storeOf(3);
    const cache = new GenerationCache(read);
    const index = await cache.index(S1, set('a'));
    expect(index.size).toBe(3);
    expect(await cache.index(S1, set('a'))).toBe(index);
    expect(reads).toEqual([`${S1}@a`]);
  });

  it('Simultaneous first look-ups of a set share one read of the store', async () => {
    const { reads, read } = storeOf(3);
    const cache = new GenerationCache(read);
    const indexes = await Promise.all(Array.from({ length: 50 }, () => cache.index(S1, set('a'))));
    expect([new Set(indexes).size, reads.length]).toEqual([1, 1]);
  });

  it('Sets of different patterns with equal ids are separate entries of the cache', async () => {
    const { reads, read } = storeOf(3);
    const cache = new GenerationCache(read);
    await cache.index(S1, set('a'));
    await cache.index(S2, set('a'));
    expect(reads).toEqual([`${S1}@a`, `${S2}@a`]);
  });

  it('A failed read of a set fails every look-up that waits for it, and is not cached', async () => {
    let reads = 0;
    const cache = new GenerationCache(async () => {
      if (++reads === 1) throw new Fault('store_unavailable', 'no');
      return rows(1);
    });
    const both = await Promise.allSettled([cache.index(S1, set('a')), cache.index(S1, set('a'))]);
    expect(both.map(r => r.status)).toEqual(['rejected', 'rejected']);
    expect((await cache.index(S1, set('a'))).size).toBe(1);
    expect(reads).toBe(2);
  });

  it('A new generation of a pattern replaces the old one in the cache', async () => {
    const { reads, read } = storeOf(3);
    const cache = new GenerationCache(read);
    await cache.index(S1, set('a'));
    await cache.index(S1, set('b'));
    await cache.index(S1, set('b'));
    await cache.index(S1, set('a'));
    expect(reads).toEqual([`${S1}@a`, `${S1}@b`, `${S1}@a`]);
  });

  it('The least recently used pattern is evicted from the cache beyond 100,000 overrides', async () => {
    const { reads, read } = storeOf(40_000);
    const cache = new GenerationCache(read);
    await cache.index(S1, set('a'));
    await cache.index(S2, set('a'));
    await cache.index(S1, set('a'));
    await cache.index(S3, set('a'));
    reads.length = 0;
    await cache.index(S1, set('a'));
    await cache.index(S3, set('a'));
    expect(reads).toEqual([]);
    await cache.index(S2, set('a'));
    expect(reads).toEqual([`${S2}@a`]);
  });

  it('A set of more than 100,000 overrides stays in the cache until the next set is read', async () => {
    const { reads, read } = storeOf(id => (id === 'huge' ? 100_001 : 1));
    const cache = new GenerationCache(read);
    await cache.index(S1, set('huge'));
    await cache.index(S1, set('huge'));
    expect(reads).toEqual([`${S1}@huge`]);
    await cache.index(S1, set('small'));
    reads.length = 0;
    await cache.index(S1, set('small'));
    expect(reads).toEqual([]);
    await cache.index(S1, set('huge'));
    expect(reads).toEqual([`${S1}@huge`]);
  });
});
