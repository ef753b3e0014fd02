import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../shared/generation/candidate.ts';
import { triedBefore, withoutCandidate } from '../../shared/generation/change-candidate.ts';
import type { Head } from '../../shared/generation/head.ts';
import type { ArmBlock } from '../../shared/guard/rollout/arm-blocks.ts';
import { betOfArms } from '../../shared/guard/rollout/arm-blocks.ts';
import { armHealth } from '../../shared/guard/rollout/arm-health.ts';
import { decideRollout } from '../../shared/guard/rollout/decide-rollout.ts';
import type { ArmCounts } from '../../shared/guard/rollout/rollout-state.ts';
import type { FlipCounts } from '../../shared/guard/wealth.ts';
import { LINES, Wealth } from '../../shared/guard/wealth.ts';
import { iso, NOW } from '../support/episodes.ts';
import { publishedHead } from '../support/published-head.ts';
import { randomOf } from '../support/random.ts';

const DAY = 86_400_000;
const PAYOFF = { win: 2, loss: 1 };

function candidateOf(fields: Partial<Candidate> = {}): Candidate {
  const { current } = publishedHead({ current: { generation: 8 } }, 1);
  if (!current) throw new Error('the head has no generation');
  const at = iso(NOW);
  return { generation: current, salt: 's', share: 0.1, started_at: at, step_at: at, moves: 'm', ...fields };
}

describe('the decision on a candidate', () => {
  const held = (code: NonNullable<Candidate['held']>['code']) => ({ code, text: 't', at: iso(NOW) });
  const finding = { code: 'arms_off', text: 'off' } as const;
  const base = {
    candidate: candidateOf(),
    stepFrom: NOW,
    asOf: NOW + 3 * DAY,
    verdict: 'none',
    sentence: 's',
    health: undefined,
    isDamaged: false,
    isControlDamaged: false,
    isGuarded: true,
    isFrozen: false,
  } as const;
  const last = candidateOf({ share: 1, step_at: iso(NOW + 6 * DAY) });
  const differ = { code: 'virtual_outcomes_differ', text: 'differ' } as const;

  it.each([
    ['waits before three days', { asOf: NOW + 3 * DAY - 1 }, undefined],
    ['goes to the next step after three days', {}, 'step'],
    ['waits for three days in which it was served', { stepFrom: NOW + 1 }, undefined],
    [
      'waits at 100 % before 14 days',
      { candidate: last, stepFrom: NOW + 6 * DAY, asOf: NOW + 14 * DAY - 1 },
      undefined,
    ],
    [
      'is promoted after 14 days',
      { candidate: last, stepFrom: NOW + 6 * DAY, asOf: NOW + 14 * DAY },
      'promote',
    ],
    ['is promoted by a gain on the first day', { asOf: NOW + DAY, verdict: 'gaining' }, 'promote'],
    ['is rolled back by harm', { verdict: 'harmful' }, 'roll_back'],
    [
      'is rolled back by harm while an operator holds it',
      { verdict: 'harmful', candidate: candidateOf({ held: held('operator') }) },
      'roll_back',
    ],
    [
      'is rolled back by harm while the pattern is frozen',
      { verdict: 'harmful', isFrozen: true },
      'roll_back',
    ],
    ['is rolled back when rows are missing', { isDamaged: true }, 'roll_back'],
    [
      'waits while rows of what is in force are missing',
      { verdict: 'harmful', isControlDamaged: true },
      undefined,
    ],
    ['stays as it is while the pattern is frozen', { verdict: 'gaining', isFrozen: true }, undefined],
    ['ends with the setting', { isGuarded: false, verdict: 'gaining' }, 'end'],
    [
      'stays as it is while an operator holds it',
      { verdict: 'gaining', candidate: candidateOf({ held: held('operator') }) },
      undefined,
    ],
    ['is held by its health, also when it gains', { verdict: 'gaining', health: finding }, 'hold'],
    [
      'is held once for one finding',
      { health: finding, candidate: candidateOf({ held: held('arms_off') }) },
      undefined,
    ],
    [
      'is held once for the next finding',
      { health: finding, candidate: candidateOf({ held: held('no_traffic') }) },
      undefined,
    ],
    [
      'is held anew by a loss',
      { health: differ, candidate: candidateOf({ held: held('arms_off') }) },
      'hold',
    ],
    ['goes on when it is healthy again', { candidate: candidateOf({ held: held('arms_off') }) }, 'resume'],
  ] as const)('A candidate %s', (_, facts, action) => {
    expect(decideRollout({ ...base, ...facts })?.action).toBe(action);
  });
});

