import { type Command, Option } from 'commander';
import { type LookupAnswer, lookupAnswerSchema } from '../../shared/http/schemas/lookup-answer.ts';
import { resolutionSchema } from '../../shared/override/override.ts';
import { factors, oneOf, scope, thresholds } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT } from '../exit-codes.ts';
import { count, effect, percent, printable, significant, slice } from '../format.ts';
import { patternArgument } from '../options.ts';
import type { Session } from '../session.ts';
import { byMostEvents } from '../sort-slices.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly scope: Record<string, unknown>;
  readonly threshold: Record<string, number>;
  readonly resolution?: string;
  readonly explain?: boolean;
  readonly episodeId?: string;
  readonly factors?: Record<string, unknown>;
}

type Explained = NonNullable<LookupAnswer['explain']>[number];

const HELP = `
Example:
  $ pm-tuning lookup pm.uptrend.S1.entry --scope chain=solana,timeframe=15m \\
      --threshold ts_min=0.6 --threshold halo_max=1 --explain
  $ pm-tuning lookup pm.uptrend.S1.entry --scope chain=solana \\
      --factors '{"ts_score":0.58,"ts_min":0.6,"halo_distance":0.7,"halo_max":1,"ema60_slope":0.1,"slope_min":0}'`;

/** Adds `lookup`: shows the overrides and tuned thresholds that the PM receives for one scope. */
export function addLookup(program: Command, runCommand: RunCommand): void {
  program
    .command('lookup')
    .description('look up the tuned thresholds for one scope, as the PM does')
    .addArgument(patternArgument())
    .addOption(
      new Option('--scope <pairs>', 'dimension=value,… or a JSON object; repeatable')
        .argParser(scope)
        .default({}, 'everything'),
    )
    .addOption(
      new Option('--threshold <pairs>', 'name=number,…; repeatable')
        .argParser(thresholds)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--resolution <resolution>', 'resolution; without it, the one of the generation')
        .choices(resolutionSchema.options)
        .argParser(oneOf(resolutionSchema.options)),
    )
    .option('--episode-id <id>', 'id of the episode, which decides its arm while a rollout runs')
    .option(
      '--factors <json>',
      'factors of the decision, for the advice of the model: a JSON object',
      factors,
    )
    .option('--explain', 'list every override that was considered')
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const body = {
          pattern_key: pattern,
          scope: options.scope,
          thresholds: options.threshold,
          resolution: options.resolution,
          explain: options.explain,
          episode_id: options.episodeId,
          factors: options.factors,
        };
        const call = { method: 'POST', body, attempts: 3 } as const;
        const { raw, data } = await session.request(lookupAnswerSchema, '/v1/overrides/lookup', call);
        session.output(raw, () => show(session, data, options.threshold));
        for (const line of unknownNames(data)) session.warn(line);
        const problems = [...unknownPattern(data), ...degradation(data)];
        for (const problem of problems) session.warn(problem);
        return problems.length === 0 ? EXIT.ok : EXIT.unsuccessful;
      }),
    );
}

/** Returns a line when no event named the pattern. */
function unknownPattern({ pattern_key, pattern_known, pattern_suggestion }: LookupAnswer): string[] {
  if (pattern_known !== false) return [];
  const advice =
    pattern_suggestion === undefined
      ? 'list patterns with: pm-tuning status'
      : `did you mean ${pattern_suggestion}?`;
  return [`neutral because no event named ${pattern_key}; ${advice}`];
}

function degradation({ degraded }: LookupAnswer): string[] {
  return degraded ? [`neutral because ${degraded.code}: ${degraded.detail}`] : [];
}

