import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  MAX_POINTS,
  type WhatIfAnswer,
  type WhatIfPointAnswer,
  whatIfAnswerSchema,
} from '../../shared/http/schemas/what-if.ts';
import { finiteNumber, integerAtLeast, positive, scope, time } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, type ExitCode, usageError } from '../exit-codes.ts';
import { count, instant, percent, plural, printable, signed, significant, slice } from '../format.ts';
import { linePlotSvg } from '../plot/svg-plot.ts';
import { terminalPlot } from '../plot/terminal-plot.ts';
import { effectText, movedBy, whatIfPlots } from '../plot/what-if.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';

interface Options {
  readonly scope: Record<string, unknown>;
  readonly lever: string;
  readonly from: number;
  readonly to: number;
  readonly points?: number;
  readonly win?: number;
  readonly loss?: number;
  readonly lookbackDays?: number;
  readonly asOf?: string;
  readonly svg?: string;
}

const EXAMPLES = `
The threshold is moved in thought, in one slice: every event with an outcome whose scope contains it. All other gates
are rechecked, and overrides in force are not part of it. Nothing is changed. A slope_min moves by a delta in its own
unit, every other threshold by a multiplier of 0.5 to 2.

Examples:
  $ pm-tuning whatif pm.uptrend.S1.entry --scope timeframe=15m --lever ts_min --from 0.8 --to 1.2
  $ pm-tuning whatif pm.uptrend.S1.entry --lever halo_max --from 0.7 --to 1.5 --win 3 --loss 1 --svg halo.svg
  $ pm-tuning whatif pm.uptrend.S2.entry --lever slope_min --from -0.001 --to 0.001 --as-of 2025-01-20`;

/** `whatif`: what one threshold would have taken at other values. */
export function addWhatIf(program: Command, runCommand: RunCommand): void {
  program
    .command('whatif')
    .description('winners, losers and utility, had one threshold stood elsewhere in one slice')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .addOption(
      new Option('--scope <pairs>', 'the slice: dimension=value,… or a JSON object; repeatable')
        .argParser(scope)
        .default({}, 'everything'),
    )
    .requiredOption('--lever <name>', 'the threshold to move: ts_min, halo_max, dx_min, slope_min')
    .requiredOption('--from <value>', 'the first multiplier, or delta', finiteNumber)
    .requiredOption('--to <value>', 'the last', finiteNumber)
    .option('--points <n>', `evenly spaced values, at most ${MAX_POINTS} (41 without it)`, integerAtLeast(2))
    .option('--win <amount>', "gain of an acted success instead of the pattern's; with --loss", positive)
    .option('--loss <amount>', "loss of an acted failure instead of the pattern's; with --win", positive)
    .option(
      '--lookback-days <days>',
      "how far back, by event time, instead of the pattern's",
      integerAtLeast(1),
    )
    .option('--as-of <time>', 'RFC 3339, or a date; now without it', time)
    .option('--svg <file>', 'write the picture to a file; one that is there is replaced')
    .addHelpText('after', EXAMPLES)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const call = { query: queryOf(pattern, options), attempts: 3 };
        const { raw, data } = await session.request(whatIfAnswerSchema, '/v1/whatif', call);
        const exit = options.svg === undefined ? EXIT.ok : writePicture(session, options.svg, data);
        session.output(raw, () => show(session, data));
        return exit;
      }),
    );
}

/** A question without a body: a token that may only read may ask it. @throws Failure (usage) */
function queryOf(pattern: string, options: Options): Record<string, string | undefined> {
  const { win, loss, asOf, lever, from, to, points, lookbackDays } = options;
  if ((win === undefined) !== (loss === undefined)) throw usageError('--win and --loss go together');
  const dimensions = Object.entries(options.scope).flatMap(([name, value]) => {
    if (value === null) return [];
    if (typeof value === 'object') throw usageError(`--scope: ${name} must be a text, a number or a boolean`);
    return [[`scope.${name}`, String(value)]];
  });
  const text = (n: number | undefined): string | undefined => (n === undefined ? undefined : String(n));
  return {
    pattern_key: pattern,
    lever,
    from: text(from),
    to: text(to),
    points: text(points),
    lookback_days: text(lookbackDays),
    as_of: asOf,
    'payoff.win': text(win),
    'payoff.loss': text(loss),
    ...Object.fromEntries(dimensions),
  };
}

