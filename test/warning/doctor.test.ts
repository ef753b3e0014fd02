import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../shared/episode/event-reader.ts';
import { NO_OUTCOME } from '../../shared/episode/outcome-state.ts';
import { readEvent } from '../../shared/lever/read-event.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { diagnose } from '../../shared/warning/doctor.ts';
import { DX, iso, NOW, S1 } from '../support/episodes.ts';

const GATES = { ts_score: 0.5, ts_min: 0.6, halo_distance: 0.5, halo_max: 1, ema60_slope: 0.1, slope_min: 0 };
const QUIET = { baseThresholds: {}, servesOverrides: false };

function stored(pattern: string, i: number, more: object = {}): StoredEvent {
  const raw = { pattern_key: pattern, episode_id: `e-${i}`, scope: {}, timestamp: iso(NOW - 1000 + i) };
  const decision = i % 2 ? 'acted' : 'skipped';
  const episode = readEvent({ ...raw, decision, factors: GATES, outcome: 'success', ...more }, NOW);
  const history = episode.outcome ? [episode.outcome] : [];
  return { episode, state: { ...NO_OUTCOME, history }, writer: undefined };
}
const many = (more: object = {}, pattern: string = S1): StoredEvent[] =>
  Array.from({ length: 20 }, (_, i) => stored(pattern, i, more));
const examine = (events: StoredEvent[], circumstances: Partial<typeof QUIET> = {}, pattern: string = S1) =>
  diagnose(parsePatternKey(pattern), events, { ...QUIET, ...circumstances });
const offOf = (diagnosis: ReturnType<typeof diagnose>) =>
  diagnosis.levers.filter(({ state }) => state === 'off').map(lever => lever.action_category);

describe('the doctor', () => {
  it('A pattern that logs every gate on both decisions has nothing to change', () => {
    const diagnosis = examine(many());
    expect(diagnosis.findings).toEqual([]);
    // The gate of support and resistance is one that only some patterns have.
    expect(offOf(diagnosis)).toEqual(['tuning_sr_boost']);
    expect(diagnosis.events).toMatchObject({ read: 20, acted: 10, skipped: 10, with_outcome: 20 });
  });

  it('A lever is off without its factor or its threshold, and the finding names what to log', () => {
    const { ts_min: _, halo_distance: __, ...factors } = GATES;
    const diagnosis = examine(many({ factors }));
    expect(offOf(diagnosis)).toEqual(['tuning_ts_min', 'tuning_halo', 'tuning_sr_boost']);
    expect(diagnosis.findings.map(({ message }) => message)).toEqual([
      'tuning_ts_min is off: 0 of 20 events log ts_score and ts_min: log both in factors, on acted and skipped events',
      'tuning_halo is off: 0 of 20 events log halo_distance and halo_max: log both in factors, on acted and skipped events',
    ]);
  });

  it('A base threshold of the settings stands in for one that no event logs', () => {
    const { ts_min: _, ...factors } = GATES;
    expect(offOf(examine(many({ factors }), { baseThresholds: { ts_min: 0.6 } }))).toEqual([
      'tuning_sr_boost',
    ]);
  });

  it('A measured span counts as a number, and text under another name does not', () => {
    const factors = { ...GATES, ts_score: { min: 0.1, median: 0.2, max: 0.3 }, sr_boosts: 'x' };
    expect(offOf(examine(many({ factors })))).toEqual(['tuning_sr_boost']);
  });

  it('A lever whose gate only one decision logs is off', () => {
    const events = many().map((event, i) => (i % 2 ? event : stored(S1, i, { factors: {} })));
    expect(examine(events).findings[0]?.message).toContain('were acted: log both on skipped events too');
  });

  it('Names that nearly are known names are findings with the known name, and own names are not', () => {
    const { ts_score, ...others } = GATES;
    const { findings, factors } = examine(many({ factors: { ...others, ts_scroe: ts_score, adx: 3 } }));
    expect(findings.map(({ code }) => code)).toEqual(['lever_off', 'misspelt']);
    expect(findings[1]?.message).toContain('did you mean ts_score?');
    expect(factors.find(({ name }) => name === 'adx')).toEqual({ name: 'adx', n: 20, known: false });
  });

  it('Missing outcomes, a missing decision and missing applied are findings', () => {
    const codes = (events: StoredEvent[], more = {}) =>
      examine(events, more).findings.map(({ code }) => code);
    expect(codes(many({ outcome: null }))).toEqual(['no_outcomes']);
    expect(codes(many({ decision: 'acted' }))[0]).toBe('one_decision');
    expect(codes(many(), { servesOverrides: true })).toEqual(['not_applied']);
    const applied = { generation: 1, multipliers: { ts_min: 1.02 } };
    expect(codes(many({ factors: { ...GATES, applied } }), { servesOverrides: true })).toEqual([]);
    expect(codes([])).toEqual(['no_events']);
  });

  it('The ladder is on once a success has dx_count, and exists for motif dx only', () => {
    const factors = { ...GATES, dx: 30, dx_min: 25 };
    expect(offOf(examine(many({ factors }, DX), {}, DX))).toContain('tuning_dx_atr_mult');
    expect(offOf(examine(many({ factors: { ...factors, dx_count: 2 } }, DX), {}, DX))).not.toContain(
      'tuning_dx_atr_mult',
    );
    const plain = 'pm.uptrend.S3.retest';
    expect(examine(many({ factors }, plain), {}, plain).levers.map(l => l.action_category)).not.toContain(
      'tuning_dx_atr_mult',
    );
  });
});