function show(session: Session, answer: LookupAnswer, before: Record<string, number>): void {
  const { pattern_key, generation, mode, policy, resolution, arm } = answer;
  const inArm = arm === undefined ? '' : `, arm ${arm}`;
  const settings = `${mode}, ${printable(policy)}, ${resolution}${inArm}`;
  session.print(`${session.bold(pattern_key)}, generation ${generation} (${settings})`);
  if (answer.entries === 'halted')
    session.print(`entries are halted: ${printable(answer.entries_reason ?? 'the base gates lose')}`);
  for (const line of adviceLines(answer)) session.print(line);
  const rows = Object.entries(answer.thresholds);
  if (rows.length > 0) {
    session.print();
    session.table(thresholdColumns(before), rows);
  }
  session.print();
  session.table(
    OVERRIDE_COLUMNS,
    answer.overrides,
    `${neutralReason(answer)}: every threshold stays as it is`,
  );
  session.print();
  session.print(`log as factors.applied: ${printable(JSON.stringify(answer.applied))}`);
  if (!answer.explain?.length) return;
  session.print();
  session.table(EXPLAIN_COLUMNS, answer.explain.toSorted(byMostEvents));
}

/** Returns the advice in words, with the range of one standard error; nothing for a look-up without factors. */
function adviceLines({ advice, no_advice, applied: { score, rung } }: LookupAnswer): string[] {
  if (no_advice) return [`no advice (${printable(no_advice.code)}): ${printable(no_advice.detail)}`];
  if (!advice) return [];
  const { act, p, error, break_even } = advice;
  const logOdds = Math.log(p / (1 - p));
  const [low, high] = [-error, error].map(shift => percent(1 / (1 + Math.exp(-logOdds - shift))));
  const side = act ? 'above' : 'not above';
  const because =
    score === undefined || rung === undefined
      ? 'no rung is proven on this side, so the base gates decide'
      : `its score ${significant(score)} is ${side} the rung ${significant(rung)}`;
  return [
    `advice: ${act ? 'act' : 'do not act'}; ${because}`,
    `success is predicted with ${percent(p)} (${low} to ${high}), break-even is ${percent(break_even)}`,
  ];
}

/** Returns one line for each threshold and value of the look-up that has no effect. */
function unknownNames({ pattern_key, unknown_thresholds = [], unknown_values = [] }: LookupAnswer): string[] {
  const question = (suggestion: string | undefined): string =>
    suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return [
    ...unknown_thresholds.map(
      ({ name, suggestion }) => `${name} is no threshold of ${pattern_key}${question(suggestion)}`,
    ),
    ...unknown_values.map(
      ({ name, value, suggestion }) =>
        `no event of the last run's window has ${name}=${value}${question(suggestion)}`,
    ),
  ];
}

function neutralReason({ mode, generation, pattern_known }: LookupAnswer): string {
  if (pattern_known === false) return 'no event named this pattern';
  if (mode === 'off' || mode === 'shadow') return `the mode is ${mode}`;
  return generation === 0 ? 'nothing is published yet' : 'no override matches';
}

function thresholdColumns(before: Record<string, number>): Column<[string, number]>[] {
  return [
    { title: 'threshold', value: ([name]) => printable(name) },
    {
      title: 'before',
      value: ([name]) => (Object.hasOwn(before, name) ? significant(before[name] ?? 0) : ''),
      align: 'right',
    },
    { title: 'tuned', value: ([, value]) => significant(value), align: 'right' },
  ];
}

const OVERRIDE_COLUMNS: readonly Column<LookupAnswer['overrides'][number]>[] = [
  { title: 'lever', value: row => row.action_category },
  { title: 'effect', value: effect, align: 'right' },
  { title: 'matched', value: row => count(row.matched), align: 'right' },
  { title: 'most specific slice', value: row => slice(row.scope_subset), wraps: true },
];
const EXPLAIN_COLUMNS: readonly Column<Explained>[] = [
  { title: 'considered', value: row => slice(row.scope_subset), wraps: true },
  { title: 'lever', value: row => row.action_category },
  { title: 'effect', value: effect, align: 'right' },
  { title: 'weight', value: row => row.weight.toFixed(2), align: 'right' },
  { title: 'n', value: row => count(row.n), align: 'right' },
  { title: 'used', value: row => (row.chosen ? 'yes' : 'no') },
  {
    title: 'why',
    value: row => printable(row.note === undefined ? row.reason : `${row.note} (${row.reason})`),
    wraps: true,
  },
];
