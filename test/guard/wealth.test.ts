import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockFlips, FlipCounts, GuardSide } from '../../shared/guard/wealth.ts';
import { betOf, Wealth } from '../../shared/guard/wealth.ts';

const PAYOFF = { win: 2, loss: 1 };
const NONE: FlipCounts = { success: 0, failure: 0, neutral: 0, unknown: 0 };

/** Blocks with their x: W = 2, L = 1. */
const GOLDEN: readonly BlockFlips[] = [
  { loosened: { ...NONE, failure: 5 }, tightened: NONE },
  {
    loosened: { ...NONE, success: 1, failure: 1, neutral: 2 },
    tightened: { ...NONE, success: 1, failure: 1 },
  },
  { loosened: { ...NONE, success: 2, failure: 4 }, tightened: NONE },
  { loosened: { ...NONE, failure: 3 }, tightened: { ...NONE, failure: 1, success: 1, neutral: 0 } },
  { loosened: NONE, tightened: { ...NONE, success: 2, failure: 2 } },
  { loosened: { ...NONE, success: 1, failure: 6 }, tightened: NONE },
  { loosened: { ...NONE, success: 1, failure: 3, neutral: 1 }, tightened: { ...NONE, success: 1 } },
  { loosened: { ...NONE, failure: 4 }, tightened: NONE },
];
const SIZES = [
  [5, 0, -5],
  [4, 2, 0],
  [6, 0, 0],
  [3, 1, -4],
  [0, 4, -2],
  [7, 0, -4],
  [5, 1, -3],
  [4, 0, -4],
] as const;
const HARM = [
  0.293912622202, 0.293912622202, 0.293912622202, 0.60751148027, 0.857847324717, 1.06595990813,
  1.263045816211, 1.583797102405,
];
const GAIN = [
  -0.798507696218, -0.798507696218, -0.798507696218, -1.08077237054, -1.173853210059, -1.365287454591,
  -1.49081747282, -1.657202069951,
];

describe('Wealth', () => {
  it.each([
    ['harm', HARM],
    ['gain', GAIN],
  ] as const)('The golden values of %s are met to 1e-10', (side, expected) => {
    const wealth = new Wealth(side);
    SIZES.forEach(([loosened, tightened, x], i) => {
      const most = side === 'harm' ? 2 * loosened + tightened : loosened + 2 * tightened;
      expect(wealth.add({ x, most })).toBeCloseTo(expected[i] ?? Number.NaN, 10);
    });
  });

  it('The sums of a block follow from the counts of its flips', () => {
    const [first, , third] = GOLDEN;
    expect(first && betOf(first, PAYOFF, 'harm')).toEqual({ x: -5, most: 10 });
    expect(third && betOf(third, PAYOFF, 'gain')).toEqual({ x: 0, most: 6 });
    expect(
      betOf({ loosened: { ...NONE, unknown: 2 }, tightened: { ...NONE, unknown: 3 } }, PAYOFF, 'harm'),
    ).toEqual({
      x: 7,
      most: 7,
    });
    expect(
      betOf({ loosened: { ...NONE, unknown: 2 }, tightened: { ...NONE, unknown: 3 } }, PAYOFF, 'gain'),
    ).toEqual({
      x: -8,
      most: 8,
    });
  });

  it('The tightened flips of the golden blocks give the x of the table', () => {
    const x = (block: BlockFlips | undefined) => block && betOf(block, PAYOFF, 'harm').x;
    expect(x(GOLDEN[4])).toBe(-2);
    expect(x(GOLDEN[5])).toBe(-4);
  });

  it('Sealed wealth goes on where it stopped, bit for bit', () => {
    const whole = new Wealth('harm');
    for (const [l, t, x] of SIZES) whole.add({ x, most: 2 * l + t });
    const first = new Wealth('harm');
    for (const [l, t, x] of SIZES.slice(0, 3)) first.add({ x, most: 2 * l + t });
    const second = new Wealth('harm', JSON.parse(JSON.stringify(first.stored())));
    for (const [l, t, x] of SIZES.slice(3)) second.add({ x, most: 2 * l + t });
    expect(second.stored()).toEqual(whole.stored());
  });
});

const outcome = fc.constantFrom('success', 'failure', 'neutral') as fc.Arbitrary<
  'success' | 'failure' | 'neutral'
>;
const flip = fc.record({ loosened: fc.boolean(), outcome, known: fc.boolean() });
const history = fc.array(fc.array(flip, { maxLength: 8 }), { maxLength: 20 });
const amount = fc.integer({ min: 1, max: 40 }).map(n => n / 8);

type Flip = {
  readonly loosened: boolean;
  readonly outcome: 'success' | 'failure' | 'neutral';
  readonly known: boolean;
};

function blockOf(flips: readonly Flip[], full: boolean): BlockFlips {
  const count = (loosened: boolean): FlipCounts => {
    const counts = { ...NONE };
    for (const f of flips.filter(f => f.loosened === loosened))
      counts[f.known || full ? f.outcome : 'unknown']++;
    return counts;
  };
  return { loosened: count(true), tightened: count(false) };
}

describe('Wealth from partial knowledge', () => {
  it.each(['harm', 'gain'] as readonly GuardSide[])(
    'Partial wealth of %s exceeds full wealth at no prefix of 10,000 random histories',
    side => {
      fc.assert(
        fc.property(history, amount, amount, (blocks, win, loss) => {
          const full = new Wealth(side);
          const partial = new Wealth(side);
          for (const flips of blocks) {
            const all = full.add(betOf(blockOf(flips, true), { win, loss }, side));
            const some = partial.add(betOf(blockOf(flips, false), { win, loss }, side));
            if (some > all + 1e-12) return false;
          }
          return partial.highest <= full.highest + 1e-12;
        }),
        { numRuns: 10_000 },
      );
    },
  );
});
