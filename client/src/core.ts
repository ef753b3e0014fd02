import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Situation } from './answer.ts';
import { answerLookup, neutral } from './answer.ts';
import { HeldSnapshots } from './held-snapshots.ts';
import { HourlyWarnings } from './hourly-warnings.ts';
import { HttpService } from './http-service.ts';
import { emitWarning, isOffByEnvironment, systemClock, systemFetch, webSha256 } from './platform.ts';
import { PollSchedule } from './poll-schedule.ts';
import { messageOf, Poller, PollFailure } from './poller.ts';
import type { Clock, SnapshotStorage } from './ports.ts';
import { checkDigests, readIndex, readSnapshot } from './read-documents.ts';
import type { ClientCore, Freshness, ServedPattern } from './served.ts';
import type { ClientMode, ClientOptions, ClientState, LookupOptions, ThresholdAnswer } from './types.ts';

const POLL_MS = 15_000;
/** Time between two looks at the kill switch and at the age, milliseconds. */
const TICK_MS = 500;
/** Least time without contact before answers are stale, milliseconds. */
const STALE_MS = 120_000;
const STALE_POLLS = 4;
/** Pattern keys that are kept in canonical form. */
const MAX_KEYS = 1000;

/** Opens a client. It polls by itself until `close`. It throws only for options of a wrong form. */
export function openCore(options: ClientOptions): ClientCore {
  return new Core(options);
}

class Core implements ClientCore {
  readonly service: HttpService;
  readonly #options: ClientOptions;
  readonly #clock: Clock;
  readonly #held: HeldSnapshots;
  readonly #storage: SnapshotStorage | undefined;
  readonly #schedule: PollSchedule;
  readonly #poller: Poller;
  readonly #patterns: ReadonlySet<string> | undefined;
  readonly #keys = new Map<string, string>();
  readonly #warnings: HourlyWarnings;
  readonly #waiting = new Set<() => void>();
  readonly #counters = { lookups: 0, errors: 0, polls: 0, failed_polls: 0, applied: 0, rejected: 0 };
  #off = false;
  #isStale = false;
  #isClosed = false;
  #polling: Promise<void> | undefined;
  #cancelPoll: () => void = () => undefined;
  #cancelTick: () => void = () => undefined;
  #lastError: string | undefined;

