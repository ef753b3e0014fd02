import { describe, expect, it } from 'vitest';
import type { Warning } from '../../shared/warning/warning.ts';
import { boundWarnings, findingsIn } from '../../shared/warning/warning.ts';

const warnings = (n: number, code: Warning['code'], pattern_key: string): Warning[] =>
  Array.from({ length: n }, (_, i) => ({ code, message: `${pattern_key} ${i}`, pattern_key }));

describe('the bound of a list of warnings', () => {
  it('A list with at most three warnings of each code stays as it is', () => {
    const few = [...warnings(3, 'jump', 'a'), ...warnings(1, 'at_clamp', 'a')];
    expect(boundWarnings(few)).toEqual(few);
    expect(boundWarnings([])).toEqual([]);
  });

  it('Of more than three warnings of one code, three are listed and one entry counts the rest', () => {
    const bounded = boundWarnings([...warnings(15, 'jump', 'a'), ...warnings(1, 'at_clamp', 'a')]);
    expect(bounded.map(({ code, count }) => [code, count])).toEqual([
      ['jump', undefined],
      ['jump', undefined],
      ['jump', undefined],
      ['jump', 12],
      ['at_clamp', undefined],
    ]);
    expect(findingsIn(bounded)).toBe(16);
    expect(bounded[3]).toMatchObject({
      pattern_key: 'a',
      message: expect.stringContaining('12 more of this kind'),
    });
  });

  it('Bounded lists that are bounded together keep the number of findings, and name every pattern first', () => {
    const lists = ['a', 'b', 'c', 'd'].map(pattern => boundWarnings(warnings(10, 'jump', pattern)));
    const bounded = boundWarnings(lists.flat());
    expect(bounded.map(warning => warning.pattern_key)).toEqual(['a', 'b', 'c', undefined]);
    expect(findingsIn(bounded)).toBe(40);
    expect(bounded.at(-1)?.count).toBe(37);
  });
});
