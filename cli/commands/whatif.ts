import { type Command, Option } from 'commander';
import {
  MAX_POINTS,
  type WhatIfAnswer,
  type WhatIfPointAnswer,
  whatIfAnswerSchema,
} from '../../shared/http/schemas/what-if.ts';
import { effectText, movedBy, whatIfPlots } from '../../shared/plot/what-if.ts';
import { finiteNumber, integerAtLeast, payoffOf, positive, scope } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, type ExitCode, usageError } from '../exit-codes.ts';
import { count, instant, percent, plural, printable, signed, significant, slice } from '../format.ts';
import { asOfOption, lookbackOption, patternArgument, svgOption } from '../options.ts';
import type { Session } from '../session.ts';
import type { Column } from '../table.ts';
import { writeSvg } from '../write-svg.ts';

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

const HELP = `
The curve counts the past events of one slice: every event with an outcome whose
scope contains the given pairs. One threshold moves; all other gates are checked
again, and overrides in force are ignored. Nothing changes in the service.
slope_min moves by a delta in its own unit, every other threshold by a
multiplier from 0.5 to 2.

Examples:
  $ pm-tuning whatif pm.uptrend.S1.entry --scope timeframe=15m --lever ts_min --from 0.8 --to 1.2
  $ pm-tuning whatif pm.uptrend.S1.entry --lever halo_max --from 0.7 --to 1.5 --win 3 --loss 1 --svg halo.svg
  $ pm-tuning whatif pm.uptrend.S2.entry --lever slope_min --from -0.001 --to 0.001 --as-of 2025-01-20`;

/** Adds `whatif`: shows the events that the bot would have taken at other values of one threshold. */
export function addWhatIf(program: Command, runCommand: RunCommand): void {
  program
    .command('whatif')
    .description('show winners, losers and utility over the values of one threshold in one slice')
    .addArgument(patternArgument())
    .addOption(
      new Option('--scope <pairs>', 'slice as dimension=value,… or a JSON object; repeatable')
        .argParser(scope)
        .default({}, 'everything'),
    )
    .requiredOption('--lever <name>', 'threshold to move: ts_min, halo_max, dx_min or slope_min')
    .requiredOption('--from <value>', 'first multiplier, or first delta', finiteNumber)
    .requiredOption('--to <value>', 'last multiplier, or last delta', finiteNumber)
    .option('--points <n>', `evenly spaced values, at most ${MAX_POINTS} (default: 41)`, integerAtLeast(2))
    .option('--win <amount>', "gain of an acted success (default: the pattern's); requires --loss", positive)
    .option('--loss <amount>', "loss of an acted failure (default: the pattern's); requires --win", positive)
    .addOption(lookbackOption("days of events to read, by event time (default: the pattern's setting)"))
    .addOption(asOfOption())
    .addOption(svgOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const call = { query: queryOf(pattern, options), attempts: 3 };
        const { raw, data } = await session.request(whatIfAnswerSchema, '/v1/whatif', call);
        const exit = options.svg === undefined ? EXIT.ok : writePlots(session, options.svg, data);
        session.output(raw, () => show(session, data));
        return exit;
      }),
    );
}

/**
 * Returns the query of a GET request, which callers of role `reader` may send too.
 * @throws Failure (usage) with half a payoff, or when the value of a dimension is an object
 */
function queryOf(pattern: string, options: Options): Record<string, string | undefined> {
  const { win, loss, asOf, lever, from, to, points, lookbackDays } = options;
  const payoff = payoffOf(win, loss);
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
    'payoff.win': text(payoff?.win),
    'payoff.loss': text(payoff?.loss),
    ...Object.fromEntries(dimensions),
  };
}

/**
 * Writes the plots and returns the exit code: 1 when there is no curve.
 * @throws Failure (usage) when the file cannot be written
 */
function writePlots(session: Session, file: string, answer: WhatIfAnswer): ExitCode {
  if (answer.curve.length === 0) {
    session.warn(`no plot was written: ${answer.reason ?? 'there is no curve'}`);
    return EXIT.unsuccessful;
  }
  writeSvg(file, whatIfPlots(answer));
  return EXIT.ok;
}

function show(session: Session, answer: WhatIfAnswer): void {
  const { pattern_key, lever, scope_subset, events, payoff, base } = answer;
  session.print(
    `${session.bold(printable(pattern_key))}, ${printable(lever.threshold)} on ${slice(scope_subset)}, ` +
      `${answer.lookback_days} days to ${instant(answer.as_of)}, payoff ${significant(payoff.win)}:${significant(payoff.loss)}`,
  );
  session.print(eventsText(events));
  session.print(`break-even: a success rate of ${percent(answer.break_even)}`);
  if (base) {
    session.print();
    session.table(columnsOf(answer), shownPoints(answer));
  }
  session.print();
  session.print(printable(answer.sentence));
  if (base) session.print(printable(answer.note));
}

function eventsText(events: WhatIfAnswer['events']): string {
  const groups = [
    [events.movable, 'can move'],
    [events.other_gates, 'fail another gate'],
    [events.fixed, 'stay as logged'],
    [events.left_out, 'cannot be replayed'],
    [events.neutral, 'neutral'],
  ] as const;
  const texts = groups.flatMap(([n, label]) => (n > 0 ? [`${count(n)} ${label}`] : []));
  const total = `${plural(events.total, 'event')} with an outcome`;
  return texts.length > 0 ? `${total}: ${texts.join(', ')}` : total;
}

/** Number of evenly spaced rows of the table; base and best are added. */
const EVEN_ROWS = 9;

/** Returns evenly spaced points of a curve, including its ends, the base and the best. */
function shownPoints({ curve, base, best }: WhatIfAnswer): WhatIfPointAnswer[] {
  const step = Math.max(1, (curve.length - 1) / (EVEN_ROWS - 1));
  const even = new Set(Array.from({ length: EVEN_ROWS }, (_, i) => Math.round(i * step)));
  const marked = [base, best].flatMap(point => (point ? [movedBy(point)] : []));
  return curve.filter((point, i) => even.has(i) || marked.includes(movedBy(point)));
}

function columnsOf({ lever, base, best, confidence }: WhatIfAnswer): Column<WhatIfPointAnswer>[] {
  const isSame = (point: WhatIfPointAnswer | undefined, row: WhatIfPointAnswer): boolean =>
    point !== undefined && movedBy(point) === movedBy(row);
  return [
    { title: lever.effect, value: effectText, align: 'right' },
    { title: printable(lever.threshold), value: row => significant(row.threshold), align: 'right' },
    { title: 'winners', value: row => count(row.winners), align: 'right' },
    { title: 'losers', value: row => count(row.losers), align: 'right' },
    { title: 'change', value: row => changeText(row.utility_change), align: 'right' },
    {
      title: `${percent(confidence).replace('.0', '')} interval`,
      value: row => `${changeText(row.low)} to ${changeText(row.high)}`,
      align: 'right',
    },
    {
      title: expectedTitle(best),
      value: ({ expected }) => (expected ? changeText(expected.gain) : ''),
      align: 'right',
    },
    { title: '', value: row => (isSame(base, row) ? 'base' : isSame(best, row) ? 'best' : '') },
  ];
}

const expectedTitle = (best: WhatIfPointAnswer | undefined): string =>
  best?.expected ? `next ${best.expected.days} days` : '';

/** Formats a change of utility, with one decimal below 10. */
function changeText(value: number): string {
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
  return signed(Number(value.toFixed(digits)), digits);
}
