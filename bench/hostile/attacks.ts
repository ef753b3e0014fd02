import { DAY_MS } from '../../shared/time.ts';
import type { HostileService } from './service.ts';

/** The pattern that the victim trades. */
export const PATTERN = 'pm.uptrend.S1.entry';

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const letters = (n: number): string =>
  [...String(n).padStart(6, '0')].map(digit => 'abcdefghij'[Number(digit)]).join('');

/** One attack; `round` makes its names new each time. */
type Attack = (service: HostileService, round: number) => Promise<unknown>;

const events = (service: HostileService, list: readonly object[]) =>
  service.call('attacker', 'POST', '/v1/events', { events: list });
const outcomes = (service: HostileService, list: readonly object[]) =>
  service.call('attacker', 'POST', '/v1/outcomes', { outcomes: list });

/** 33 events with the same invented dimensions, so that every combination of them is a slice with enough events. */
function wide(pattern_key: string, dimensions: number, round: number): object[] {
  const scope = Object.fromEntries(
    Array.from({ length: dimensions }, (_, d) => [`r${round % 20}x${letters(d)}`, '1']),
  );
  return Array.from({ length: 33 }, (_, i) => ({
    pattern_key,
    episode_id: `wide-${round}-${i}`,
    decision: 'skipped',
    scope,
    timestamp: ago(DAY_MS),
    outcome: i % 8 === 0 ? 'failure' : 'success',
  }));
}

/** The attacks that one token of a bot can make on others. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'invented dimensions in the pattern of the victim': (service, round) =>
    events(service, wide(PATTERN, 64, round)),
  'wide patterns of its own, for large sets of overrides': (service, round) =>
    events(service, wide(`pm.wide_${letters(round % 26)}.S1.entry`, 16, round)),
  'new patterns with long names': (service, round) =>
    events(
      service,
      Array.from({ length: 100 }, (_, i) => ({
        pattern_key: `${'a'.repeat(50)}${letters(round * 100 + i)}.${'b'.repeat(64)}.S100.${'c'.repeat(64)}`,
        episode_id: 'e',
        decision: 'acted',
        scope: {},
        timestamp: ago(DAY_MS),
      })),
    ),
  'look-ups with invented names': async (service, round) => {
    for (let i = 0; i < 20; i++)
      await service.call('attacker', 'POST', '/v1/overrides/lookup', {
        pattern_key: PATTERN,
        scope: { [`n${letters(round * 20 + i)}`]: 'x' },
      });
  },
  'misspelt factors with new names': (service, round) =>
    events(
      service,
      Array.from({ length: 50 }, (_, i) => ({
        pattern_key: `pm.wide_${letters(0)}.S1.entry`,
        episode_id: `factor-${round}-${i}`,
        decision: 'acted',
        scope: {},
        factors: { [`ts_scor${letters(round * 50 + i)}`]: 1 },
        timestamp: ago(DAY_MS),
      })),
    ),
  'outcomes for episodes of the victim, stored and yet to come': (service, round) =>
    outcomes(
      service,
      Array.from({ length: 100 }, (_, i) => ({
        pattern_key: PATTERN,
        episode_id: `live-${round + Math.floor(i / 10)}-${i % 10}`,
        outcome: 'failure',
        correction: i % 2 === 0,
        resolved_at: new Date(Date.now() + 4 * 60_000).toISOString(),
        factors: { dx_count: 3 },
      })),
    ),
  'windows and repeats under ids of the victim': (service, round) =>
    events(
      service,
      Array.from({ length: 50 }, (_, i) => ({
        pattern_key: PATTERN,
        episode_id: `base-${(round * 50 + i) % 2400}`,
        window: `w${round % 5}`,
        decision: 'acted',
        scope: { attack: 'window' },
        timestamp: ago(DAY_MS),
        outcome: 'failure',
      })),
    ),
};
