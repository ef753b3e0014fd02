import { parseJsonText } from '../json.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { CountSampleStore } from '../warning/count-sample-store.ts';
import type { CountSample } from '../warning/outcomes-missing.ts';
import { countSamplesSchema } from '../warning/outcomes-missing.ts';
import type { ControlTable } from './control-table.ts';
import { COUNTERS } from './counter-updates.ts';
import { COUNTS, FLOW, patternPartition } from './keys.ts';

/** Samples of the counters in the control table: one item a pattern, beside the counters. */
export class DynamoCountSampleStore implements CountSampleStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async read(pattern: PatternKey): Promise<{ current: CountSample; samples: CountSample[] }> {
    const pk = patternPartition(pattern);
    const [counts, flow] = await Promise.all([this.#control.get(pk, COUNTS), this.#control.get(pk, FLOW)]);
    const value = (name: string): number => {
      const stored: unknown = counts?.[name];
      return typeof stored === 'number' ? Math.max(0, stored) : 0;
    };
    const samples = countSamplesSchema.safeParse(
      typeof flow?.rows === 'string' ? parseJsonText(flow.rows) : [],
    );
    return {
      current: {
        at: this.#control.now(),
        total: value(COUNTERS.total),
        withOutcome: value(COUNTERS.withOutcome),
      },
      // Samples that cannot be read are begun anew.
      samples: samples.data ?? [],
    };
  }

  async put(pattern: PatternKey, samples: readonly CountSample[]): Promise<void> {
    await this.#control.put(patternPartition(pattern), FLOW, { rows: JSON.stringify(samples) });
  }
}
