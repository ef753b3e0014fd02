import { expect, it } from 'vitest';
import { PairMemo } from '../../shared/override/pair-memo.ts';

const key = (i: number): Int32Array => Int32Array.of(i % 97, -1, i);

it('A memo returns each value under its own pairs and kind only', () => {
  const memo = new PairMemo<string>(3);
  for (let i = 0; i < 1000; i++) for (const kind of [0, 2]) memo.set(key(i), kind, `${i} ${kind}`);
  for (let i = 0; i < 1000; i++) {
    const values = [0, 1, 2].map(kind => memo.get(key(i), kind));
    expect(values).toEqual([`${i} 0`, undefined, `${i} 2`]);
  }
});

it('A memo that is full forgets values, and never returns one of another key', () => {
  const memo = new PairMemo<number>(3);
  for (let i = 0; i < 50_000; i++) {
    memo.set(key(i), 0, i);
    expect(memo.get(key(i), 0)).toBe(i);
  }
  let kept = 0;
  for (let i = 0; i < 50_000; i++) {
    const value = memo.get(key(i), 0);
    if (value === undefined) continue;
    expect(value).toBe(i);
    kept++;
  }
  expect(kept).toBeGreaterThan(1000);
  expect(kept).toBeLessThanOrEqual(8192);
});

it('A memo for pairs of length 0 has one value a kind', () => {
  const memo = new PairMemo<string>(0);
  memo.set(new Int32Array(0), 1, 'a');
  expect([0, 1].map(kind => memo.get(new Int32Array(0), kind))).toEqual([undefined, 'a']);
});
