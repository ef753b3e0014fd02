import type { EpisodeStore } from '../episode/episode-store.ts';
import type { SealedDayStore } from '../episode/sealed-days.ts';
import type { WriterStore } from '../episode/writer.ts';
import type { Defaults } from '../generation/effective-settings.ts';
import type { GenerationStores } from '../generation/ports.ts';
import type { SeenValuesStore } from '../generation/seen-values.ts';
import type { GuardStore } from '../guard/guard-state.ts';
import type { Log } from '../log.ts';
import type { FoldMemory } from '../override/evaluation/fold-memory.ts';
import type { CountSampleStore } from '../warning/count-sample-store.ts';
import type { DegradedLookups } from '../warning/degraded-lookups.ts';
import type { DimensionStore } from '../warning/dimension-store.ts';
import type { CycleStore } from './cycle-store.ts';
import type { FitStore } from './fit-store.ts';

/** Every store and setting that a run needs. A function takes the members that it uses. */
export interface CycleDeps extends GenerationStores {
  readonly episodes: EpisodeStore;
  readonly sealedDays: SealedDayStore;
  /** Days after which the store forgets an event. */
  readonly eventRetentionDays: number;
  readonly writers: WriterStore;
  readonly cycles: CycleStore;
  readonly dimensions: DimensionStore;
  readonly seenValues: SeenValuesStore;
  readonly countSamples: CountSampleStore;
  readonly degradedLookups: DegradedLookups;
  readonly guards: GuardStore;
  readonly folds: FoldMemory;
  readonly fits: FitStore;
  readonly defaults: Defaults;
  readonly log: Log;
}
