import type { StoredEvent } from '../episode/event-reader.ts';
import { withLateFactors } from '../episode/late-factors.ts';
import { isObject } from '../json.ts';
import type { ActionCategory, ReplayLever } from '../lever/lever.ts';
import { leversOf, replayLeversOf } from '../lever/lever.ts';
import type { BaseThresholds } from '../override/threshold-settings.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { patternParts } from '../pattern/pattern-key.ts';

import { isKnownFactor, nearestFactor } from './factor-names.ts';

/** Share of the events that must log a gate before replay moves its lever, as in the settings of replay. */
const LEAST_SHARE = 0.5;
/** Maximum number of factors that are listed, those of most events first. */
const MAX_FACTORS = 50;

/** One thing to change in the bot, and what it brings. */
interface Finding {
  readonly code: 'no_events' | 'no_outcomes' | 'one_decision' | 'not_applied' | 'lever_off' | 'misspelt';
  readonly message: string;
}

interface FactorCount {
  readonly name: string;
  /** Number of the events that log it, also as a late factor. */
  readonly n: number;
  /** True when a policy reads it. Other names are kept and not used. */
  readonly known: boolean;
  readonly suggestion?: string;
}

interface LeverState {
  readonly action_category: ActionCategory;
  readonly state: 'on' | 'off';
  /** Numbers of events with the factor and with the threshold that replay compares. */
  readonly factor?: { readonly name: string; readonly n: number };
  readonly threshold?: { readonly name: string; readonly n: number };
  /** Why it is off, and what switches it on. */
  readonly reason?: string;
}

/** The diagnosis of one pattern: the data that arrive from its bot, and those that are missing. */
interface Diagnosis {
  readonly events: {
    readonly read: number;
    readonly acted: number;
    readonly skipped: number;
    readonly with_outcome: number;
    readonly with_return: number;
    readonly with_window: number;
    readonly with_applied: number;
  };
  readonly factors: readonly FactorCount[];
  readonly levers: readonly LeverState[];
  readonly findings: readonly Finding[];
}

/** The input of the examination besides the events. */
interface Circumstances {
  readonly baseThresholds: BaseThresholds;
  /** True when look-ups answer overrides, which the bot must log as `applied`. */
  readonly servesOverrides: boolean;
}

/** Examines the newest events of a pattern: what they log, which lever is therefore off, and what to change. */
export function diagnose(
  pattern: PatternKey,
  events: readonly StoredEvent[],
  circumstances: Circumstances,
): Diagnosis {
  const rows = events.map(({ episode, state }) => ({
    episode,
    state,
    factors: withLateFactors(episode.factors, state.late),
  }));
  const countOf = (holds: (row: Row) => boolean): number => rows.filter(holds).length;
  const counts = {
    read: rows.length,
    acted: countOf(row => row.episode.decision === 'acted'),
    skipped: countOf(row => row.episode.decision === 'skipped'),
    with_outcome: countOf(row => row.state.history.length > 0),
    with_return: countOf(row => row.state.history.some(revision => revision.return !== undefined)),
    with_window: countOf(row => row.episode.window !== undefined),
    with_applied: countOf(row => isPresent(row.factors.applied)),
  };
  const factors = factorCounts(rows);
  const levers = leverStates(pattern, rows, circumstances);
  const findings =
    rows.length === 0
      ? [
          {
            code: 'no_events',
            message: 'no event is stored: send POST /v1/events, or import a file',
          } as const,
        ]
      : [
          ...eventFindings(counts, circumstances),
          ...leverFindings(pattern, levers),
          ...nameFindings(factors),
        ];
  return { events: counts, factors: factors.slice(0, MAX_FACTORS), levers, findings };
}

interface Row extends Pick<StoredEvent, 'episode' | 'state'> {
  /** With those that outcomes brought. */
  readonly factors: Readonly<Record<string, unknown>>;
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;
const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' || (isObject(value) && 'median' in value);

function factorCounts(rows: readonly Row[]): FactorCount[] {
  const counts = new Map<string, number>();
  for (const { factors } of rows)
    for (const [name, value] of Object.entries(factors))
      if (isPresent(value)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, n]) => {
      const suggestion = nearestFactor(name);
      // A known name that is logged as well is not missed.
      const isMissed = suggestion !== undefined && !counts.has(suggestion);
      return { name, n, known: isKnownFactor(name), ...(isMissed && { suggestion }) };
    })
    .sort((a, b) => b.n - a.n || (a.name < b.name ? -1 : 1));
}

