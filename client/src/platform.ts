import type { Clock, Fetch } from './ports.ts';

/* This file uses only parts of the Web platform that Node 20 and later, Deno and Bun have. */

/** A timer of Node; other runtimes return a number. */
interface NodeTimer {
  unref(): void;
}

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(milliseconds, callback, keepsAlive = false) {
    const timer: unknown = setTimeout(callback, milliseconds);
    if (!keepsAlive && typeof timer === 'object') (timer as NodeTimer).unref();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** `fetch` as it is at the time of the call, so that a replaced one is used. */
export const systemFetch: Fetch = (url, init) => fetch(url, init) as ReturnType<Fetch>;

export async function webSha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('');
}

export function emitWarning(message: string): void {
  globalThis.process?.emitWarning?.(message);
}

/** Returns whether the environment switches overrides off: `PM_TUNING_OFF=1`. */
export function isOffByEnvironment(): boolean {
  return globalThis.process?.env?.PM_TUNING_OFF === '1';
}
