import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { CallError, call } from './service.ts';

/** The state of an answer. After a failure the last answer stays, with the failure beside it. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: CallError | undefined;
  readonly loading: boolean;
  /** When the data were received, milliseconds since 1970. */
  readonly at: number;
  readonly reload: () => void;
}

/** An event: the service did not answer a call. */
export const NO_ANSWER = 'no-answer';
/** Milliseconds between two readings of what runs and operators change. */
export const REFRESH_MS = 60_000;

type State<T> = Omit<Answer<T>, 'reload'> & { readonly path: string | undefined };

/**
 * Reads a path, again every `everyMs` while the page is visible and when it is seen again, and when the path changes.
 * @param path undefined reads nothing
 */
export function useAnswer<T>(path: string | undefined, everyMs?: number): Answer<T> {
  const [state, setState] = useState<State<T>>({
    data: undefined,
    error: undefined,
    loading: true,
    at: 0,
    path,
  });
  const asked = useRef(0);
  const load = useCallback(() => {
    if (path === undefined) return;
    const number = ++asked.current;
    const isLast = (): boolean => number === asked.current;
    setState(old =>
      old.path === path ? { ...old, loading: true } : { ...old, path, loading: true, error: undefined },
    );
    call<T>('GET', path).then(
      data => isLast() && setState({ data, error: undefined, loading: false, at: Date.now(), path }),
      (error: unknown) => {
        if (!isLast()) return;
        const failure = error instanceof CallError ? error : new CallError(0, undefined);
        // An answer of refusal replaces what was shown; silence of the service does not.
        const keeps = failure.status === 0 || failure.status >= 500;
        if (failure.status === 0) dispatchEvent(new Event(NO_ANSWER));
        setState(old => ({ ...old, data: keeps ? old.data : undefined, error: failure, loading: false }));
      },
    );
  }, [path]);
  useEffect(load, [load]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const loadIfSeen = (): void => {
      if (document.visibilityState === 'visible') load();
    };
    const timer = setInterval(loadIfSeen, everyMs);
    document.addEventListener('visibilitychange', loadIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', loadIfSeen);
    };
  }, [load, everyMs]);
  return { ...state, reload: load };
}
