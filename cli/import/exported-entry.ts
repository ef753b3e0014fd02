import { outcomeSchema } from '../../shared/episode/outcome.ts';
import { isObject } from '../../shared/json.ts';
import type { EventEntry } from './entry.ts';

/**
 * Returns the entry of a line that `export` wrote, split into the event and the reports of its outcomes; any other entry
 * unchanged. An outcome that the event itself may have carried stays in it, so that most events need no report.
 */
export function splitExported(entry: EventEntry): EventEntry {
  const { outcomes, outcomes_of, ...event } = entry.fields;
  if (!Array.isArray(outcomes) || !outcomes.every(isObject)) return entry;
  const [first] = outcomes;
  const inside = first && outcomes_of === undefined ? insideEvent(event, first) : undefined;
  const reports = (inside ? outcomes.slice(1) : outcomes).map(outcome =>
    JSON.stringify(reportOf(event, outcome, outcomes_of === 'episode')),
  );
  const fields = { ...event, ...inside };
  // The summary of an import counts the outcome that holds.
  const last = outcomes.at(-1);
  const counted = { ...event, ...(last && insideEvent(event, { ...last, correction: undefined })) };
  return { ...entry, text: JSON.stringify(fields), fields: counted, exported: { line: entry.text, reports } };
}

type Members = Readonly<Record<string, unknown>>;

/** Returns the members of an event that carry an outcome; undefined for one that the event cannot have carried. */
function insideEvent(event: Members, outcome: Members): Members | undefined {
  const { correction, factors, writer, by_operator, ...members } = outcome;
  const isOfEvent = writer === event.writer && by_operator === event.by_operator;
  if (correction || factors || !isOfEvent || !outcomeSchema.safeParse(members.outcome).success)
    return undefined;
  const isDerived = members.resolved_at_assumed === true && members.resolved_at === event.timestamp;
  if (!isDerived) return members;
  // Without a time the service derives it from the event again.
  const { resolved_at, resolved_at_assumed, ...rest } = members;
  return rest;
}

function reportOf(
  { pattern_key, episode_id, window }: Members,
  outcome: Members,
  isOfEpisode: boolean,
): Members {
  return { pattern_key, episode_id, ...(window !== undefined && !isOfEpisode && { window }), ...outcome };
}
