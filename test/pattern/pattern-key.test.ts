import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PATTERN_FORMS,
  parsePatternKey,
  patternParts,
  withoutPaddedState,
} from '../../shared/pattern/pattern-key.ts';
import { faultOf } from '../support/fault-of.ts';

describe('an accepted form', () => {
  it.each([
    ['pm.uptrend.S1.entry', 'pm.uptrend.S1.entry'],
    ['pm.uptrend.s1.entry', 'pm.uptrend.S1.entry'],
    ['pm.uptrend.S3.dx', 'pm.uptrend.S3.dx'],
    ['module=pm|pattern_key=uptrend.S1.entry', 'pm.uptrend.S1.entry'],
    ['module=pm|pattern_key=uptrend.s3.dx', 'pm.uptrend.S3.dx'],
    ['pm.s1_entry', 'pm.uptrend.S1.entry'],
    ['pm.s2_entry', 'pm.uptrend.S2.entry'],
    ['pm.s3_retest', 'pm.uptrend.S3.retest'],
    ['other_module.range_2.S12.take_profit', 'other_module.range_2.S12.take_profit'],
  ])('The pattern key %s is rewritten to %s', (text, canonical) => {
    expect(parsePatternKey(text)).toBe(canonical);
  });
});

describe('any other text', () => {
  it.each([
    '',
    ' ',
    'pm',
    'pm.uptrend.S1',
    'pm.uptrend.S1.entry.more',
    'pm..S1.entry',
    '.uptrend.S1.entry',
    'pm.uptrend.1.entry',
    'pm.uptrend.S.entry',
    'pm.uptrend.S1234.entry',
    'pm.uptrend.S01234.entry',
    'pm.uptrend.S01',
    'pm.uptrend.X1.entry',
    'PM.uptrend.S1.entry',
    'pm.uptrend.S1.Entry',
    'pm.up trend.S1.entry',
    'pm.uptrend.S1.entry#1',
    'pm.uptrend.S1.entry@1',
    'pm.uptrend.S1.entry\u0000',
    'pm.uptrend.S1.entry\npm.uptrend.S1.entry',
    'pm.s1_entry.more',
    'pm.s1_exit',
    'pm.S1_entry',
    's1_entry',
    'module=pm|pattern_key=pm.uptrend.S1.entry',
    'module=pm|pattern_key=s1_entry',
    'module=pm|pattern_key=',
    'module=|pattern_key=uptrend.S1.entry',
    'module=pm',
    'pattern_key=uptrend.S1.entry|module=pm',
    'module=pm|pattern_key=uptrend.S1.entry|x=1',
    '__proto__',
    'constructor',
    'toString',
    `pm.${'a'.repeat(65)}.S1.entry`,
    'a'.repeat(10_000),
    'pm.uptrend.S1.入口',
  ])(
    'The pattern key %j is rejected as invalid_pattern_key, and the message lists the accepted forms',
    text => {
      const fault = faultOf(() => parsePatternKey(text));
      expect(fault.code).toBe('invalid_pattern_key');
      expect(fault.message).toContain(PATTERN_FORMS);
      expect(fault.message.length).toBeLessThan(400);
    },
  );
});

describe('a state with leading zeros', () => {
  it.each([
    ['pm.uptrend.S01.entry', 'pm.uptrend.S1.entry'],
    ['pm.uptrend.s0012.entry', 'pm.uptrend.S12.entry'],
    ['pm.uptrend.S000.entry', 'pm.uptrend.S0.entry'],
    [' module=pm|pattern_key=uptrend.s03.dx ', 'module=pm|pattern_key=uptrend.S3.dx'],
  ])('The key %j is rejected, and the message has the form %s', (text, right) => {
    expect(withoutPaddedState(text)).toBe(right);
    expect(faultOf(() => parsePatternKey(text))).toMatchObject({
      code: 'invalid_pattern_key',
      message: `the number of a state has no leading zeros: send ${right}`,
    });
  });

  it.each(['pm.uptrend.S1.entry', 'pm.uptrend.S0.entry', 'pm.s1_entry', 'pm.S01.entry', 'x'])(
    'The text %s has no state to rewrite',
    text => {
      expect(withoutPaddedState(text)).toBeUndefined();
    },
  );
});

it('The list of accepted forms has an example of each form of a pattern key', () => {
  for (const form of [
    'pm.uptrend.S1.entry',
    'module=pm|pattern_key=uptrend.S1.entry',
    'pm.s1_entry',
    'pm.s2_entry',
    'pm.s3_retest',
  ])
    expect(PATTERN_FORMS).toContain(form);
});

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/);
const parts = fc.record({ module: word, family: word, state: fc.nat(999), motif: word });

describe('for any pattern', () => {
  it('[R3] All accepted forms of one pattern give the same key', () => {
    fc.assert(
      fc.property(parts, ({ module, family, state, motif }) => {
        const key = parsePatternKey(`${module}.${family}.S${state}.${motif}`);
        expect(parsePatternKey(`${module}.${family}.s${state}.${motif}`)).toBe(key);
        expect(parsePatternKey(`module=${module}|pattern_key=${family}.S${state}.${motif}`)).toBe(key);
        expect(parsePatternKey(key)).toBe(key);
      }),
    );
  });

  it('A pattern key is split into the module, family, state and motif that it was composed of', () => {
    fc.assert(
      fc.property(parts, ({ module, family, state, motif }) => {
        const key = parsePatternKey(`module=${module}|pattern_key=${family}.s${state}.${motif}`);
        expect(patternParts(key)).toEqual({ module, family, state: `S${state}`, motif });
      }),
    );
  });

  it('Any text is either rewritten to a canonical key or rejected as invalid_pattern_key', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[pmS12._|=]{0,12}$/),
    );
    fc.assert(
      fc.property(texts, text => {
        try {
          expect(parsePatternKey(text)).toMatch(/^[a-z]\w*\.[a-z]\w*\.S(?:0|[1-9]\d{0,2})\.[a-z]\w*$/);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_pattern_key' });
        }
      }),
    );
  });
});
