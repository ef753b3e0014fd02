import { cycleId, SCHEDULE } from '../shared/cycle/cycle.ts';
import type { CycleStarter } from '../shared/cycle/cycle-store.ts';
import type { Runtime } from '../shared/runtime.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** Minimum time between the starts of two runs. */
const MIN_PERIOD_MS = 1000;
/** Time from the first start to the first run, and between two looks for a first event. */
const FIRST_RUN_MS = 60_000;
/** Maximum period; `setTimeout` supports at most 24.8 days. */
const MAX_PERIOD_MS = 24 * 3_600_000;

/** Returns the milliseconds of `30s`, `10m`, `1h`; undefined for `off`. @throws Error that names the valid forms */
export function parsePeriod(text: string): number | undefined {
  if (text === 'off') return undefined;
  const [, amount, unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(ms >= MIN_PERIOD_MS && ms <= MAX_PERIOD_MS))
    throw new Error(`--every takes a time from 1s to 24h such as 10m or 1h, or off; not "${text}"`);
  return ms;
}

/** Starts a run every period, one at a time, as the EventBridge schedule does in AWS. */
export class CycleScheduler {
  readonly #runtime: Runtime;
  readonly #starter: CycleStarter;
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** True until the first run of a service that has had none: a run over no pattern would show nothing. */
  #waitsForEvents = false;

  constructor(runtime: Runtime, starter: CycleStarter, periodMs: number) {
    this.#runtime = runtime;
    this.#starter = starter;
    this.#periodMs = periodMs;
  }

  /**
   * Schedules the first run one period after the last recorded run. So a service that restarts often still runs cycles.
   * After a run that the end of the service interrupted, the first run starts at once. A service without any run starts
   * one a minute after its start, or after its first event if that comes later.
   * @returns milliseconds until the first run
   */
  async start(): Promise<number> {
    const [last] = await this.#runtime.cycles.list(1);
    const isInterrupted = last?.status === 'running' || last?.failure_code === 'interrupted';
    const elapsed = last ? Math.max(0, this.#runtime.now() - Date.parse(last.started_at)) : 0;
    this.#waitsForEvents = last === undefined;
    const pause = last ? this.#periodMs : Math.min(this.#periodMs, FIRST_RUN_MS);
    const first = isInterrupted ? 0 : Math.max(0, pause - elapsed);
    this.#schedule(first);
    return first;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(inMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#run(), inMs);
  }

  async #run(): Promise<void> {
    const startedAt = this.#runtime.now();
    try {
      if (this.#waitsForEvents && (await this.#runtime.heads.patterns()).length === 0)
        return this.#schedule(Math.min(this.#periodMs, FIRST_RUN_MS));
      this.#waitsForEvents = false;
      const { done } = await this.#starter.start(
        cycleId(new Date(startedAt).toISOString(), `clock ${startedAt}`),
        SCHEDULE,
        {},
      );
      await done;
    } catch (error) {
      this.#runtime.log.error('cycle not started', error);
    }
    this.#schedule(Math.max(MIN_PERIOD_MS, this.#periodMs - (this.#runtime.now() - startedAt)));
  }
}
