import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../shared/generation/generation.ts';
import { iso, NOW, S1 } from '../support/episodes.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores();
});
afterEach(() => stores.close());

const change = (why: string, at = NOW): Change => ({ who: 'local', at: iso(at), what: 'mode', why });

describe('the audit', () => {
  it('the audit lists the newest 100 changes, newest first, and includes both of two simultaneous changes', async () => {
    const { changes } = stores.runtime;
    await changes.audit(S1, change('one', NOW));
    await changes.audit(S1, change('two', NOW + 1));
    await changes.audit(S1, change('two as well', NOW + 1));
    const whys = (await changes.audits(S1)).map(c => c.why);
    expect(whys.slice(0, 2).sort()).toEqual(['two', 'two as well']);
    expect(whys[2]).toBe('one');
    await Promise.all(
      Array.from({ length: 110 }, (_, i) => changes.audit(S1, change(`many ${i}`, NOW + 10 + i))),
    );
    const many = await changes.audits(S1);
    expect([many.length, many[0]?.why, many[99]?.why]).toEqual([100, 'many 109', 'many 10']);
  });
});
