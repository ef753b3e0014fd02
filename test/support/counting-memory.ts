import { FoldMemory } from '../../shared/override/evaluation/fold-memory.ts';
import type { Override } from '../../shared/override/override.ts';

/** Counts how often the overrides of a week had to be computed. */
export class CountingMemory extends FoldMemory {
  computed = 0;

  override recall(name: Parameters<FoldMemory['recall']>[0], compute: () => readonly Override[]) {
    return super.recall(name, () => {
      this.computed++;
      return compute();
    });
  }
}
