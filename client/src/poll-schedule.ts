/** Share of the mean by which the time between polls varies in both directions. */
const JITTER = 0.2;
/** Least time after a failure. */
const LEAST_MS = 1000;
const MAX_BACKOFF_MS = 300_000;
const MAX_RETRY_AFTER_MS = 600_000;

/**
 * Decides when to poll next. Times are random, so that many clients that start or fail together do not poll together.
 * All times are milliseconds.
 */
export class PollSchedule {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Returns the time to the first poll. A client with data to answer from waits up to one interval. */
  first(isReady: boolean, pollMs: number): number {
    return isReady ? this.#random() * pollMs : 0;
  }

  afterSuccess(pollMs: number): number {
    this.#failures = 0;
    return pollMs * (1 - JITTER + 2 * JITTER * this.#random());
  }

  /**
   * Returns the time after a failure: full jitter below a bound that doubles to 5 minutes. The first bound is two
   * intervals, so that an outage does not raise the load.
   * @param retryAfterMs what the service asks for, of which at most 10 minutes count
   */
  afterFailure(pollMs: number, retryAfterMs: number | undefined): number {
    const bound = Math.min(MAX_BACKOFF_MS, pollMs * 2 ** ++this.#failures);
    const asked = Math.min(MAX_RETRY_AFTER_MS, retryAfterMs ?? 0);
    // Clients that were told the same time spread over the interval after it.
    return Math.max(LEAST_MS, asked > 0 ? asked + pollMs * this.#random() : bound * this.#random());
  }
}

/** Returns the milliseconds of a Retry-After header, in seconds or as a date; undefined for none. */
export function readRetryAfter(header: string | null, wallNow: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - wallNow;
  return Number.isFinite(milliseconds) ? milliseconds : undefined;
}
