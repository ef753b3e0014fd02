import { describe, expect, it } from 'vitest';
import { ColumnCollector } from '../../shared/episode/columns/scope-columns.ts';
import { packEpisode } from '../../shared/episode/packed-episode.ts';
import { readFactors, readMoves, scopeRange } from '../../shared/episode/read-packed-episode.ts';
import { episode } from '../support/episodes.ts';
import { faultOf } from '../support/fault-of.ts';
import { unpackEpisode, unpackScope } from '../support/unpack-episode.ts';

const whole = packEpisode(
  episode('e', { scope: { chain: 'solana' }, factors: { dx_count: 2, ts_min: 0.6 }, trade_id: 'trade' }),
);

/** Returns the packed event with one byte replaced. */
const withByte = (at: number, byte: number): Uint8Array => {
  const changed = Uint8Array.from(whole);
  changed[at] = byte;
  return changed;
};
const collect = (packed: Uint8Array) => new ColumnCollector({ withDxCount: true }).add(packed, 'success');

describe('a packed event that is cut', () => {
  it('Unpacking an event that is cut anywhere fails with damaged_event', () => {
    for (let cut = 0; cut < whole.length; cut++)
      expect([cut, faultOf(() => unpackEpisode(whole.subarray(0, cut))).code]).toEqual([
        cut,
        'damaged_event',
      ]);
  });

  it('Collecting columns from a packed event that is cut anywhere fails with damaged_event', () => {
    for (let cut = 0; cut < whole.length; cut++)
      expect([cut, faultOf(() => collect(whole.subarray(0, cut))).code]).toEqual([cut, 'damaged_event']);
  });

  it('Unpacking a scope that is cut anywhere inside a pair fails with damaged_event', () => {
    const bytes = packEpisode(episode('e', { scope: { chain: 'solana', rank: '1' }, factors: {} }));
    const [start, end] = scopeRange(bytes);
    const pairEnd = start + 1 + 'chain'.length + 2 + 'solana'.length;
    for (let cut = start + 1; cut < end; cut++) {
      if (cut === pairEnd) continue;
      expect(faultOf(() => unpackScope(bytes, start, cut)).code).toBe('damaged_event');
    }
  });
});

describe('a packed event with invalid bytes', () => {
  it('Unpacking an event with invalid UTF-8 in a value fails with damaged_event', () => {
    expect(faultOf(() => unpackEpisode(withByte(3 + 1 + 5 + 2, 0xff))).code).toBe('damaged_event');
  });

  it('Unpacking an event with an invalid dimension name fails with damaged_event', () => {
    expect(faultOf(() => unpackEpisode(withByte(4, 0x23))).code).toBe('damaged_event'); // '#'
  });

  it('Unpacking an event with a value that reaches beyond the scope fails with damaged_event', () => {
    expect(faultOf(() => unpackEpisode(withByte(3 + 1 + 'chain'.length, 200))).code).toBe('damaged_event');
  });

  it('Unpacking an event with trailing bytes fails with damaged_event', () => {
    expect(faultOf(() => unpackEpisode(Uint8Array.from([...whole, 0]))).code).toBe('damaged_event');
  });
});

describe('a packed event of another format', () => {
  it('Unpacking an event of an unknown format fails with damaged_event', () => {
    for (const version of [0, 3, 255])
      expect(faultOf(() => unpackEpisode(withByte(0, version))).code).toBe('damaged_event');
    expect(faultOf(() => unpackEpisode(new Uint8Array(0))).code).toBe('damaged_event');
  });

  it.each([3, 255])(
    'A packed event of the newer format %d is rejected with the advice to update the service',
    version => {
      for (const read of [unpackEpisode, collect])
        expect(faultOf(() => read(withByte(0, version))).message).toBe(
          `a packed event was written by a newer version of this service (format ${version}; this version reads up to 2); update the service`,
        );
    },
  );
});

describe('a packed window', () => {
  it('A window is packed in format 2 with the hash of its episode, and an event without window in format 1', () => {
    const [single, a, b] = [{}, { window: 'a' }, { window: 'b' }].map(f => packEpisode(episode('e', f)));
    expect([single?.[0], a?.[0]]).toEqual([1, 2]);
    expect(a).toEqual(b);
    expect(a?.length).toBe((single?.length ?? 0) + 9);
  });

  it('A writer takes five bytes more, and unknown parts are rejected', () => {
    const window = packEpisode(episode('e', { window: 'a', trade_id: 't' }));
    const withWriter = packEpisode(episode('e', { window: 'a', trade_id: 't' }), 0xfe_dc_ba_98);
    expect(withWriter.length).toBe(window.length + 4);
    expect(packEpisode(episode('e', {}), 7).length).toBe(packEpisode(episode('e', {})).length + 5);
    expect(unpackEpisode(withWriter)).toEqual(unpackEpisode(window));
    withWriter[window.length - 9] = 7;
    expect(faultOf(() => unpackEpisode(withWriter)).code).toBe('damaged_event');
  });

  it('What an event logged as applied stands before the name of its episode, and does not change the name', () => {
    const sent = episode('e', { window: 'a', trade_id: 't' });
    const moves = [[0, 0.9] as const, [3, -0.1] as const];
    for (const applied of [moves, []]) {
      const [plain, moved] = [packEpisode(sent, 7), packEpisode({ ...sent, moves: applied }, 7)];
      expect(moved.length).toBe(plain.length + 1 + 9 * applied.length);
      expect(readParts(moved)).toEqual({ ...readParts(plain), logged: true, moves: applied });
      expect(unpackEpisode(moved)).toEqual(unpackEpisode(plain));
    }
    expect(readParts(packEpisode({ ...episode('e', {}), moves }))).toEqual({
      name: '',
      writer: 0,
      logged: true,
      moves,
    });
  });
});

function readParts(packed: Uint8Array) {
  const factors = readFactors(packed, scopeRange(packed)[1], () => undefined);
  const moves: (readonly [number, number])[] = [];
  const logged = readMoves(packed, factors.partsAt, (lever, value) => moves.push([lever, value]));
  const name = Buffer.from(packed.subarray(...factors.episode)).toString('hex');
  return { name, writer: factors.writer, logged, moves };
}