function leverStates(
  pattern: PatternKey,
  rows: readonly Row[],
  { baseThresholds }: Circumstances,
): LeverState[] {
  const replayed = replayLeversOf(pattern);
  return leversOf(pattern).flatMap((lever): LeverState[] => {
    const replay = replayed.find(({ category }) => category === lever.category);
    if (replay) return [replayState(replay, rows, Object.hasOwn(baseThresholds, replay.threshold))];
    return patternParts(pattern).motif === 'dx' ? [ladderState(lever.category, rows)] : [];
  });
}

/** Returns whether enough events log both numbers of a gate. @param standsIn whether a setting replaces the threshold */
function replayState(lever: ReplayLever, rows: readonly Row[], standsIn: boolean): LeverState {
  const { factor, threshold, category } = lever;
  const has = (name: string) => (row: Row) => isNumeric(row.factors[name]);
  const withBoth = rows.filter(row => has(factor)(row) && (standsIn || has(threshold)(row)));
  const state = {
    action_category: category,
    factor: { name: factor, n: rows.filter(has(factor)).length },
    threshold: { name: threshold, n: standsIn ? rows.length : rows.filter(has(threshold)).length },
  };
  const reason = offReason(lever, withBoth, rows.length);
  return reason === undefined ? { ...state, state: 'on' } : { ...state, state: 'off', reason };
}

function offReason(
  { factor, threshold, optional }: ReplayLever,
  withBoth: readonly Row[],
  size: number,
): string | undefined {
  const n = withBoth.length;
  const both = `${factor} and ${threshold}`;
  if (n === 0 && optional)
    return `no event logs ${both}, a gate that only some patterns have: if this one has it, log both in factors`;
  if (n === 0 || n < LEAST_SHARE * size)
    return `${n} of ${size} events log ${both}: log both in factors, on acted and skipped events`;
  const acted = withBoth.filter(row => row.episode.decision === 'acted').length;
  if (acted === n) return `all ${n} events that log ${both} were acted: log both on skipped events too`;
  if (acted === 0) return `all ${n} events that log ${both} were skipped: log both on acted events too`;
  return undefined;
}

function ladderState(category: ActionCategory, rows: readonly Row[]): LeverState {
  const won = rows.filter(({ state }) => state.history.at(-1)?.outcome === 'success');
  const n = won.filter(row => isNumeric(row.factors.dx_count)).length;
  const state = { action_category: category, factor: { name: 'dx_count', n } };
  if (n > 0) return { ...state, state: 'on' };
  const reason = `none of ${won.length} successes has dx_count: send it in factors of the event or of its outcome`;
  return { ...state, state: 'off', reason };
}

function eventFindings(events: Diagnosis['events'], { servesOverrides }: Circumstances): Finding[] {
  const findings: Finding[] = [];
  if (events.with_outcome === 0)
    findings.push({
      code: 'no_outcomes',
      message: `none of ${events.read} events has an outcome, so nothing is learned: send POST /v1/outcomes`,
    });
  if (events.acted === 0 || events.skipped === 0) {
    const missing = events.acted === 0 ? 'acted' : 'skipped';
    findings.push({
      code: 'one_decision',
      message: `no event is ${missing}: log ${missing} opportunities too, with the outcome that they had or would have had`,
    });
  }
  if (servesOverrides && events.with_applied === 0)
    findings.push({
      code: 'not_applied',
      message:
        'look-ups answer overrides, and no event logs applied, so moved thresholds count as base thresholds: ' +
        "log the look-up's `applied` unchanged as factors.applied",
    });
  return findings;
}

/** An optional gate that nothing logs is no finding: most patterns do not have it. */
function leverFindings(pattern: PatternKey, levers: readonly LeverState[]): Finding[] {
  const optional = new Set(
    replayLeversOf(pattern).flatMap(lever => (lever.optional ? [lever.category] : [])),
  );
  return levers
    .filter(
      ({ state, action_category, factor }) =>
        state === 'off' && !(optional.has(action_category) && factor?.n === 0),
    )
    .map(({ action_category, reason }) => ({
      code: 'lever_off',
      message: `${action_category} is off: ${reason}`,
    }));
}

function nameFindings(factors: readonly FactorCount[]): Finding[] {
  return factors.flatMap(({ name, n, suggestion }) =>
    suggestion === undefined
      ? []
      : [
          {
            code: 'misspelt' as const,
            message: `${n} events have a factor ${JSON.stringify(name)}, which no policy reads: did you mean ${suggestion}?`,
          },
        ],
  );
}
