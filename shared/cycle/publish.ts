import * as z from 'zod';
import type { Generation, Head } from '../generation/head.ts';
import { keptSetSchema, policySchema } from '../generation/head.ts';
import { renewIfDue } from '../generation/retention.ts';
import { shortHash } from '../hash.ts';
import { evidenceSummarySchema } from '../override/evaluation/evaluation.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import { payoffSchema } from '../override/payoff.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { PatternRun } from './cycle.ts';
import { cycleOptionsSchema } from './cycle.ts';
import type { CycleDeps } from './dependencies.ts';

export const runSchema = cycleOptionsSchema.omit({ pattern_key: true }).extend({
  cycle_id: z.string(),
  as_of: z.iso.datetime(),
  started_at: z.iso.datetime(),
});
/** What every step of one run knows about it. */
export type CycleRun = z.output<typeof runSchema>;

export const minedSchema = z.object({
  pattern_key: z.string(),
  /** Version of the head that the result was computed against; 0: there was none. */
  head_version: z.number(),
  events_read: z.number(),
  n_min: z.number(),
  lookback_days: z.number(),
  policy: policySchema,
  payoff: payoffSchema,
  lessons: keptSetSchema,
  overrides: keptSetSchema,
  evidence: z.array(evidenceSummarySchema),
  /** What the policy says of the pattern as a whole. */
  note: z.string().optional(),
  /** Why there are no more lessons than there are. */
  shortfall: z.string().optional(),
  cut: z.string().optional(),
});
/** What mining one pattern made: two sets that are stored and not yet in force. */
export type MinedPattern = z.output<typeof minedSchema>;

const YIELDED = 'another run or an operator changed the pattern meanwhile';

/**
 * Decides what a result means for the head as it stands, and puts it in force with one conditional write.
 * The rows must be stored before. A crash in between leaves rows that nothing points to; they expire.
 */
export async function publishPattern(
  deps: CycleDeps,
  pattern: PatternKey,
  cycle: CycleRun,
  mined: MinedPattern,
  head: Head | undefined,
): Promise<PatternRun> {
  const current = head?.current;
  const run = (status: PatternRun['status'], generation: number, reason?: string): PatternRun => ({
    pattern_key: pattern,
    status,
    events_read: mined.events_read,
    lessons: mined.lessons.rows,
    overrides: mined.overrides.rows,
    generation,
    published: generation !== (current?.generation ?? 0),
    ...(reason && { reason }),
    ...(mined.cut && { cut: mined.cut }),
    ...(mined.evidence.length > 0 && { evidence: mined.evidence }),
  });
  const said = [mined.shortfall, mined.note].filter(text => text !== undefined).join('; ') || undefined;
  const inForce = current?.generation ?? 0;
  // Asked a second time after the first answer got lost.
  if (current?.cycle_id === cycle.cycle_id && sameContent(current, mined))
    return {
      ...run(mined.lessons.rows === 0 ? 'too_few_events' : 'published', inForce, said),
      published: true,
    };
  if ((head?.version ?? 0) !== mined.head_version) return run('yielded', inForce, YIELDED);
  if (head?.mode === 'frozen') {
    if (current) await saveRenewal(deps, pattern, head, await renewIfDue(deps, pattern, current));
    return run('frozen', inForce, `an operator froze the pattern: ${head.last_change.why}`);
  }
  if (current ? sameContent(current, mined) : mined.lessons.rows === 0) {
    // Mining and materializing have renewed what was due.
    if (head && current) await saveRenewal(deps, pattern, head, withSets(current, mined));
    return run(mined.lessons.rows === 0 ? 'too_few_events' : 'unchanged', inForce, said);
  }
  const generation = newGeneration(deps, cycle, mined, (head?.latest ?? 0) + 1);
  if (current) await deps.heads.archive(pattern, current);
  if (!(await deps.heads.replaceHead(pattern, nextHead(deps, head, generation)))) {
    // The write was applied and its answer got lost: asked again, the condition no longer holds.
    const ours = (await deps.heads.head(pattern))?.current?.cycle_id === cycle.cycle_id;
    if (!ours) return run('yielded', inForce, YIELDED);
  }
  return run(mined.lessons.rows === 0 ? 'too_few_events' : 'published', generation.generation, said);
}

/** The same object when nothing was renewed. */
function withSets(current: Generation, { lessons, overrides }: MinedPattern): Generation {
  const same =
    lessons.kept_until === current.lessons.kept_until &&
    overrides.kept_until === current.overrides.kept_until;
  return same ? current : { ...current, lessons, overrides };
}

function sameContent(current: Generation, made: MinedPattern): boolean {
  return (
    current.lessons.id === made.lessons.id &&
    current.overrides.id === made.overrides.id &&
    current.policy === made.policy &&
    // Drift knows no payoffs.
    (made.policy === 'drift' ||
      (current.payoff?.win === made.payoff.win && current.payoff.loss === made.payoff.loss))
  );
}

function newGeneration(deps: CycleDeps, cycle: CycleRun, made: MinedPattern, generation: number): Generation {
  return {
    generation,
    hash: shortHash(`${made.lessons.id} ${made.overrides.id}`),
    cycle_id: cycle.cycle_id,
    as_of: cycle.as_of,
    lookback_days: made.lookback_days,
    n_min: made.n_min,
    policy: made.policy,
    payoff: made.payoff,
    resolution: DEFAULT_RESOLUTION[made.policy],
    events_read: made.events_read,
    lessons: made.lessons,
    overrides: made.overrides,
    published_at: new Date(deps.now()).toISOString(),
    ...(made.cut && { cut: made.cut }),
    ...(made.note && { note: made.note }),
    ...(made.evidence.length > 0 && { evidence: made.evidence }),
  };
}

function nextHead(deps: CycleDeps, head: Head | undefined, current: Generation): Head {
  return {
    version: (head?.version ?? 0) + 1,
    mode: head?.mode ?? 'live',
    settings: head?.settings ?? {},
    latest: current.generation,
    current,
    last_change: {
      who: 'cycle',
      at: new Date(deps.now()).toISOString(),
      what: 'publish',
      why: `cycle ${current.cycle_id}`,
    },
  };
}

/** A generation that stays in force: what is about to expire of it was renewed, and the head says so. */
async function saveRenewal(
  deps: CycleDeps,
  pattern: PatternKey,
  head: Head,
  kept: Generation,
): Promise<void> {
  if (kept !== head.current)
    await deps.heads.replaceHead(pattern, { ...head, version: head.version + 1, current: kept });
}
