import { type Command, Option } from 'commander';
import { type SettingsAnswer, settingsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast, oneOf, payoffOf, positive, thresholds } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { instant, printable, significant } from '../format.ts';
import { lookbackOption, patternArgument, patternPath } from '../options.ts';
import type { Session } from '../session.ts';

const SETTINGS = [
  'policy',
  'challengers',
  'payoff',
  'n_min',
  'lookback_days',
  'jump',
  'on_jump',
  'halt',
  'score',
  'guard',
  'rollout',
  'base_thresholds',
  'max_overrides',
] as const;
type Setting = (typeof SETTINGS)[number];

const SETTING_OPTIONS =
  '--policy, --challengers, --payoff or --win and --loss, --n-min, --lookback-days, --jump, --on-jump, --halt, --score, --guard, --rollout, ' +
  '--base-threshold, --max-overrides, --reset';

interface Options {
  readonly policy?: string;
  readonly challengers?: string;
  readonly payoff?: 'measured';
  readonly win?: number;
  readonly loss?: number;
  readonly nMin?: number;
  readonly lookbackDays?: number;
  readonly reset?: readonly Setting[];
  readonly jump?: number;
  readonly onJump?: string;
  readonly halt?: string;
  readonly score?: string;
  readonly guard?: string;
  readonly rollout?: string;
  readonly baseThreshold?: Record<string, number>;
  readonly maxOverrides?: number;
  readonly reason?: string;
}

const HELP = `
Without options the command shows the settings in force and where each comes
from: the pattern, the stage, or the default. Only the settings that are given
change, with a --reason. --reset gives settings back to the stage.

Examples:
  $ pm-tuning settings pm.uptrend.S1.entry
  $ pm-tuning settings pm.uptrend.S1.entry --n-min 50 --win 1.5 --loss 1 --reason "thin data"
  $ pm-tuning settings pm.uptrend.S1.entry --policy replay --reason "better in evidence"
  $ pm-tuning settings pm.uptrend.S1.entry --payoff measured --reason "returns are net of costs"
  $ pm-tuning settings pm.uptrend.S1.entry --jump 1.3 --on-jump hold --reason "large account"
  $ pm-tuning settings pm.uptrend.S1.entry --reset n_min,payoff --reason "enough data"`;

/** Adds `settings`: shows how the cycles of a pattern learn, or changes it, from the next one on. */
export function addSettings(program: Command, runCommand: RunCommand): void {
  program
    .command('settings')
    .description('show how a pattern learns, or change it from the next cycle on')
    .addArgument(patternArgument())
    .option(
      '--policy <policy>',
      'policy that turns lessons and events into overrides: drift, replay or model',
    )
    .option(
      '--challengers <list>',
      'policies to compare with the published one, separated by commas, or none',
    )
    .addOption(
      new Option('--payoff <source>', 'measured: from the returns of outcomes').choices(['measured']),
    )
    .option('--win <amount>', 'gain of an acted success; requires --loss', positive)
    .option('--loss <amount>', 'loss of an acted failure; requires --win', positive)
    .option('--n-min <n>', 'events with an outcome that a lesson needs', integerAtLeast(1))
    .addOption(lookbackOption('days of events that a cycle reads, by event time'))
    .option('--reset <list>', `settings to give back to the stage: ${SETTINGS.join(', ')}`, settingNames)
    .option('--jump <factor>', 'largest factor by which a cycle may move an override, above 1', positive)
    .addOption(
      new Option('--on-jump <action>', 'what a cycle does beyond that factor').choices(['warn', 'hold']),
    )
    .option('--halt <mode>', 'what a year of losses does: advise, apply or off')
    .addOption(
      new Option('--score <mode>', 'whether the model of the policy model advises').choices([
        'off',
        'advise',
      ]),
    )
    .addOption(new Option('--guard <mode>', 'what proven harm does').choices(['protect', 'notify', 'off']))
    .addOption(
      new Option('--rollout <mode>', 'how a new result comes into force').choices(['immediate', 'guarded']),
    )
    .option('--base-threshold <pairs>', 'name=number,…: stand in where events log no threshold', thresholds)
    .option(
      '--max-overrides <n>',
      'most overrides of the pattern; the most general are kept',
      integerAtLeast(1),
    )
    .option('--reason <text>', 'reason of the change, which the audit keeps')
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const body = settingsBody(options);
        const call = body && ({ method: 'PUT', body } as const);
        const path = patternPath(pattern, 'settings');
        const { raw, data } = await session.request(settingsAnswerSchema, path, call);
        session.output(raw, () => show(session, data));
        return EXIT.ok;
      }),
    );
}

