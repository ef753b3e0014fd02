import type { CycleSummary, PatternRun } from '../cycle/cycle.ts';
import type { Warning } from '../warning/warning.ts';
import { findingsIn } from '../warning/warning.ts';
import type { EventType, NotificationEvent } from './notification-event.ts';
import { eventId, eventSubject } from './notification-event.ts';
import { MAX_SENTENCE, MAX_WHY, oneLine } from './one-line.ts';

/** A run that has finished, with the outcome of each pattern. */
export interface FinishedRun {
  readonly summary: CycleSummary;
  readonly patterns: readonly PatternRun[];
}

/** The kind of event of each warning that becomes one. */
export const WARNING_EVENTS: ReadonlyMap<Warning['code'], EventType> = new Map([
  ['guard_harmful', 'guard.harmful'],
  ['overrides_withdrawn', 'overrides.withdrawn'],
  ['outcomes_missing', 'outcomes.missing'],
  ['dimension_not_asked', 'dimension.unused'],
]);

/** Patterns that the sentence of a failed run names. */
const NAMED_PATTERNS = 3;

/** Returns the event of a run that failed as a whole or in part; undefined for one that succeeded. */
export function failedRunEvent({ summary, patterns }: FinishedRun): NotificationEvent | undefined {
  const { cycle_id, status, patterns_failed, patterns_total, finished_at, started_at, settings } = summary;
  if (status !== 'failed' && status !== 'partial') return undefined;
  const failed = patterns.filter(run => run.status === 'failed');
  const named = failed.slice(0, NAMED_PATTERNS).map(run => `${run.pattern_key} ${run.reason ?? ''}`.trim());
  const why = oneLine([...(summary.failure ? [summary.failure] : []), ...named].join('; '), MAX_WHY);
  const { pattern_key } = settings;
  const counted = `${patterns_failed} of ${patterns_total} patterns failed`;
  return {
    id: eventId('cycle.failed', pattern_key, cycle_id),
    type: 'cycle.failed',
    timestamp: finished_at ?? started_at,
    ...(pattern_key !== undefined && { pattern_key }),
    sentence: oneLine(
      `run ${cycle_id} ended ${status}, ${counted}${why === '' ? '' : `: ${why}`}`,
      MAX_SENTENCE,
    ),
    number: patterns_failed,
    count: 1,
    ...(why !== '' && { why }),
    cycle_id,
  };
}

/**
 * Compares what a run found in each pattern with what is firing. A finding becomes one event while it keeps firing. A pattern
 * that the run left out, or that failed in it, keeps what it has.
 * @param firing subjects of events that are firing; the run's are added, and those that ceased removed
 */
export function findingEvents(
  { summary, patterns }: FinishedRun,
  firing: Set<string>,
  wanted: ReadonlySet<EventType>,
): NotificationEvent[] {
  return patterns
    .filter(run => run.status !== 'failed')
    .flatMap(run =>
      [...WARNING_EVENTS].flatMap(([code, type]) => {
        const found = run.warnings.filter(warning => warning.code === code);
        const subject = eventSubject({ type, pattern_key: run.pattern_key });
        const [first] = found;
        if (!first) {
          firing.delete(subject);
          return [];
        }
        if (firing.has(subject) || !wanted.has(type)) return [];
        firing.add(subject);
        return [warningEvent(summary, run.pattern_key, type, first, findingsIn(found))];
      }),
    );
}

function warningEvent(
  { cycle_id, finished_at, started_at }: CycleSummary,
  pattern_key: string,
  type: EventType,
  { message }: Warning,
  findings: number,
): NotificationEvent {
  const more = findings > 1 ? ` (${findings} findings)` : '';
  // Most messages name the pattern themselves.
  const text = message.includes(pattern_key) ? message : `${pattern_key}: ${message}`;
  return {
    id: eventId(type, pattern_key, cycle_id),
    type,
    timestamp: finished_at ?? started_at,
    pattern_key,
    sentence: oneLine(`${text}${more}`, MAX_SENTENCE),
    count: 1,
    cycle_id,
  };
}
