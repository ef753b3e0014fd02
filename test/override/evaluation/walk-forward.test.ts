import { describe, expect, it } from 'vitest';
import type { FactorColumns } from '../../../shared/episode/columns/columns.ts';
import { selectRows } from '../../../shared/episode/columns/select-rows.ts';
import { replaySettings } from '../../../shared/override/compute-overrides.ts';
import type { PolicyEvaluation } from '../../../shared/override/evaluation/evaluation.ts';
import { describeEvidence } from '../../../shared/override/evaluation/evaluation.ts';
import { gainOverChance } from '../../../shared/override/evaluation/over-chance.ts';
import { walkForward } from '../../../shared/override/evaluation/walk-forward.ts';
import type { Policy } from '../../../shared/override/override.ts';
import { replay } from '../../../shared/override/policies/replay.ts';
import { RESULT } from '../../../shared/override/replay/gates.ts';
import { DAY, DX, iso, S1 } from '../../support/episodes.ts';
import type { KnownEvent } from '../../support/factor-columns.ts';
import { factorColumns } from '../../support/factor-columns.ts';
import { randomOf } from '../../support/random.ts';

const AS_OF = Date.UTC(2025, 3, 1, 6);
const SETTINGS = { payoff: { win: 2, loss: 1 }, n_min: 33, lookback_days: 90, max_overrides: 20_000 };
const DAYS = 85;

interface Kind {
  /** Probability of success by margin, timeframe and day. */
  readonly success: (margin: number, frame: string, day: number) => number;
  /** Value of a dimension that is made up after the outcome is known. */
  readonly leak?: (won: boolean, day: number) => string | undefined;
  /** Days from an event until its outcome becomes known. */
  readonly delay?: (day: number) => number;
}

/** Makes events of 85 days; the TS gate alone decides which are acted on. */
function world({ success, leak, delay = () => 1 }: Kind, seed = 1, perDay = 80): KnownEvent[] {
  const random = randomOf(seed);
  const frames = ['15m', '1h', '4h'];
  return Array.from({ length: DAYS * perDay }, (_, i) => {
    const day = i / perDay;
    const margin = 0.7 * (random() - 0.7);
    const frame = frames[Math.floor(random() * 3)] ?? '';
    const won = random() < success(margin, frame, day);
    const planted = leak?.(won, day);
    const time = AS_OF - (DAYS - day) * DAY;
    return {
      episode: {
        scope: { timeframe: frame, ...(planted !== undefined && { planted }) },
        decision: margin >= 0 ? 'acted' : 'skipped',
        numbers: new Map([
          ['ts_score', 0.6 * Math.exp(margin)],
          ['ts_min', 0.6],
          ['halo_distance', 0.1],
          ['halo_max', 1],
          ['ema60_slope', 1],
          ['slope_min', 0],
        ]),
        flags: new Map(),
        blockedBy: undefined,
        tradeId: undefined,
      },
      outcome: won ? 'success' : 'failure',
      time,
      resolvedAt: Math.min(AS_OF, time + delay(day) * DAY),
    };
  });
}

const edge = (margin: number, frame: string): number => (margin >= 0 || frame === '1h' ? 0.6 : 0.15);

function walk(columns: FactorColumns, policy: Policy = 'replay'): Omit<PolicyEvaluation, 'overrides'> {
  const [evidence] = walkForward(S1, columns, AS_OF, [policy], SETTINGS).policies;
  if (!evidence) throw new Error('walk-forward returned no evaluation of the policy');
  return evidence;
}