/** @throws Failure (usage) when the file cannot be written */
function writePicture(session: Session, file: string, answer: WhatIfAnswer): ExitCode {
  if (answer.curve.length === 0) {
    session.warn(`no picture: ${answer.reason ?? 'there is no curve'}`);
    return EXIT.unsuccessful;
  }
  try {
    writeFileSync(file, linePlotSvg(whatIfPlots(answer)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`the picture cannot be written to ${file} (${why}); choose another with --svg`);
  }
  return EXIT.ok;
}

function show(session: Session, answer: WhatIfAnswer): void {
  const { pattern_key, lever, scope_subset, events, payoff, base } = answer;
  session.print(
    `${session.bold(printable(pattern_key))}, ${printable(lever.threshold)} on ${slice(scope_subset)}, ` +
      `${answer.lookback_days} days to ${instant(answer.as_of)}, payoff ${significant(payoff.win)}:${significant(payoff.loss)}`,
  );
  session.print(eventsText(events));
  if (base) {
    session.print();
    session.table(columnsOf(answer), fewOf(answer), '');
    for (const plot of whatIfPlots(answer)) {
      session.print();
      session.print(terminalPlot(plot, { width: session.width }));
    }
  }
  session.print();
  session.print(printable(answer.sentence));
  if (base) session.print(printable(answer.note));
}

function eventsText(events: WhatIfAnswer['events']): string {
  const groups = [
    [events.movable, 'can move'],
    [events.other_gates, 'fail another gate'],
    [events.fixed, 'stand as logged'],
    [events.left_out, 'cannot be replayed'],
    [events.neutral, 'neutral'],
  ] as const;
  const named = groups.flatMap(([n, what]) => (n > 0 ? [`${count(n)} ${what}`] : []));
  const total = `${plural(events.total, 'event')} with an outcome`;
  return named.length > 0 ? `${total}: ${named.join(', ')}` : total;
}

/** Rows of the table besides base and best. */
const ROWS = 9;

/** Evenly spaced points of a curve, with its ends, the base and the best among them. */
function fewOf({ curve, base, best }: WhatIfAnswer): WhatIfPointAnswer[] {
  const step = Math.max(1, (curve.length - 1) / (ROWS - 1));
  const kept = new Set(Array.from({ length: ROWS }, (_, i) => Math.round(i * step)));
  const marked = [base, best].flatMap(point => (point ? [movedBy(point)] : []));
  return curve.filter((point, i) => kept.has(i) || marked.includes(movedBy(point)));
}

function columnsOf({ lever, base, best, confidence }: WhatIfAnswer): Column<WhatIfPointAnswer>[] {
  const is = (point: WhatIfPointAnswer | undefined, row: WhatIfPointAnswer): boolean =>
    point !== undefined && movedBy(point) === movedBy(row);
  return [
    { title: lever.effect, value: effectText, align: 'right' },
    { title: printable(lever.threshold), value: row => significant(row.threshold), align: 'right' },
    { title: 'winners', value: row => count(row.winners), align: 'right' },
    { title: 'losers', value: row => count(row.losers), align: 'right' },
    { title: 'utility', value: row => significant(row.utility), align: 'right' },
    { title: 'change', value: row => change(row.utility_change), align: 'right' },
    {
      title: `${percent(confidence).replace('.0', '')} interval`,
      value: row => `${change(row.low)} to ${change(row.high)}`,
      align: 'right',
    },
    { title: '', value: row => (is(base, row) ? 'base' : is(best, row) ? 'best' : '') },
  ];
}

/** As many digits as matter beside whole events. */
function change(value: number): string {
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
  return signed(Number(value.toFixed(digits)), digits);
}
