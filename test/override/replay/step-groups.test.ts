import { expect, test } from 'vitest';
import { SIDE, StepGroups, signOf } from '../../../shared/override/replay/step-groups.ts';

test('The code of a step group is decoded into its gate, slice and side', () => {
  const groups = new StepGroups(3, 10);
  expect(groups.of(2, 3, SIDE.tighten)).toBe(47);
  const codes = [0, 1, 2].flatMap(gate =>
    Array.from({ length: 10 }, (_, slice) =>
      [SIDE.loosen, SIDE.tighten].map(side => ({ gate, slice, side })),
    ),
  );
  codes.flat().forEach((group, code) => {
    expect(groups.of(group.gate, group.slice, group.side)).toBe(code);
    expect({ gate: groups.gateOf(code), slice: groups.sliceOf(code), side: groups.sideOf(code) }).toEqual(
      group,
    );
  });
  expect(groups.count).toBe(60);
});

test('A step that loosens has the sign +1, and one that tightens has −1', () => {
  expect([signOf(SIDE.loosen), signOf(SIDE.tighten)]).toEqual([1, -1]);
});
