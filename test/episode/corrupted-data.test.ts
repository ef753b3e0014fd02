// copy to test/episode/
import { describe, expect, it } from 'vitest';
import { ColumnCollector } from '../../shared/episode/columns/scope-columns.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { episode } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';
import { unpackEpisode } from '../support/unpack-episode.ts';

const whole = packEpisode(
  episode('e', { scope: { chain: 'solana' }, factors: { dx_count: 2, ts_min: 0.6 }, trade_id: 'trade' }),
);
describe('damaged bytes are damaged_event, never another error, never a shorter event', () => {
  it('cut anywhere', () => {
    for (let cut = 0; cut < whole.length; cut++)
      expect([cut, faultOf(() => unpackEpisode(whole.subarray(0, cut))).code]).toEqual([
        cut,
        'damaged_event',
      ]);
  });
  it('cut anywhere, as a run of the cycle reads it', () => {
    for (let cut = 0; cut < whole.length; cut++)
      expect([
        cut,
        faultOf(() => new ColumnCollector({ withDxCount: true }).add(whole.subarray(0, cut), 'success')).code,
      ]).toEqual([cut, 'damaged_event']);
  });
  it('bytes that are no UTF-8 in a value', () => {
    const bad = Uint8Array.from(whole);
    bad[3 + 1 + 5 + 2] = 0xff;
    expect(faultOf(() => unpackEpisode(bad)).code).toBe('damaged_event');
  });
  it('a name that is no name', () => {
    const bad = Uint8Array.from(whole);
    bad[4] = 0x23; // '#'
    expect(faultOf(() => unpackEpisode(bad)).code).toBe('damaged_event');
  });
  it('trailing bytes', () => {
    expect(faultOf(() => unpackEpisode(Uint8Array.from([...whole, 0]))).code).toBe('damaged_event');
  });
});
