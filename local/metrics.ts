import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import project from '../package.json' with { type: 'json' };
import type { EpisodeStore } from '../shared/episode/episode-store.ts';
import type { PatternOverview } from '../shared/generation/ports.ts';
import { modeInForce, type ServiceMode } from '../shared/generation/service-mode.ts';
import type { LookupResult } from '../shared/lookup/look-up.ts';
import { answerReason } from '../shared/lookup/look-up.ts';
import type { Runtime } from '../shared/runtime.ts';

/*
 * The metrics of the local service in the text format of Prometheus. Counters begin with the process. Gauges are read
 * from the store when they are scraped. The only value of a caller in a label is the pattern, of at most MAX_PATTERNS.
 */

/** Maximum number of patterns with metrics of their own, the first by name. */
const MAX_PATTERNS = 1000;
/** Bounds of the histogram of durations, seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Runs among which the last success is searched: two days of hourly runs. */
const RUNS_READ = 48;
/** Patterns whose guards are read at once. */
const AT_ONCE = 16;

/** The metrics of one service. */
interface ServiceMetrics {
  /** Returns the same store, whose results are counted. */
  counted(episodes: EpisodeStore): EpisodeStore;
  /** Runs a look-up, and counts it and its duration. */
  lookedUp<Answer extends LookupResult & { degraded?: object }>(run: () => Promise<Answer>): Promise<Answer>;
  /** Returns all metrics in the text format of Prometheus, and its content type. @throws Fault of the store */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

/** Returns the metrics of a service. */
export function serviceMetrics(runtime: Runtime): ServiceMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, label: string) =>
    new Counter({ name: `pm_tuning_${name}`, help, labelNames: [label], registers });
  const events = counter('events_total', 'Events by result, since the start.', 'result');
  const outcomes = counter('outcomes_total', 'Outcomes by result, since the start.', 'result');
  const lookups = counter('lookups_total', 'Look-ups by the reason for their answer.', 'reason');
  const durations = new Histogram({
    name: 'pm_tuning_lookup_seconds',
    help: 'Duration of look-ups.',
    buckets: BUCKETS,
    registers,
  });
  const gauges = storeGauges(registers);
  return {
    counted: store =>
      Object.assign(Object.create(store) as EpisodeStore, {
        add: countResults(store.add.bind(store), events),
        resolve: countResults(store.resolve.bind(store), outcomes),
      }),
    async lookedUp(run) {
      const end = durations.startTimer();
      try {
        const answer = await run();
        lookups.inc({ reason: answerReason(answer) });
        return answer;
      } finally {
        end();
      }
    },
    async text() {
      await gauges.read(runtime);
      return { body: await registry.metrics(), type: registry.contentType };
    },
  };
}

function countResults<Arguments extends unknown[], Result extends string>(
  store: (...values: Arguments) => Promise<Result[]>,
  counter: Counter,
): (...values: Arguments) => Promise<Result[]> {
  return async (...values) => {
    const results = await store(...values);
    for (const result of results) counter.inc({ result });
    return results;
  };
}

/** Makes the gauges that are read from the store, all of them with one read. */
function storeGauges(registers: Registry[]) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `pm_tuning_${name}`, help, labelNames, registers });
  gauge('build_info', 'Version of the service and of Node; always 1.', ['version', 'node']).set(
    { version: project.version, node: process.version },
    1,
  );
  const lastRun = gauge('last_run_timestamp_seconds', 'End of the last run over all patterns; 0 before it.');
  const succeeded = gauge('last_run_succeeded', '1 when the last run over all patterns succeeded.');
  const lastSuccess = gauge(
    'last_success_timestamp_seconds',
    `End of the last run that succeeded, of the newest ${RUNS_READ}; 0 without one.`,
  );
  const duration = gauge('last_run_seconds', 'Duration of the last run over all patterns.');
  const patterns = gauge(
    'patterns',
    'Patterns that an event has named, also those without metrics of their own.',
  );
  const off = gauge('service_off', '1 while everything is switched off.');
  const byPattern = {
    events: gauge('stored_events', 'Stored events, with those that have expired.', ['pattern']),
    pending: gauge('pending_events', 'Events without an outcome.', ['pattern']),
    parked: gauge('parked_outcomes', 'Outcomes that wait for their event.', ['pattern']),
    generation: gauge('generation', 'Generation in force; 0 before the first.', ['pattern']),
    overrides: gauge('overrides', 'Overrides in force.', ['pattern']),
    mode: gauge('mode', '1 for the mode in force.', ['pattern', 'mode']),
    wealth: gauge('guard_log_wealth', 'Log wealth of the guard by test and side; ln 100 is proof of harm.', [
      'pattern',
      'test',
      'side',
    ]),
  };
  return {
    async read({ heads, cycles, guards }: Runtime): Promise<void> {
      const [overview, last, runs, service] = await Promise.all([
        heads.overview(),
        cycles.lastFull(),
        cycles.list(RUNS_READ),
        heads.serviceSwitch(),
      ]);
      const finished = last?.finished_at === undefined ? 0 : Date.parse(last.finished_at);
      lastRun.set(finished / 1000);
      succeeded.set(Number(last?.status === 'succeeded'));
      duration.set(last && finished > 0 ? (finished - Date.parse(last.started_at)) / 1000 : 0);
      const success = runs.find(({ status }) => status === 'succeeded')?.finished_at;
      lastSuccess.set(success === undefined ? 0 : Date.parse(success) / 1000);
      patterns.set(overview.length);
      off.set(Number(service?.mode === 'off'));
      for (const each of Object.values(byPattern)) each.reset();
      const shown = overview.slice(0, MAX_PATTERNS);
      for (const row of shown) setPattern(byPattern, row, service?.mode ?? 'live');
      for (let i = 0; i < shown.length; i += AT_ONCE)
        await Promise.all(shown.slice(i, i + AT_ONCE).map(row => setWealth(byPattern.wealth, guards, row)));
    },
  };
}

type PatternGauges = Readonly<
  Record<'events' | 'pending' | 'parked' | 'generation' | 'overrides', Gauge<'pattern'>>
> & { readonly mode: Gauge<'pattern' | 'mode'> };

function setPattern(gauges: PatternGauges, row: PatternOverview, service: ServiceMode): void {
  const { pattern, head, counts } = row;
  gauges.events.set({ pattern }, counts.total);
  gauges.pending.set({ pattern }, counts.total - counts.withOutcome);
  gauges.parked.set({ pattern }, counts.parked);
  gauges.generation.set({ pattern }, head?.current?.generation ?? 0);
  gauges.overrides.set({ pattern }, head?.current?.overrides.rows ?? 0);
  gauges.mode.set({ pattern, mode: modeInForce(head, service).mode }, 1);
}

async function setWealth(
  gauge: Gauge<'pattern' | 'test' | 'side'>,
  guards: Runtime['guards'],
  { pattern, head }: PatternOverview,
): Promise<void> {
  // Before its first generation a pattern has no guard.
  if (!head?.current) return;
  const results = (await guards.guard(pattern))?.results ?? [];
  for (const [i, { log_wealth }] of results.entries())
    for (const side of ['harm', 'gain'] as const)
      gauge.set({ pattern, test: i === 0 ? 'whole' : 'recent', side }, log_wealth[side]);
}
