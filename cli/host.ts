import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** An output stream: a terminal, a pipe, or the buffer of a test. */
interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The parts of its process that the command line uses. */
export interface Host {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A monotonic clock in milliseconds; only differences have a meaning. */
  now(): number;
  /** Waits `ms` milliseconds; rejects with the signal's reason as soon as the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Returns a random number in [0, 1). */
  random(): number;
  /** Registers a callback for SIGINT and SIGTERM; returns the function that removes it. */
  onInterrupt(callback: () => void): () => void;
}

/** Returns the host of a real process. */
export function processHost(): Host {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: () => performance.now(),
    sleep: async (ms, signal) => {
      await delay(ms, undefined, signal ? { signal } : {});
    },
    random: Math.random,
    onInterrupt: callback => {
      process.on('SIGINT', callback);
      process.on('SIGTERM', callback);
      return () => {
        process.off('SIGINT', callback);
        process.off('SIGTERM', callback);
      };
    },
  };
}
