import type { Lesson } from '../lesson/lesson.ts';
import type { Log } from '../log.ts';
import type { Override } from '../override/override.ts';
import type { CycleStore, DimensionStore, EpisodeStore, HeadStore, RowSetStore } from '../store/stores.ts';
import type { Defaults } from './settings.ts';

/** What runs and operators work on. */
export interface CycleDeps {
  readonly episodes: EpisodeStore;
  readonly heads: HeadStore;
  readonly lessons: RowSetStore<Lesson>;
  readonly overrides: RowSetStore<Override>;
  readonly cycles: CycleStore;
  readonly dimensions: DimensionStore;
  readonly defaults: Defaults;
  readonly now: () => number;
  readonly log: Log;
}