  constructor(options: ClientOptions) {
    const { clock = systemClock, fetch = systemFetch, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#storage = options.storage;
    this.#patterns = options.patterns && new Set(options.patterns.map(parsePatternKey));
    this.#held = new HeldSnapshots(clock, pattern => this.#keeps(pattern), options);
    this.#schedule = new PollSchedule(random);
    const { url, token, authorize, warn = emitWarning } = options;
    this.#warnings = new HourlyWarnings(clock, message => this.#call(() => warn(message)));
    this.service = new HttpService({ url: new URL(url).href, token, authorize, fetch, clock });
    this.#poller = new Poller({
      service: this.service,
      held: this.#held,
      storage: this.#storage,
      clock,
      sha256: options.sha256 ?? webSha256,
      options,
      onTaken: served => this.#taken(served),
      onRejected: error => this.#rejected(error),
    });
    this.#load();
    this.#tick();
    this.#pollAfter(this.#schedule.first(this.#held.isReady, this.#pollMs()));
  }

  thresholds<Name extends string>(
    pattern: string,
    scope: Readonly<Record<string, unknown>>,
    base: Readonly<Record<Name, number>>,
    options?: LookupOptions,
  ): ThresholdAnswer<Name> {
    this.#counters.lookups++;
    let situation: Situation = UNKNOWN;
    try {
      situation = this.#situation(this.#canonical(pattern));
      return answerLookup(situation, scope, base, options) as ThresholdAnswer<Name>;
    } catch {
      this.#counters.errors++;
      return neutral(situation, 'ERROR', base) as ThresholdAnswer<Name>;
    }
  }

  state(): ClientState {
    const { stale, ageSeconds } = this.freshness();
    return {
      ready: this.#held.isReady,
      stale,
      age_seconds: ageSeconds,
      mode: this.serviceMode(),
      off: this.#off,
      ...(this.#lastError !== undefined && { last_error: this.#lastError }),
      patterns: this.#held.all().map(({ pattern, generation, mode, index }) => {
        const { stale, ageSeconds } = this.freshness(pattern);
        return {
          pattern_key: pattern,
          generation,
          mode,
          overrides: index.size,
          stale,
          age_seconds: ageSeconds,
        };
      }),
      counters: { ...this.#counters },
    };
  }

  refresh(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#cancelPoll();
    this.#polling ??= this.#poll();
    return this.#polling;
  }

  ready(timeoutMs = 5000): Promise<boolean> {
    if (this.#held.isReady || this.#isClosed) return Promise.resolve(this.#held.isReady);
    return new Promise(resolve => {
      const settle = (): void => {
        cancel();
        this.#waiting.delete(settle);
        resolve(this.#held.isReady);
      };
      // A caller that waits for the client must not be ended by an empty event loop.
      const cancel = this.#clock.after(timeoutMs, settle, true);
      this.#waiting.add(settle);
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelPoll();
    this.#cancelTick();
    this.service.abort();
    for (const settle of this.#waiting) settle();
  }

  served(pattern: string): ServedPattern | undefined {
    const served = this.#held.served(pattern);
    return served && this.#off ? { ...served, mode: 'off' } : served;
  }

  servedPatterns(): readonly ServedPattern[] {
    return this.#held.all();
  }

  serviceMode(): ClientMode {
    return this.#held.index?.mode ?? 'live';
  }

  freshness(pattern?: string): Freshness {
    const { stale, ageSeconds } = this.#held.freshness(pattern, this.#staleAfterMs());
    return { stale, ageSeconds };
  }

  #keeps(pattern: string): boolean {
    return this.#patterns?.has(pattern) ?? true;
  }

  /** @throws Error for an invalid key, and for a pattern that the client was told not to keep */
  #canonical(pattern: string): string {
    const known = this.#keys.get(pattern);
    if (known !== undefined) return known;
    const key = parsePatternKey(pattern);
    if (!this.#keeps(key)) throw new Error(`${key} is not among the patterns of this client`);
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(pattern, key);
    return key;
  }

  #situation(pattern: string): Situation {
    const served = this.#held.served(pattern);
    const { stale, ageSeconds, ageMs } = this.#held.freshness(
      served ? pattern : undefined,
      this.#staleAfterMs(),
    );
    const { expireAfterMs = Number.POSITIVE_INFINITY } = this.#options;
    const service = this.serviceMode();
    const mode = this.#off ? 'off' : (served?.mode ?? service);
    const isListed = this.#held.index?.entries.has(pattern) ?? true;
    const barred =
      this.#off || (!served && service === 'off')
        ? 'OFF'
        : !served
          ? isListed
            ? 'NOT_READY'
            : undefined
          : ageMs > expireAfterMs
            ? 'EXPIRED'
            : undefined;
    return { served, barred, mode, stale, ageSeconds };
  }

  #pollMs(): number {
    const seconds = this.#held.index?.pollSeconds;
    return this.#options.pollMs ?? (seconds ? Math.max(1, seconds) * 1000 : POLL_MS);
  }

  #staleAfterMs(): number {
    return Math.max(STALE_MS, STALE_POLLS * this.#pollMs());
  }

  /** Answers from the storage at once, and from the bootstrap documents where it has nothing. */
  #load(): void {
    const stored = this.#storage?.load() ?? [];
    for (const served of this.#held.takeStored(stored, error => this.#rejected(error))) this.#taken(served);
    for (const text of this.#options.bootstrap ?? [])
      void this.#takeBootstrap(text)
        .catch(error => this.#rejected(error))
        .then(() => this.#settleWaiting());
  }

  async #takeBootstrap(text: string): Promise<void> {
    if (text.includes('"patterns"') && !text.includes('"overrides"')) {
      if (!this.#held.index) this.#held.takeIndex(readIndex(text), undefined);
      return;
    }
    const snapshot = readSnapshot(text, undefined, this.#options);
    await checkDigests(snapshot, this.#options.sha256 ?? webSha256);
    const { served } = snapshot;
    if (this.#held.served(served.pattern) || !this.#keeps(served.pattern)) return;
    this.#held.take(served, undefined, undefined);
    this.#taken(served);
  }

  #taken({ pattern, generation }: ServedPattern): void {
    this.#counters.applied++;
    this.#call(() => this.#options.onChange?.(pattern, generation));
  }

  #rejected(error: unknown): void {
    this.#counters.rejected++;
    this.#warnings.add('rejected', `a document was not taken, and the one before stays: ${messageOf(error)}`);
  }

  #settleWaiting(): void {
    if (this.#held.isReady) for (const settle of this.#waiting) settle();
  }

  #pollAfter(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#cancelPoll = this.#clock.after(milliseconds, () => void this.refresh());
  }

  /** Polls once, and sets the time of the next poll. It never rejects. */
  async #poll(): Promise<void> {
    this.#counters.polls++;
    let pause: number;
    try {
      await this.#poller.poll();
      this.#lastError = undefined;
      pause = this.#schedule.afterSuccess(this.#pollMs());
    } catch (error) {
      pause = this.#failed(error);
    }
    this.#polling = undefined;
    this.#pollAfter(pause);
    this.#settleWaiting();
    this.#checkStale();
  }

  /** Records a failure. @returns the time to the next poll, milliseconds */
  #failed(error: unknown): number {
    if (!this.#isClosed) {
      this.#counters.failed_polls++;
      this.#lastError = messageOf(error);
      this.#warnings.add('poll', `polling failed, and what is known stays in force: ${this.#lastError}`);
    }
    const retryAfterMs = error instanceof PollFailure ? error.retryAfterMs : undefined;
    return this.#schedule.afterFailure(this.#pollMs(), retryAfterMs);
  }

  #tick(): void {
    this.#call(() => {
      this.#off = (this.#options.off ?? isOffByEnvironment)();
    });
    this.#checkStale();
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }

  #checkStale(): void {
    const { stale } = this.freshness();
    if (stale === this.#isStale) return;
    this.#isStale = stale;
    this.#call(() => this.#options.onStale?.(stale));
  }

  /** Calls code of the bot, whose errors must not reach the client. */
  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#lastError = `a callback threw: ${messageOf(error)}`;
    }
  }
}

const UNKNOWN: Situation = {
  served: undefined,
  barred: undefined,
  mode: 'live',
  stale: false,
  ageSeconds: -1,
};
