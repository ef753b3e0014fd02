import { go, OF_PATTERN, pairsOf, SCREENS, type Screen } from './address.ts';
import { busiest, type Session } from './session.ts';
import { MODES, switchEverything, switchMode } from './steering.ts';

/** Something that a typed text may mean. */
export interface Suggestion {
  readonly title: string;
  readonly hint: string;
  readonly run: () => void;
}

const MOST = 8;
/** Names of thresholds; other pairs are dimensions of a scope. */
const THRESHOLD = /^(ts_min|halo_max|halo_mult|dx_min|dx_atr_mult|slope_min|sr_boost|edx_supp)$/;

/**
 * Returns what a text may mean, the best first: `off`, `live`, `frozen`, `shadow` with or without a pattern,
 * `off everything`, `why chain=solana ts_min=0.6`, `what if ts_min=0.55 chain=solana`, a screen, a pattern.
 * @param pattern the pattern that is looked at; without it, the one that the list of patterns shows
 */
export function suggest(text: string, pattern: string | undefined, session: Session): Suggestion[] {
  const patterns = session.status.data?.patterns ?? [];
  const named = patterns.find(row => text.includes(row.pattern_key))?.pattern_key;
  const target = named ?? pattern ?? busiest(session.status);
  const words = text.toLowerCase().trim();
  return [
    ...(target === undefined ? [] : questions(text, target)),
    ...(session.steers && target !== undefined ? steering(words, target, session) : []),
    ...screens(words, target),
    ...patterns
      .filter(row => words !== '' && row.pattern_key.toLowerCase().includes(words))
      .map(row => ({ title: row.pattern_key, hint: row.mode, run: () => go('pattern', row.pattern_key) })),
  ].slice(0, MOST);
}

/** Reads the pairs of a question, separated by spaces or commas. */
function pairsIn(text: string): { readonly scope: string; readonly thresholds: string } {
  const pairs = Object.entries(pairsOf(text.replaceAll(/\s*=\s*/g, '=').replaceAll(/\s+/g, ',')));
  const list = (wanted: boolean): string =>
    pairs
      .filter(([name]) => THRESHOLD.test(name) === wanted)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  return { scope: list(false), thresholds: list(true) };
}

function questions(text: string, pattern: string): Suggestion[] {
  const [, question = '', rest = ''] = /^\s*(why|ask|what\s*if)\b(.*)$/i.exec(text) ?? [];
  if (question === '') return [];
  const { scope, thresholds } = pairsIn(rest);
  if (/^what/i.test(question)) {
    const [lever = 'ts_min', at = ''] = thresholds.split(', ')[0]?.split('=') ?? [];
    const params = { lever: lever || 'ts_min', at, scope };
    const title = `What if ${params.lever} were ${at || '…'}${scope ? `, ${scope}` : ''}`;
    return [{ title, hint: pattern, run: () => go('whatif', pattern, params) }];
  }
  const params = { scope, thresholds: thresholds || 'ts_min=0.6' };
  return [
    {
      title: `Why: ${params.thresholds}, ${scope || 'empty scope'}`,
      hint: pattern,
      run: () => go('pattern', pattern, params),
    },
  ];
}

function steering(words: string, pattern: string, session: Session): Suggestion[] {
  const before = session.status.data?.patterns.find(row => row.pattern_key === pattern)?.mode ?? 'live';
  const [word = ''] = words.split(' ');
  const service = session.status.data?.mode;
  const everything =
    service !== undefined &&
    (words.startsWith('off') || words.startsWith('on')) &&
    !words.includes(pattern.toLowerCase())
      ? [
          {
            title: service === 'off' ? 'Switch everything on' : 'Switch everything off',
            hint: 'the whole service',
            run: () => session.steer(switchEverything(session, service, service === 'off' ? 'live' : 'off')),
          },
        ]
      : [];
  const modes = MODES.filter(mode => word !== '' && mode.startsWith(word) && mode !== before).map(mode => ({
    title: mode === 'off' ? `Switch ${pattern} off` : `Set ${pattern} ${mode}`,
    hint: `now ${before}`,
    run: () => session.steer(switchMode(session, pattern, before, mode)),
  }));
  return words.includes('every') || words.includes('all')
    ? [...everything, ...modes]
    : [...modes, ...everything];
}

function screens(words: string, pattern: string | undefined): Suggestion[] {
  return (Object.keys(SCREENS) as Screen[])
    .filter(screen => SCREENS[screen].toLowerCase().includes(words) || screen.includes(words))
    .filter(screen => pattern !== undefined || !OF_PATTERN.includes(screen))
    .map(screen => {
      const ofPattern = OF_PATTERN.includes(screen) ? pattern : undefined;
      return { title: SCREENS[screen], hint: ofPattern ?? '', run: () => go(screen, ofPattern) };
    });
}
