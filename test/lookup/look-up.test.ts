import { describe, expect, it } from 'vitest';
import type { Head, Mode } from '../../shared/generation/head.ts';
import { servesOverrides } from '../../shared/generation/served.ts';
import { ACTION_CATEGORIES } from '../../shared/lever/lever.ts';
import type { LookupRequest } from '../../shared/lookup/look-up.ts';
import { inForceOf, lookUp } from '../../shared/lookup/look-up.ts';
import type { ResolutionMethod } from '../../shared/override/override.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { publishedHead } from '../support/published-head.ts';

const index = new OverrideIndex(
  [
    override('tuning_ts_min', {}, 0.9),
    override('tuning_ts_min', { chain: 'solana' }, 0.8),
    override('tuning_halo', { chain: 'base' }, 1.2),
  ],
  ACTION_CATEGORIES,
);

const request = (fields: Partial<LookupRequest> = {}): LookupRequest => ({
  pattern: S1,
  scope: normalizeScope({ chain: 'solana', bucket: 'nano' }),
  thresholds: { ts_min: 0.6, halo_max: 2 },
  resolution: undefined,
  explain: false,
  ...fields,
});

const head = (mode: Mode, resolution: ResolutionMethod = 'blend'): Head =>
  publishedHead({ version: 8, mode, latest: 9, current: { generation: 7, resolution } }, 3);

describe('the mode of a pattern', () => {
  it.each<[Mode, boolean]>([
    ['live', true],
    ['frozen', true],
    ['shadow', false],
    ['off', false],
  ])('A pattern in mode %s serves overrides: %s', (mode, serves) => {
    expect(servesOverrides(mode)).toBe(serves);
    const answer = lookUp(
      request({ resolution: 'most-specific' }),
      inForceOf(S1, head(mode), 'drift'),
      index,
    );
    expect(answer).toMatchObject({ generation: 7, mode, policy: 'drift' });
    expect(answer.overrides).toHaveLength(serves ? 1 : 0);
    expect(answer.thresholds).toEqual(
      serves ? { ts_min: 0.6 * 0.8, halo_max: 2 } : { ts_min: 0.6, halo_max: 2 },
    );
  });

  it('The explanation in mode shadow lists the matching overrides, none of them chosen', () => {
    const { explain } = lookUp(request({ explain: true }), inForceOf(S1, head('shadow'), 'drift'), index);
    expect(explain?.map(e => [e.multiplier, e.chosen])).toEqual([
      [0.8, false],
      [0.9, false],
    ]);
  });
});

describe('the resolution', () => {
  it('The resolution of a look-up is that of the generation unless the request names another', () => {
    expect(lookUp(request(), inForceOf(S1, head('live', 'product'), 'drift'), index).resolution).toBe(
      'product',
    );
    expect(
      lookUp(request({ resolution: 'most-specific' }), inForceOf(S1, head('live', 'product'), 'drift'), index)
        .resolution,
    ).toBe('most-specific');
    expect(
      lookUp(request(), inForceOf(S1, head('live', 'product'), 'drift'), index).overrides[0]?.multiplier,
    ).toBeCloseTo(0.72, 14);
  });

  it('The resolution of a look-up without a generation is that of the stage’s policy', () => {
    expect(lookUp(request(), inForceOf(S1, undefined, 'drift'), undefined)).toEqual({
      pattern_key: S1,
      scope_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
      generation: 0,
      mode: 'live',
      policy: 'drift',
      resolution: 'blend',
      entries: 'open',
      overrides: [],
      thresholds: { ts_min: 0.6, halo_max: 2 },
      applied: { generation: 0, multipliers: {}, deltas: {} },
    });
  });
});

describe('the answer', () => {
  it('A scope with an unknown dimension gets the override of the global slice', () => {
    const { overrides } = lookUp(
      request({ scope: normalizeScope({ moon: 'full' }) }),
      inForceOf(S1, head('live'), 'drift'),
      index,
    );
    expect(overrides).toEqual([
      { action_category: 'tuning_ts_min', multiplier: 0.9, scope_subset: {}, matched: 1 },
    ]);
  });

  it('The answer of a look-up contains an explanation only when the request has explain set', () => {
    expect(lookUp(request(), inForceOf(S1, head('live'), 'drift'), index)).not.toHaveProperty('explain');
    expect(lookUp(request({ explain: true }), inForceOf(S1, undefined, 'drift'), undefined).explain).toEqual(
      [],
    );
  });
});