/** Prints every setting in force with its source; a setting that this version does not know as JSON. */
function show(session: Session, answer: SettingsAnswer): void {
  const { pattern_key, sources, warning, last_change, payoffs: _, payoff_fallback: __, ...settings } = answer;
  const text = ([name, value]: readonly [string, unknown]): string => {
    if (name === 'payoff') return payoffText(answer);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  session.print(session.bold(printable(pattern_key)));
  session.table(
    [
      { title: 'setting', value: ([name]) => printable(name) },
      { title: 'in force', value: row => printable(text(row)), wraps: true },
      { title: 'from', value: ([name]) => printable(sources[name] ?? '') },
    ],
    Object.entries(settings),
  );
  if (last_change)
    session.print(
      printable(
        `last change of the pattern: ${instant(last_change.at)} by ${last_change.who}: ${last_change.why}`,
      ),
    );
  if (warning !== undefined) session.warn(printable(warning));
}

const rounded = (value: number): string => significant(Number(value.toPrecision(3)));

function payoffText({ payoff, payoff_fallback, payoffs }: SettingsAnswer): string {
  const isMeasured = payoff === 'measured';
  const { win, loss } = isMeasured ? payoff_fallback : payoff;
  const amounts = `win ${significant(win)}, loss ${significant(loss)}`;
  const { measured } = payoffs ?? {};
  const returned =
    measured?.win && measured.loss
      ? `; returns so far: win ${rounded(measured.win.mean)}, loss ${rounded(measured.loss.mean)}`
      : '';
  return (isMeasured ? `measured; with too few returns ${amounts}` : amounts) + returned;
}

/** Parses names of settings, separated by commas; `n-min` is read as `n_min`. */
function settingNames(text: string): Setting[] {
  const parseName = oneOf(SETTINGS);
  return text.split(',').map(name => parseName(name.trim().replaceAll('-', '_')));
}

/**
 * Returns the request body, in which null gives a setting back to the stage; undefined without any option.
 * @throws Failure (usage) for a reason without a setting or the reverse, half a payoff, or a setting both set and reset
 */
function settingsBody(options: Options): object | undefined {
  const { policy, challengers, payoff, win, loss, nMin, lookbackDays, jump, onJump } = options;
  const { halt, score, guard, rollout, baseThreshold, maxOverrides, reset = [], reason } = options;
  const settings: Record<Setting, unknown> = {
    policy,
    challengers: challengers === 'none' ? [] : challengers?.split(',').map(name => name.trim()),
    payoff: payoff ?? payoffOf(win, loss),
    n_min: nMin,
    lookback_days: lookbackDays,
    jump,
    on_jump: onJump,
    halt,
    score,
    guard,
    rollout,
    base_thresholds: baseThreshold,
    max_overrides: maxOverrides,
  };
  if (payoff !== undefined && (win ?? loss) !== undefined)
    throw usageError('--payoff and --win with --loss set the same; give one of them');
  for (const name of reset) {
    if (settings[name] !== undefined) throw usageError(`${name} is both set and reset; give one of the two`);
    settings[name] = null;
  }
  if (Object.values(settings).every(value => value === undefined)) {
    if (reason === undefined) return undefined;
    throw usageError(`nothing to set; give at least one of: ${SETTING_OPTIONS}`);
  }
  if (reason === undefined)
    throw usageError('a change needs a reason, which the audit keeps; add --reason TEXT');
  return { ...settings, reason };
}
