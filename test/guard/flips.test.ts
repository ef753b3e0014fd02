import { describe, expect, it } from 'vitest';
import { FactorCollector } from '../../shared/episode/columns/event-columns.ts';
import { readEpisode } from '../../shared/episode/episode-schema.ts';
import type { Outcome } from '../../shared/episode/outcome.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import type { Block, Moves } from '../../shared/guard/flips.ts';
import { asServed, atBase, flipBlocks, flips } from '../../shared/guard/flips.ts';
import { atBaseThresholds } from '../../shared/lever/base-thresholds.ts';
import { prepareGates } from '../../shared/override/replay/gates.ts';
import { REPLAY_SETTINGS } from '../../shared/override/replay/settings.ts';
import { eventBody, HOUR, iso, NOW, S1 } from '../support/episodes.ts';

interface Row {
  readonly id: string;
  readonly window?: string;
  readonly at: number;
  readonly ts: number;
  readonly applied?: object | null;
  readonly outcome?: Outcome;
}

const NOTHING: Moves = () => undefined;
const HALVED: Moves = () => new Map([['tuning_ts_min', { multiplier: 0.5 }]]);
const START = NOW - 100 * HOUR;

/** Returns the blocks of rows whose base threshold of TS is 0.6. */
function blocksOf(rows: readonly Row[], inForce: Moves, from = START): Block[] {
  const collector = new FactorCollector({ withDxCount: false });
  for (const { id, window, at, ts, applied, outcome } of rows) {
    const multiplier = (applied as { multipliers?: { ts_min?: number } } | null | undefined)?.multipliers
      ?.ts_min;
    const factors = {
      ...{ ts_score: ts, ts_min: 0.6 * (multiplier ?? 1), halo_distance: 0.5, halo_max: 1 },
      ...{ ema60_slope: 0.2, slope_min: 0.1, ...(applied !== undefined && { applied }) },
    };
    const raw = eventBody(id, { pattern_key: S1, timestamp: iso(at), factors, ...(window && { window }) });
    const packed = packEpisode(atBaseThresholds(readEpisode(raw, NOW)));
    const resolvedAt = outcome ? at + HOUR : Number.POSITIVE_INFINITY;
    collector.add(packed, at, { outcome: outcome ?? 'neutral', resolvedAt, correction: false });
  }
  const gates = prepareGates(S1, collector.columns(), { ...REPLAY_SETTINGS, clusters: [] }, 'base');
  return flipBlocks(gates, flips(gates, { tested: asServed(gates, inForce), against: atBase }), from, 6);
}

const totals = (blocks: readonly Block[]) =>
  blocks.map(({ loosened, tightened }) => ({ loosened, tightened }));
const none = { success: 0, failure: 0, neutral: 0, unknown: 0 };

describe('flips', () => {
  it('What an event logged as applied decides, even when the history says otherwise', () => {
    const rows: Row[] = [
      { id: 'loosened', at: START, ts: 0.4, applied: { multipliers: { ts_min: 0.5 } }, outcome: 'failure' },
      { id: 'tightened', at: START, ts: 0.7, applied: { multipliers: { ts_min: 1.5 } }, outcome: 'success' },
      { id: 'nothing', at: START, ts: 0.4, applied: {}, outcome: 'failure' },
      { id: 'null', at: START, ts: 0.4, applied: null, outcome: 'failure' },
    ];
    expect(totals(blocksOf(rows, HALVED))).toEqual([
      { loosened: { ...none, failure: 1 }, tightened: { ...none, success: 1 } },
    ]);
  });

  it('An event that logged no applied is judged by what was served at its time', () => {
    const rows: Row[] = [
      { id: 'a', at: START, ts: 0.4, outcome: 'success' },
      { id: 'b', at: START, ts: 0.4 },
      { id: 'c', at: START, ts: 0.2, outcome: 'success' },
    ];
    expect(totals(blocksOf(rows, HALVED))).toEqual([
      { loosened: { ...none, success: 1, unknown: 1 }, tightened: none },
    ]);
    expect(totals(blocksOf(rows, NOTHING))).toEqual([{ loosened: none, tightened: none }]);
  });

  it('The order of arrival does not matter', () => {
    const rows = Array.from({ length: 200 }, (_, i): Row => {
      const outcome = (['success', 'failure', 'neutral', undefined] as const)[i % 4];
      return {
        id: `e${i}`,
        at: START + ((i * 7) % 90) * HOUR,
        ts: (i % 10) / 10,
        ...(outcome && { outcome }),
      };
    });
    const shuffled = rows.map((_, i) => rows[(i * 77 + 13) % rows.length] as Row);
    expect(blocksOf(shuffled, HALVED)).toEqual(blocksOf(rows, HALVED));
  });

  it('The rows of an episode with windows belong to the block of its first row', () => {
    const rows: Row[] = [
      { id: 'e', window: 'b', at: START + 10 * HOUR, ts: 0.4, outcome: 'failure' },
      { id: 'e', window: 'a', at: START, ts: 0.4, outcome: 'failure' },
    ];
    expect(totals(blocksOf(rows, HALVED))).toEqual([{ loosened: { ...none, failure: 2 }, tightened: none }]);
  });

  it('Events before the start of the test are left out', () => {
    expect(blocksOf([{ id: 'e', at: START - 1, ts: 0.4, outcome: 'failure' }], HALVED)).toEqual([]);
  });
});
