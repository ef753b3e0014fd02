import { Fault } from '../errors.ts';

declare const brand: unique symbol;

/** A pattern key in canonical form: `module.family.state.motif`, for example `pm.uptrend.S1.entry`. */
export type PatternKey = string & { readonly [brand]: 'PatternKey' };

interface PatternParts {
  readonly module: string;
  readonly family: string;
  /** `S` and a number without leading zeros, for example `S1`. */
  readonly state: string;
  readonly motif: string;
}

const WORD = '[a-z][a-z0-9_]{0,63}';
const STATE = '[Ss](?:0|[1-9][0-9]{0,2})';
const CANONICAL = new RegExp(`^(${WORD})\\.(${WORD})\\.(${STATE})\\.(${WORD})$`);
/** A state with leading zeros, as old exports have it. */
const PADDED_STATE = /\.[Ss]0+([0-9]{1,3})\./;
const PIPED = /^module=([^|=.]+)\|pattern_key=([^|=.]+\.[^|=.]+\.[^|=.]+)$/;
const SHORT_FORMS: Readonly<Record<string, string>> = {
  'pm.s1_entry': 'pm.uptrend.S1.entry',
  'pm.s2_entry': 'pm.uptrend.S2.entry',
  'pm.s3_retest': 'pm.uptrend.S3.retest',
};

/**
 * Returns the accepted forms of a pattern key as one regular expression, for the OpenAPI document. It is a function, so
 * that the bundle of the client leaves it out.
 */
export function patternKeyForms(): string {
  const short = Object.keys(SHORT_FORMS).map(form => form.replace('.', '\\.'));
  const dotted = `${WORD}\\.${STATE}\\.${WORD}`;
  return `^(?:${WORD}\\.${dotted}|module=${WORD}\\|pattern_key=${dotted}|${short.join('|')})$`;
}

/** The accepted forms of a pattern key, as the message of `invalid_pattern_key` lists them. */
export const PATTERN_FORMS =
  'module.family.state.motif (pm.uptrend.S1.entry; the state may be in lower case), ' +
  'module=pm|pattern_key=uptrend.S1.entry, pm.s1_entry, pm.s2_entry, pm.s3_retest';

/**
 * Returns the canonical form of a pattern key that is given in any accepted form.
 * @throws Fault `invalid_pattern_key`, whose message lists the accepted forms, or has the form of a padded state
 */
export function parsePatternKey(text: string): PatternKey {
  const match = matchKey(text);
  if (!match) throw new Fault('invalid_pattern_key', invalidKeyMessage(text));
  const [, module, family, state = '', motif] = match;
  return `${module}.${family}.${state.toUpperCase()}.${motif}` as PatternKey;
}

function matchKey(text: string): RegExpExecArray | null {
  const trimmed = text.trim();
  const piped = PIPED.exec(trimmed);
  const dotted = piped
    ? `${piped[1]}.${piped[2]}`
    : Object.hasOwn(SHORT_FORMS, trimmed)
      ? SHORT_FORMS[trimmed]
      : trimmed;
  return CANONICAL.exec(dotted ?? '');
}

/** Returns a pattern key that the store has; keys of earlier versions may have a padded state. */
export function storedPatternKey(text: string): PatternKey {
  return text as PatternKey;
}

/**
 * Returns the same key with the number of its state without leading zeros, `pm.uptrend.S01.entry` as
 * `pm.uptrend.S1.entry`; undefined for a key whose state has none.
 */
export function withoutPaddedState(text: string): string | undefined {
  const unpadded = text.trim().replace(PADDED_STATE, (_, number) => `.S${Number(number)}.`);
  return unpadded !== text.trim() && matchKey(unpadded) ? unpadded : undefined;
}

function invalidKeyMessage(text: string): string {
  const unpadded = withoutPaddedState(text);
  return unpadded === undefined
    ? `not a pattern key; send one of these forms: ${PATTERN_FORMS}`
    : `the number of a state has no leading zeros: send ${unpadded}`;
}

/** Returns the four parts of a pattern key. */
export function patternParts(key: PatternKey): PatternParts {
  const [module = '', family = '', state = '', motif = ''] = key.split('.');
  return { module, family, state, motif };
}