describe('walk-forward', () => {
  it('Walk-forward finds a gain in each week when the events contain one', () => {
    const { folds, low, events } = walk(factorColumns(world({ success: edge })));
    expect(folds.map(fold => [fold.from, fold.to])).toEqual([
      ['2025-03-04T00:00:00.000Z', '2025-03-11T00:00:00.000Z'],
      ['2025-03-11T00:00:00.000Z', '2025-03-18T00:00:00.000Z'],
      ['2025-03-18T00:00:00.000Z', '2025-03-25T00:00:00.000Z'],
      ['2025-03-25T00:00:00.000Z', iso(AS_OF)],
    ]);
    expect(folds.every(fold => fold.overrides > 0 && fold.gain > 0)).toBe(true);
    expect(events).toBe(folds.reduce((sum, fold) => sum + fold.events, 0));
    expect(low).toBeGreaterThan(0.05);
  });

  it('[L1] Walk-forward finds no gain when every outcome becomes known only at as_of', () => {
    const columns = factorColumns(world({ success: edge, delay: () => DAYS + 1 }));
    for (const policy of ['drift', 'replay'] as const) {
      const { folds, gain_per_event, low, high } = walk(columns, policy);
      expect(folds.map(fold => [fold.learned, fold.overrides, fold.gain])).toEqual(
        folds.map(() => [0, 0, 0]),
      );
      expect([gain_per_event, low, high]).toEqual([0, 0, 0]);
    }
  });

  it('[L1] A dimension that is made up from the outcomes of the last week gains nothing in that week', () => {
    const flat = (): number => 1 / 3;
    // The dimension is made up from the outcomes of the last week alone.
    const leak = (won: boolean, day: number): string | undefined =>
      day > DAYS - 7.25 ? (won ? 'w' : 'l') : undefined;
    const columns = factorColumns(world({ success: flat, leak }));
    expect(walk(columns)).toMatchObject({ gain_per_event: 0, low: 0, high: 0 });
    // Without held-out days, a fit over all events finds the dimension in hindsight.
    const hindsight = { ...replaySettings(SETTINGS), heldOutDays: 0 };
    const inHindsight = replay(S1, columns, AS_OF, hindsight).overrides;
    expect(inHindsight.map(o => o.scope_subset.planted)).toContain('w');
    // Walk-forward does gain from a dimension that separates winners from losers on all days.
    const known = factorColumns(world({ success: flat, leak: won => (won ? 'w' : 'l') }));
    expect(walk(known).low).toBeGreaterThan(0.2);
  });

  it('[L1] The overrides of a week do not depend on events and outcomes after the week began', () => {
    const events = world({ success: edge });
    const from = Date.UTC(2025, 2, 18);
    const changed = events.map(
      (event): KnownEvent =>
        event.resolvedAt > from || event.time > from ? { ...event, outcome: 'failure' } : event,
    );
    const counts = (rows: readonly KnownEvent[]) =>
      walk(factorColumns(rows)).folds.map(fold => [fold.learned, fold.overrides]);
    expect(counts(changed).slice(0, 3)).toEqual(counts(events).slice(0, 3));
    const gain = (rows: readonly KnownEvent[]) => walk(factorColumns(rows)).folds[2]?.gain ?? 0;
    expect(gain(changed)).toBeLessThan(0);
    expect(gain(events)).toBeGreaterThan(0);
  });

  it('The same events in any order give the same evaluation', () => {
    const columns = factorColumns(world({ success: edge }, 3, 200));
    const random = randomOf(9);
    const order = Uint32Array.from({ length: columns.size }, (_, i) => i).sort(() => random() - 0.5);
    for (const policy of ['drift', 'replay'] as const)
      expect(walk(selectRows(columns, order), policy)).toEqual(walk(columns, policy));
  });

  it('Every policy is scored on the same sample when there are very many events', () => {
    const columns = factorColumns(world({ success: edge }, 5, 600));
    const [drifted, replayed] = walkForward(S1, columns, AS_OF, ['drift', 'replay'], SETTINGS).policies;
    expect(drifted?.events).toBeGreaterThan(3000);
    expect(drifted?.events).toBeLessThan(6000);
    expect(replayed?.events).toBe(drifted?.events);
    expect(replayed?.low).toBeGreaterThan(0.05);
  });

  it('A policy that finds where success differs gains over as many choices by chance', () => {
    const { over_random, over_never, gain_per_event } = walk(factorColumns(world({ success: edge })));
    expect(over_random?.low).toBeGreaterThan(0);
    expect(over_never?.gain_per_event).toBeGreaterThan(gain_per_event);
  });

  it('A policy that closes everything gains nothing over as many choices by chance', () => {
    const columns = factorColumns(world({ success: () => 0.1 }));
    const { over_random, over_never, low } = walk(columns);
    expect(low).toBeGreaterThan(0.01);
    expect(over_random?.low).toBeLessThanOrEqual(0);
    expect(over_random?.high).toBeGreaterThanOrEqual(0);
    expect(over_never?.gain_per_event).toBeLessThanOrEqual(0);
  });

  it('Closing the loser of two acts gains 1 over no tuning and 1.5 over closing either by chance', () => {
    const gates = {
      result: Uint8Array.of(RESULT.winner, RESULT.loser, RESULT.winner, RESULT.winner),
      replayable: Uint8Array.of(1, 1, 1, 0),
      clusterings: [],
    };
    const rows = Uint32Array.of(0, 1, 2, 3);
    const over = (acts: readonly number[]) =>
      gainOverChance(gates, [rows], Uint8Array.from(acts), Uint8Array.of(1, 1, 0, 0), { win: 2, loss: 1 });
    expect(over([1, 0, 0, 0])).toEqual({ gain: 1.5, error: Math.sqrt(1.125) });
    // Closing both is what chance does too.
    expect(over([0, 0, 0, 0])).toEqual({ gain: 0, error: 0 });
    // The only event that may be opened is what chance opens too.
    expect(over([1, 1, 1, 0])).toEqual({ gain: 0, error: 0 });
  });

  it('The interval of an evaluation is wider when events are correlated', () => {
    const columns = factorColumns(world({ success: edge }));
    const twins = Uint32Array.from({ length: columns.size }, (_, i) => 1 + Math.floor(i / 40));
    const width = (interval: { low: number; high: number }): number => interval.high - interval.low;
    expect(width(walk({ ...columns, trade: twins }))).toBeGreaterThan(1.2 * width(walk(columns)));
  });

  it('The evaluation gives the reason when no event can be scored', () => {
    const columns = factorColumns(world({ success: edge }));
    const bare = { ...columns, numbers: {} };
    expect(walk(bare)).toMatchObject({ events: 0, reason_code: 'factor_missing' });
    const [ladder] = walkForward(DX, columns, AS_OF, ['replay'], SETTINGS).policies;
    expect(ladder).toMatchObject({ events: 0, reason: expect.stringContaining('ladder') });
    expect(walk(selectRows(columns, new Uint32Array()))).toMatchObject({ events: 0, gain_per_event: 0 });
  });
});

