import { Fault } from '../errors.ts';

declare const brand: unique symbol;

/** A pattern key in canonical form: `module.family.state.motif`, for example `pm.uptrend.S1.entry`. */
export type PatternKey = string & { readonly [brand]: 'PatternKey' };

interface PatternParts {
  readonly module: string;
  readonly family: string;
  /** `S` and a number, for example `S1`. */
  readonly state: string;
  readonly motif: string;
}

const WORD = '[a-z][a-z0-9_]{0,63}';
const CANONICAL = new RegExp(`^(${WORD})\\.(${WORD})\\.([Ss][0-9]{1,3})\\.(${WORD})$`);
const PIPED = /^module=([^|=.]+)\|pattern_key=([^|=.]+\.[^|=.]+\.[^|=.]+)$/;
const SHORT_FORMS: Readonly<Record<string, string>> = {
  'pm.s1_entry': 'pm.uptrend.S1.entry',
  'pm.s2_entry': 'pm.uptrend.S2.entry',
  'pm.s3_retest': 'pm.uptrend.S3.retest',
};

/** The accepted forms of a pattern key, as the message of `invalid_pattern_key` lists them. */
export const PATTERN_FORMS =
  'module.family.state.motif (pm.uptrend.S1.entry; the state may be in lower case), ' +
  'module=pm|pattern_key=uptrend.S1.entry, pm.s1_entry, pm.s2_entry, pm.s3_retest';

/**
 * Returns the canonical form of a pattern key that is given in any accepted form.
 * @throws Fault `invalid_pattern_key`, whose message lists the accepted forms
 */
export function parsePatternKey(text: string): PatternKey {
  const trimmed = text.trim();
  const piped = PIPED.exec(trimmed);
  const dotted = piped
    ? `${piped[1]}.${piped[2]}`
    : Object.hasOwn(SHORT_FORMS, trimmed)
      ? SHORT_FORMS[trimmed]
      : trimmed;
  const match = CANONICAL.exec(dotted ?? '');
  if (!match)
    throw new Fault('invalid_pattern_key', `not a pattern key; send one of these forms: ${PATTERN_FORMS}`);
  const [, module, family, state = '', motif] = match;
  return `${module}.${family}.${state.toUpperCase()}.${motif}` as PatternKey;
}

/** Returns the four parts of a pattern key. */
export function patternParts(key: PatternKey): PatternParts {
  const [module = '', family = '', state = '', motif = ''] = key.split('.');
  return { module, family, state, motif };
}
