import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parse, unknownName } from '../shared/validation.ts';
import { faultOf } from './support/fault-of.ts';
import { fromJson } from './support/problems.ts';

const schema = z.strictObject({
  factors: z.unknown().optional(),
  outcome: z.enum(['success', 'failure']).optional(),
  payoff: z.strictObject({ win: z.number(), loss: z.number() }).optional(),
});
const refused = (raw: unknown) => faultOf(() => parse(schema, raw, 'invalid_request'));

describe('an unknown member', () => {
  it.each<[string, unknown, string, string]>([
    ['near a known one', { factor: {} }, 'factor', '`factor` is unknown; did you mean `factors`?'],
    ['near none', { volume: 1 }, 'volume', '`volume` is unknown: use factors, outcome, payoff'],
    [
      'of an inner object',
      { payoff: { wins: 2, win: 2, loss: 1 } },
      'payoff.wins',
      'in payoff, `wins` is unknown; did you mean `win`?',
    ],
    [
      'in another letter case',
      { Outcome: 'success' },
      'Outcome',
      '`Outcome` is unknown; did you mean `outcome`?',
    ],
    [
      'named __proto__',
      fromJson('{"__proto__":1}'),
      '__proto__',
      '`__proto__` is unknown: use factors, outcome, payoff',
    ],
    [
      'named constructor',
      { constructor: 1 },
      'constructor',
      '`constructor` is unknown: use factors, outcome, payoff',
    ],
    [
      'with control characters',
      { 'a\u0000\n': 1 },
      'a\u0000\n',
      '`a\\u0000\\n` is unknown: use factors, outcome, payoff',
    ],
  ])('A member %s is refused by its name', (_, raw, path, message) => {
    const fault = refused(raw);
    expect([fault.code, fault.message]).toEqual(['invalid_request', message]);
    expect(fault.issues).toEqual([{ path, message }]);
  });

  it('Unknown members are named before other problems, because a misspelt member is missing too', () => {
    const fault = refused({ outcom: 'success', payoff: 3 });
    expect(fault.message).toBe('`outcom` is unknown; did you mean `outcome`?');
    expect(fault.issues.map(({ path }) => path)).toEqual(['outcom', 'payoff']);
  });

  it('The message names three unknown members, and says that there are more', () => {
    expect(refused({ factor: 1, outcomes: 1 }).message).toBe(
      '`factor` is unknown; did you mean `factors`? `outcomes` is unknown; did you mean `outcome`?',
    );
    const many = refused(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`name${i}`, i])));
    expect(many.issues).toHaveLength(20);
    expect(many.message).toContain('More names are unknown');
    expect(many.message.length).toBeLessThan(500);
  });

  it('A name of 64 kB is shown with 64 characters', () => {
    const fault = refused({ ['x'.repeat(65_536)]: 1 });
    expect(fault.issues).toEqual([
      { path: 'x'.repeat(64), message: `\`${'x'.repeat(64)}…\` is unknown: use factors, outcome, payoff` },
    ]);
  });
});

it('A misspelt value is answered with all values and the near one', () => {
  expect(refused({ outcome: 'succes' }).message).toBe(
    'outcome: must be one of: success, failure; did you mean `success`?',
  );
  expect(refused({ outcome: 'lost' }).message).toBe('outcome: must be one of: success, failure');
  expect(refused({ outcome: 1 }).message).toBe('outcome: must be one of: success, failure');
});

it('A missing member is answered as required', () => {
  expect(refused({ payoff: { win: 1 } }).message).toBe('payoff.loss: is required');
});

it('An unknown name where none is known is to be left out', () => {
  expect(unknownName('page', [])).toBe('`page` is unknown: leave it out');
});
