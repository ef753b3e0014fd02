import { useEffect, useState } from 'preact/hooks';

/* The state of the page is in the fragment of its address, so that it can be shared and is never sent to a server. */

export const SCREENS = {
  overview: 'Overview',
  pattern: 'Thresholds',
  lessons: 'Lessons',
  whatif: 'What if',
  evidence: 'Evidence',
  history: 'History',
  guard: 'Guard',
  settings: 'Settings',
  runs: 'Runs',
  connect: 'Connect',
} as const;
export type Screen = keyof typeof SCREENS;

/** Screens about one pattern. */
export const OF_PATTERN: readonly Screen[] = [
  'pattern',
  'lessons',
  'whatif',
  'evidence',
  'history',
  'guard',
  'settings',
];

export type Params = Readonly<Record<string, string>>;

export interface Address {
  readonly screen: Screen;
  readonly pattern: string | undefined;
  readonly params: Params;
}

/** Reads `#/SCREEN[/PATTERN][?NAME=VALUE…]`. Anything else is the overview. */
function parseAddress(fragment: string): Address {
  const [path = '', query = ''] = fragment.replace(/^#\/?/, '').split('?');
  const [name = '', pattern] = path.split('/');
  const screen = Object.hasOwn(SCREENS, name) ? (name as Screen) : 'overview';
  return {
    screen,
    pattern: pattern ? decode(pattern) : undefined,
    params: Object.fromEntries(new URLSearchParams(query)),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function addressText({ screen, pattern, params }: Address): string {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== '')).toString();
  const path = pattern === undefined ? screen : `${screen}/${encodeURIComponent(pattern)}`;
  return query === '' ? `#/${path}` : `#/${path}?${query}`;
}

export function href(screen: Screen, pattern?: string, params: Params = {}): string {
  return addressText({ screen, pattern, params });
}

export function go(screen: Screen, pattern?: string, params: Params = {}): void {
  location.hash = href(screen, pattern, params);
}

export function useAddress(): Address {
  const [address, setAddress] = useState(() => parseAddress(location.hash));
  useEffect(() => {
    const read = (): void => setAddress(parseAddress(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return address;
}

/** Changes some parameters of the address; without a new entry in the history, as one does while typing. */
export function setParams(changes: Params): void {
  const address = parseAddress(location.hash);
  const next = addressText({ ...address, params: { ...address.params, ...changes } });
  history.replaceState(null, '', next);
  dispatchEvent(new Event('hashchange'));
}

/** Reads `a=1, b=2` into an object. Parts without `=` are left out. */
export function pairsOf(text: string): Params {
  return Object.fromEntries(
    text.split(',').flatMap(part => {
      const at = part.indexOf('=');
      const [name, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
      return at > 0 && value !== '' ? [[name, value]] : [];
    }),
  );
}
