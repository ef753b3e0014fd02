import { describe, expect, it } from 'vitest';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { Override } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import type { ServedGeneration } from '../../shared/warning/tuned-without-applied.ts';
import { mayLogTuned, newestRows, tunedWithoutApplied } from '../../shared/warning/tuned-without-applied.ts';
import { DAY, HOUR, NOW, S1 } from '../support/episodes.ts';
import type { KnownEvent } from '../support/factor-columns.ts';
import { factorColumns } from '../support/factor-columns.ts';
import { override } from '../support/overrides.ts';

/* A generation is in force for two days; before it, events logged the base threshold 0.6. */

const PUBLISHED = NOW - 2 * DAY;
const BASE = 0.6;
const OVERRIDES = [
  override('tuning_ts_min', { chain: 'solana' }, 0.9137),
  override('tuning_ts_min', { chain: 'base' }, 1.0872),
];
const SCOPES = ['solana', 'base', 'other'];

type Bot = (multiplier: number, i: number) => number | undefined;

function event(time: number, chain: string, threshold: number | undefined): KnownEvent {
  return {
    episode: {
      scope: { chain },
      decision: 'skipped',
      numbers: new Map([
        ['ts_score', 0.5] as const,
        ...(threshold === undefined ? [] : [['ts_min', threshold] as const]),
      ]),
      flags: new Map(),
      blockedBy: undefined,
      tradeId: undefined,
    },
    outcome: 'success',
    time,
    resolvedAt: time + HOUR,
  };
}

/** Runs a bot for ten days before the publication and two days after it; `before` sets what it logs at first. */
function warningsOf(
  bot: Bot,
  {
    before = () => BASE,
    overrides = OVERRIDES,
    scopes = SCOPES,
  }: { before?: Bot; overrides?: readonly Override[]; scopes?: readonly string[] } = {},
) {
  const generation: ServedGeneration = { from: PUBLISHED, until: Infinity, overrides, resolution: 'product' };
  const index = new OverrideIndex(overrides, ACTION_CATEGORIES);
  const events = Array.from({ length: 144 }, (_, i) => {
    const time = PUBLISHED - 10 * DAY + i * 2 * HOUR;
    const chain = scopes[i % scopes.length] ?? '';
    const [resolved] = time < PUBLISHED ? [] : index.resolve({ chain }, 'product');
    const log = time < PUBLISHED ? before : bot;
    return event(time, chain, log(resolved?.multiplier ?? 1, i));
  });
  const columns = factorColumns(events);
  if (!mayLogTuned(S1, columns, overrides)) return [];
  return tunedWithoutApplied(S1, columns, newestRows(columns, PUBLISHED), [generation]);
}

describe('bots that log tuned thresholds without `applied`', () => {
  const tuned: Bot = multiplier => BASE * multiplier;

  it('A bot that logs the base multiplied by the override in force is reported, with counts and the next step', () => {
    const [warning, ...others] = warningsOf(tuned);
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ code: 'tuned_without_applied', action_category: 'tuning_ts_min' });
    expect(warning?.message).toMatch(/^16 of the newest 16 events with an override log ts_min already tuned/);
    expect(warning?.message).toContain('log the `applied` of the look-up');
  });

  it('A bot with one override for everything is reported by the base that it logged before', () => {
    expect(warningsOf(tuned, { overrides: [override('tuning_ts_min', {}, 0.9137)] })).toHaveLength(1);
  });

  it('A bot whose base was never logged is reported by two multipliers that lead to one base', () => {
    expect(warningsOf(tuned, { before: () => undefined })).toHaveLength(1);
    expect(warningsOf(tuned, { before: () => 0.55 })).toHaveLength(1);
  });

  it('A bot with a base of its own for each chain is reported', () => {
    const base = (i: number) => [0.5, 0.6, 0.7][i % 3] ?? 0;
    expect(warningsOf((m, i) => base(i) * m, { before: (_, i) => base(i) })).toHaveLength(1);
  });

  it('A bot of which half of the events are tuned is reported, and one with fewer than five events is not', () => {
    expect(warningsOf((m, i) => (i % 2 === 0 ? BASE * m : BASE))).toHaveLength(1);
    expect(warningsOf((m, i) => (i >= 139 ? BASE * m : BASE))).toEqual([]);
  });
});

describe('bots that log base thresholds', () => {
  it.each<[string, Bot]>([
    ['a constant threshold', () => BASE],
    ['a threshold that the operator lowered', () => 0.57],
    ['a threshold that the operator changes every day', (_, i) => 0.6 + Math.floor(i / 12) / 100],
    ['a threshold of its own for each chain', (_, i) => [0.5, 0.6, 0.7][i % 3] ?? 0],
    ['a threshold that follows the market', (_, i) => 0.6 + 0.1 * Math.sin(i * 1.7)],
    ['no threshold', () => undefined],
    ['a threshold of 0', () => 0],
    ['a tuned threshold that it rounded to a base with `applied`', m => (BASE * m) / m],
  ])('A bot that logs %s is not reported', (_, bot) => {
    expect(warningsOf(bot)).toEqual([]);
    expect(warningsOf(bot, { before: () => undefined })).toEqual([]);
  });

  it('An operator who halves the threshold by hand is not reported while the override lies at its clamp', () => {
    const overrides = [override('tuning_ts_min', { chain: 'solana' }, 0.5)];
    expect(warningsOf(() => 0.3, { overrides })).toEqual([]);
    expect(warningsOf((_, i) => (i % 3 === 0 ? 0.3 : 0.6), { overrides })).toEqual([]);
  });

  it('A pattern without overrides of a multiplying lever is not examined', () => {
    const columns = factorColumns([event(NOW, 'a', 0.6), event(NOW, 'a', 0.5)]);
    expect(mayLogTuned(S1, columns, [])).toBe(false);
    expect(mayLogTuned(S1, columns, [override('tuning_slope_min', {}, 0.1)])).toBe(false);
    expect(mayLogTuned(S1, columns, OVERRIDES)).toBe(true);
  });

  it('A pattern whose thresholds have one value is not examined, so no past generation is read', () => {
    const same = factorColumns([
      event(NOW, 'a', 0.6),
      event(NOW, 'b', 0.6 * (1 + 1e-9)),
      event(NOW, 'c', undefined),
    ]);
    expect(mayLogTuned(S1, same, OVERRIDES)).toBe(false);
  });
});

it('The newest rows are at most 200, newest first, and none is older than the first tested generation', () => {
  const columns = factorColumns(Array.from({ length: 300 }, (_, i) => event(NOW - i * HOUR, 'a', 0.6)));
  expect(newestRows(columns, NOW - 2 * HOUR)).toEqual([0, 1, 2]);
  expect(newestRows(columns, 0)).toHaveLength(200);
});