describe('the health of a rollout', () => {
  const arms = (fields: Partial<ArmCounts>): ArmCounts => ({
    events: 0,
    logged: 0,
    candidate: 0,
    control: 0,
    other: 0,
    differing: 0,
    ...fields,
  });
  const healthy = {
    share: 0.1,
    arms: arms({ events: 1000, logged: 1000, candidate: 110, control: 890 }),
    reality: undefined,
    stepAge: 3 * DAY,
    age: 3 * DAY,
    quiet: 0,
    events: 1000,
    withOutcome: 500,
  };
  const reality = { real: { success: 1, failure: 9 }, virtual: { success: 5, failure: 5 } };

  it.each([
    ['nothing', {}, undefined],
    ['no event for a day', { quiet: DAY }, 'no_traffic'],
    ['no event for almost a day', { quiet: DAY - 1 }, undefined],
    ['no event since a step of an hour ago', { quiet: DAY, stepAge: 3_600_000 }, undefined],
    ['no outcome after three days', { withOutcome: 0 }, 'no_outcomes'],
    ['no outcome of 19 events', { withOutcome: 0, events: 19 }, undefined],
    ['no `applied` in 100 events', { arms: arms({ events: 100 }) }, 'no_applied'],
    ['arms that move the same', { arms: arms({ events: 100, logged: 100 }) }, undefined],
    [
      'a share of 15 instead of 10 %',
      { arms: arms({ events: 1000, logged: 1000, candidate: 150, control: 850 }) },
      'arms_off',
    ],
    [
      'a share of 12 instead of 10 %',
      { arms: arms({ events: 1000, logged: 1000, candidate: 120, control: 880 }) },
      undefined,
    ],
    ['only control in 40 events', { arms: arms({ events: 40, logged: 40, control: 40 }) }, undefined],
    [
      '11 of 1,000 events of another arm',
      { arms: arms({ events: 1000, logged: 1000, candidate: 100, control: 900, differing: 11 }) },
      'arms_differ',
    ],
    [
      '10 of 1,000 events of another arm',
      { arms: arms({ events: 1000, logged: 1000, candidate: 100, control: 895, other: 5, differing: 5 }) },
      undefined,
    ],
    [
      'control at 100 %',
      { share: 1, arms: arms({ events: 200, logged: 200, candidate: 190, control: 10, differing: 10 }) },
      'arms_differ',
    ],
    [
      'proven loss of real outcomes',
      { reality: { ...reality, log_wealth: Math.log(20) } },
      'virtual_outcomes_differ',
    ],
    ['a loss that is not proven', { reality: { ...reality, log_wealth: Math.log(19) } }, undefined],
  ] as const)('With %s the finding is as stated', (_, facts, code) => {
    expect(armHealth({ ...healthy, ...facts })?.code).toBe(code);
  });
});

describe('the comparison of two arms', () => {
  const random = randomOf(9);
  const draw = (most: number): number => Math.floor(random() * (most + 1));

  it('Wealth from partial knowledge never exceeds that from full knowledge', () => {
    for (let history = 0; history < 1000; history++) {
      const wealth = (['harm', 'gain'] as const).map(side => ({
        side,
        full: new Wealth(side),
        partial: new Wealth(side),
      }));
      for (let index = 0; index < 8; index++) {
        const known = { candidate: countsOf(draw), control: countsOf(draw) };
        const hidden = { candidate: hide(known.candidate, draw), control: hide(known.control, draw) };
        for (const { side, full, partial } of wealth) {
          const more = full.add(betOfArms({ index, ...known }, PAYOFF, side));
          const less = partial.add(betOfArms({ index, ...hidden }, PAYOFF, side));
          expect(less).toBeLessThanOrEqual(more + 1e-12);
        }
      }
    }
  });

  it('Arms that do not differ are rarely proven harmful, and a worse arm is', () => {
    const proven = (rate: number): number => {
      let harmful = 0;
      for (let run = 0; run < 300; run++) {
        const wealth = new Wealth('harm');
        for (let index = 0; index < 120; index++)
          wealth.add(
            betOfArms({ index, candidate: armOf(rate, 5), control: armOf(1 / 3, 5) }, PAYOFF, 'harm'),
          );
        if (wealth.highest >= LINES.harm) harmful++;
      }
      return harmful;
    };
    const armOf = (rate: number, n: number): ArmBlock['candidate'] => {
      const success = Array.from({ length: n }, random).filter(u => u < rate).length;
      return { success, failure: n - success, neutral: 0, unknown: 0 };
    };
    // At most 1 % by Ville's inequality; 9 of 300 would be three standard deviations above.
    expect(proven(1 / 3)).toBeLessThan(9);
    expect(proven(0.1)).toBeGreaterThan(250);
  });
});

function countsOf(draw: (most: number) => number): FlipCounts {
  return { success: draw(3), failure: draw(3), neutral: draw(1), unknown: 0 };
}

function hide({ success, failure, neutral }: FlipCounts, draw: (most: number) => number): FlipCounts {
  const [s, f, n] = [draw(success), draw(failure), draw(neutral)];
  return { success: success - s, failure: failure - f, neutral: neutral - n, unknown: s + f + n };
}

it('A head remembers content that was not promoted for 14 days, and at most 16 candidates', () => {
  const head: Head = publishedHead({ current: {} }, 1);
  const ended = withoutCandidate({ ...head, candidate: candidateOf() }, NOW);
  expect(ended).not.toHaveProperty('candidate');
  expect(triedBefore(ended, 'm', NOW + 14 * DAY - 1)).toBe(8);
  expect(triedBefore(ended, 'm', NOW + 14 * DAY)).toBeUndefined();
  expect(triedBefore(ended, 'other', NOW)).toBeUndefined();
  let many = ended;
  for (let i = 0; i < 40; i++) many = withoutCandidate({ ...many, candidate: candidateOf() }, NOW + i);
  expect(many.tried).toHaveLength(16);
});