describe('the sentence of a comparison', () => {
  const evaluated = (policy: Policy, gain: number, error: number): PolicyEvaluation => ({
    policy,
    overrides: 3,
    events: 500,
    gain_per_event: gain,
    low: gain - error,
    high: gain + error,
    folds: [],
  });
  const evidence = (...policies: PolicyEvaluation[]) => ({
    as_of: iso(AS_OF),
    lookback_days: 90,
    n_min: 33,
    payoff: { win: 2, loss: 1 },
    base_per_event: 0.1,
    policies,
  });

  it('The sentence of a comparison lists which policy gained, lost, or showed no difference', () => {
    expect(
      describeEvidence(evidence(evaluated('drift', -0.3, 0.1), evaluated('replay', 0.02, 0.05)), 'drift'),
    ).toBe(
      'on 500 events of the last weeks, at 2:1: drift lost -0.3 an event (90 %: -0.4 to -0.2), ' +
        'replay shows no difference: +0.02 an event (90 %: -0.03 to +0.07)',
    );
  });

  it('The sentence of a comparison calls a gain choosing only where it beats chance', () => {
    const says = (low: number) => {
      const over_random = { gain_per_event: 0.1, low, high: 0.2 };
      return describeEvidence(evidence({ ...evaluated('model', 0.2, 0.05), over_random }), 'replay');
    };
    expect(says(0.01)).toContain('by choosing (+0.1 over as many by chance, 90 %: +0.01 to +0.2)');
    expect(says(-0.01)).toContain('by trading more or less (+0.1 over as many by chance');
  });

  it('The sentence of a comparison names a policy that did better than the published one', () => {
    const both = evidence(evaluated('drift', 0.01, 0.05), evaluated('replay', 0.2, 0.05));
    expect(describeEvidence(both, 'drift')).toContain('replay did better than drift, which is published');
    expect(describeEvidence(both, 'replay')).not.toContain('did better');
  });

  it('The sentence of a comparison without events gives the reason', () => {
    expect(describeEvidence(evidence(), 'drift')).toBe('no event of the last weeks has an outcome');
  });
});
