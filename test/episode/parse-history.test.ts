// copy to test/episode/
import { expect, it } from 'vitest';
import { parseHistory } from '../../shared/episode/outcome.ts';
import { faultOf } from '../support/fault-of.ts';

it.each(['s', '+s', 's1e3', 's 5', 's0x10', 's100,s200', '+s200,f100', 's-5'])(
  '%j is none of ours: damaged_event',
  text => {
    expect(faultOf(() => parseHistory(text)).code).toBe('damaged_event');
  },
);
