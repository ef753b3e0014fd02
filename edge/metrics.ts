import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Spool } from '../client/node/spool/spool.ts';
import type { ClientCore } from '../client/src/served.ts';

/** The counters of an edge, besides the state of its copy and its spool. No label is a value of a caller. */
export interface EdgeMetrics {
  /** Counts a look-up. @param reason why the answer is what it is @param seconds its duration */
  lookedUp(reason: 'match' | 'neutral' | 'off' | 'shadow' | 'not_ready' | 'invalid', seconds: number): void;
  /** Counts a request to the service. @param code its status, or `none` without an answer */
  called(kind: 'poll' | 'delivery', code: string): void;
  /** Returns all metrics in the text format of Prometheus, and its content type. */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

/** Bounds of the histogram of durations, seconds. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25];

/** Returns the metrics of an edge. @param parts what gauges read when they are scraped */
export function edgeMetrics(parts: () => { readonly core: ClientCore; readonly spool: Spool }): EdgeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const lookups = new Counter({
    name: 'pm_tuning_edge_lookups_total',
    help: 'Look-ups by the reason for their answer.',
    labelNames: ['reason'],
    registers,
  });
  const durations = new Histogram({
    name: 'pm_tuning_edge_lookup_seconds',
    help: 'Duration of look-ups.',
    buckets: BUCKETS,
    registers,
  });
  const requests = new Counter({
    name: 'pm_tuning_edge_upstream_requests_total',
    help: 'Requests to the service by purpose and status; none: without an answer.',
    labelNames: ['kind', 'code'],
    registers,
  });
  for (const [name, help, value] of GAUGES)
    new Gauge({
      name: `pm_tuning_edge_${name}`,
      help,
      registers,
      collect() {
        const { core, spool } = parts();
        this.set(value(core.state(), spool.state()));
      },
    });
  return {
    lookedUp(reason, seconds) {
      lookups.inc({ reason });
      durations.observe(seconds);
    },
    called: (kind, code) => requests.inc({ kind, code }),
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}

type Value = (core: ReturnType<ClientCore['state']>, spool: ReturnType<Spool['state']>) => number;

const GAUGES: readonly (readonly [name: string, help: string, value: Value])[] = [
  ['ready', '1 when there is a copy to answer from.', core => Number(core.ready)],
  ['stale', '1 after a long time without contact with the service.', core => Number(core.stale)],
  [
    'snapshot_age_seconds',
    'Seconds since the service confirmed the copy; -1: never.',
    core => core.age_seconds,
  ],
  ['patterns', 'Patterns in the copy.', core => core.patterns.length],
  [
    'overrides',
    'Overrides in the copy.',
    core => core.patterns.reduce((sum, { overrides }) => sum + overrides, 0),
  ],
  ['failed_polls', 'Polls that failed since the start.', core => core.counters.failed_polls],
  ['rejected_snapshots', 'Snapshots that were not taken since the start.', core => core.counters.rejected],
  ['spool_items', 'Events and outcomes that wait for the service.', (_, spool) => spool.waiting],
  ['spool_bytes', 'Their bytes.', (_, spool) => spool.waiting_bytes],
  ['spool_oldest_seconds', 'Age of the oldest of them.', (_, spool) => spool.oldest_age_seconds],
  ['spool_unsaved_items', 'Items that are not on disk.', (_, spool) => spool.unsaved],
  ['spool_delivered_items', 'Items delivered since the start.', (_, spool) => spool.counters.delivered],
  [
    'spool_rejected_items',
    'Items that the service refused since the start.',
    (_, spool) => spool.counters.rejected,
  ],
  [
    'spool_not_taken_items',
    'Items that the spool did not take since the start.',
    (_, spool) => spool.counters.not_taken,
  ],
  ['spool_damaged_lines', 'Lines of the spool that could not be read.', (_, spool) => spool.counters.damaged],
];
