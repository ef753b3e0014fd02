import type { Clock } from './ports.ts';

const HOUR_MS = 3_600_000;

/** Hands on at most one warning of a kind an hour: a service that is down for a day fails thousands of polls. */
export class HourlyWarnings {
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  add(kind: string, message: string): void {
    const now = this.#clock.monotonic();
    const last = this.#last.get(kind);
    if (last !== undefined && now - last < HOUR_MS) return;
    this.#last.set(kind, now);
    this.#warn(`pm-tuning: ${message}`);
  }
}
