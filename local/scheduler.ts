import { cycleId } from '../shared/cycle/cycle.ts';
import type { CycleStarter } from '../shared/cycle/cycle-store.ts';
import type { Runtime } from '../shared/runtime.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** Shorter than this a run would follow the run. */
const SHORTEST_MS = 1000;
/** setTimeout takes no more. */
const LONGEST_MS = 24 * 3_600_000;

/** Milliseconds of `30s`, `10m`, `1h`; undefined for `off`. @throws Error naming the forms */
export function parsePeriod(text: string): number | undefined {
  if (text === 'off') return undefined;
  const [, amount, unit = ''] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (!(ms >= SHORTEST_MS && ms <= LONGEST_MS))
    throw new Error(`--every takes a time from 1s to 24h such as 10m or 1h, or off; not "${text}"`);
  return ms;
}

/** What EventBridge is in AWS: starts a run every period, one at a time. */
export class CycleScheduler {
  readonly #runtime: Runtime;
  readonly #starter: CycleStarter;
  readonly #periodMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(runtime: Runtime, starter: CycleStarter, periodMs: number) {
    this.#runtime = runtime;
    this.#starter = starter;
    this.#periodMs = periodMs;
  }

  /**
   * Begins where the last run left off, so that a service which is restarted often still runs its cycles.
   * @returns milliseconds until the first run
   */
  async start(): Promise<number> {
    const [last] = await this.#runtime.cycles.list(1);
    const elapsed = last ? Math.max(0, this.#runtime.now() - Date.parse(last.started_at)) : 0;
    const first = Math.max(0, this.#periodMs - elapsed);
    this.#schedule(first);
    return first;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(inMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#tick(), inMs);
  }

  async #tick(): Promise<void> {
    const startedAt = this.#runtime.now();
    try {
      const { done } = await this.#starter.start(
        cycleId(new Date(startedAt).toISOString(), `clock ${startedAt}`),
        {},
      );
      await done;
    } catch (error) {
      this.#runtime.log.error('cycle not started', error);
    }
    this.#schedule(Math.max(SHORTEST_MS, this.#periodMs - (this.#runtime.now() - startedAt)));
  }
}
