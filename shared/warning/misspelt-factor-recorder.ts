import type { Episode } from '../episode/episode.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { DimensionStore } from './dimension-store.ts';
import { misspeltFactors } from './factor-names.ts';
import { HourlyNames } from './hourly-names.ts';

/** Maximum number of misspelt names of one request and pattern that are recorded. */
const MAX_RECORDED = 20;

interface RecorderDeps {
  readonly dimensions: Pick<DimensionStore, 'recordFactors'>;
  readonly now: () => number;
  readonly log: { error(message: string, error: unknown, fields: { readonly pattern: string }): void };
}

/** Records the factors of events whose names are near misses of known ones, each at most once an hour. */
export class MisspeltFactorRecorder {
  readonly #deps: RecorderDeps;
  readonly #hourly: HourlyNames;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#hourly = new HourlyNames(deps.now);
  }

  /** A failed write is logged and does not fail the request: the events are stored, and the name is due in an hour. */
  async record(episodes: readonly Pick<Episode, 'pattern' | 'factors'>[]): Promise<void> {
    const found = new Map<PatternKey, Set<string>>();
    for (const { pattern, factors } of episodes)
      for (const name of misspeltFactors(factors))
        found.set(pattern, (found.get(pattern) ?? new Set<string>()).add(name));
    for (const [pattern, names] of found) {
      const due = this.#hourly.due(pattern, [...names].slice(0, MAX_RECORDED));
      if (due.length === 0) continue;
      try {
        await this.#deps.dimensions.recordFactors(pattern, due);
      } catch (error) {
        this.#deps.log.error('misspelt factors not recorded', error, { pattern });
      }
    }
  }
}
