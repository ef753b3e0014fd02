import { SealedEvents } from '../episode/sealed-days.ts';
import type { Candidate } from '../generation/candidate.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Warning } from '../warning/warning.ts';
import type { CycleDeps } from './dependencies.ts';

/** Number of days that a warning names. */
const LISTED = 3;

/** Returns a reader of events. Those of the time of a candidate have their ids, by which they fall into its arms. */
export function openSealedEvents(
  {
    episodes,
    sealedDays,
    eventRetentionDays,
    now,
  }: Pick<CycleDeps, 'episodes' | 'sealedDays' | 'eventRetentionDays' | 'now'>,
  candidate?: Candidate,
): SealedEvents {
  const settings = { now, retentionDays: eventRetentionDays };
  return new SealedEvents(episodes, sealedDays, settings, candidate && Date.parse(candidate.started_at));
}

/** Warns of seals that did not hold. Their days were read from the events, so the result of the run is right. */
export function sealWarnings(pattern: PatternKey, read: readonly SealedEvents[]): Warning[] {
  const days = [...new Set(read.flatMap(events => events.differed()))].sort();
  if (days.length === 0) return [];
  const others = days.length > LISTED ? ` and ${days.length - LISTED} more days` : '';
  const message =
    `the seal of ${days.slice(0, LISTED).join(', ')}${others} did not ` +
    'hold, so the events were read: if no store was restored and no other version writes, report it';
  return [{ code: 'sealed_day_differed', message, pattern_key: pattern }];
}
