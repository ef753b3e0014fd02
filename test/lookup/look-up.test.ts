import { describe, expect, it } from 'vitest';
import type { Head, Mode } from '../../shared/generation/head.ts';
import type { LookupRequest } from '../../shared/lookup/look-up.ts';
import { lookUp, servesOverrides } from '../../shared/lookup/look-up.ts';
import type { ResolutionMethod } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';

const index = new OverrideIndex([
  override('tuning_ts_min', {}, 0.9),
  override('tuning_ts_min', { chain: 'solana' }, 0.8),
  override('tuning_halo', { chain: 'base' }, 1.2),
]);

const question = (fields: Partial<LookupRequest> = {}): LookupRequest => ({
  pattern: S1,
  scope: normalizeScope({ chain: 'solana', bucket: 'nano' }),
  thresholds: { ts_min: 0.6, halo_max: 2 },
  resolution: undefined,
  explain: false,
  ...fields,
});

function head(mode: Mode, resolution: ResolutionMethod = 'blend'): Head {
  const rows = { id: '0'.repeat(32), rows: 3, chunks: 1, kept_until: iso(NOW) };
  return {
    version: 8,
    mode,
    settings: {},
    latest: 9,
    current: {
      generation: 7,
      hash: '1'.repeat(32),
      cycle_id: 'c',
      as_of: iso(NOW),
      lookback_days: 90,
      n_min: 33,
      policy: 'drift',
      resolution,
      events_read: 100,
      lessons: rows,
      overrides: rows,
      published_at: iso(NOW),
    },
    last_change: { who: 'cycle', at: iso(NOW), what: 'publish', why: 'cycle c' },
  };
}

describe('the mode', () => {
  it.each<[Mode, boolean]>([
    ['live', true],
    ['frozen', true],
    ['shadow', false],
    ['off', false],
  ])('%s serves overrides: %s', (mode, does) => {
    expect(servesOverrides(mode)).toBe(does);
    const answer = lookUp(question({ resolution: 'most-specific' }), head(mode), index, 'drift');
    expect(answer).toMatchObject({ generation: 7, mode, policy: 'drift' });
    expect(answer.overrides).toHaveLength(does ? 1 : 0);
    expect(answer.thresholds).toEqual(
      does ? { ts_min: 0.6 * 0.8, halo_max: 2 } : { ts_min: 0.6, halo_max: 2 },
    );
  });

  it('shadow explains what would be in force, none of it chosen', () => {
    const { explain } = lookUp(question({ explain: true }), head('shadow'), index, 'drift');
    expect(explain?.map(e => [e.multiplier, e.chosen])).toEqual([
      [0.8, false],
      [0.9, false],
    ]);
  });
});

describe('the resolution', () => {
  it('is that of the generation unless the caller asks for another', () => {
    expect(lookUp(question(), head('live', 'product'), index, 'drift').resolution).toBe('product');
    expect(
      lookUp(question({ resolution: 'most-specific' }), head('live', 'product'), index, 'drift').resolution,
    ).toBe('most-specific');
    expect(lookUp(question(), head('live', 'product'), index, 'drift').overrides[0]?.multiplier).toBeCloseTo(
      0.72,
      14,
    );
  });

  it('without a generation is that of the policy of the stage', () => {
    expect(lookUp(question(), undefined, undefined, 'drift')).toEqual({
      pattern_key: S1,
      scope_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      generation: 0,
      mode: 'live',
      policy: 'drift',
      resolution: 'blend',
      overrides: [],
      thresholds: { ts_min: 0.6, halo_max: 2 },
    });
  });
});

describe('the answer', () => {
  it('to a scope that was never seen is what the global slice says', () => {
    const { overrides } = lookUp(
      question({ scope: normalizeScope({ moon: 'full' }) }),
      head('live'),
      index,
      'drift',
    );
    expect(overrides).toEqual([
      { action_category: 'tuning_ts_min', multiplier: 0.9, scope_subset: {}, matched: 1 },
    ]);
  });

  it('explains only when asked', () => {
    expect(lookUp(question(), head('live'), index, 'drift')).not.toHaveProperty('explain');
    expect(lookUp(question({ explain: true }), undefined, undefined, 'drift').explain).toEqual([]);
  });
});
