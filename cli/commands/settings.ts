import { type Command, Option } from 'commander';
import { settingsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast, oneOf, payoffOf, positive, thresholds } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { printable, significant } from '../format.ts';
import { lookbackOption, patternArgument, patternPath, reasonOption } from '../options.ts';

const SETTINGS = [
  'policy',
  'challengers',
  'payoff',
  'n_min',
  'lookback_days',
  'jump',
  'on_jump',
  'halt',
  'guard',
  'base_thresholds',
  'max_overrides',
] as const;
type Setting = (typeof SETTINGS)[number];

const SETTING_OPTIONS =
  '--policy, --challengers, --win and --loss, --n-min, --lookback-days, --jump, --on-jump, --halt, --guard, ' +
  '--base-threshold, --max-overrides, --reset';

interface Options {
  readonly policy?: string;
  readonly challengers?: string;
  readonly win?: number;
  readonly loss?: number;
  readonly nMin?: number;
  readonly lookbackDays?: number;
  readonly reset?: readonly Setting[];
  readonly jump?: number;
  readonly onJump?: string;
  readonly halt?: string;
  readonly guard?: string;
  readonly baseThreshold?: Record<string, number>;
  readonly maxOverrides?: number;
  readonly reason: string;
}

const HELP = `
Only the settings that are given change. --reset gives settings back to the
stage. The command prints all settings in force.

Examples:
  $ pm-tuning settings pm.uptrend.S1.entry --n-min 50 --win 1.5 --loss 1 --reason "thin data"
  $ pm-tuning settings pm.uptrend.S1.entry --policy replay --reason "better in evidence"
  $ pm-tuning settings pm.uptrend.S1.entry --jump 1.3 --on-jump hold --reason "large account"
  $ pm-tuning settings pm.uptrend.S1.entry --reset n_min,payoff --reason "enough data"`;

/** Adds `settings`: changes how the cycles of a pattern learn, from the next one on. */
export function addSettings(program: Command, runCommand: RunCommand): void {
  program
    .command('settings')
    .description('change how a pattern learns, from the next cycle on')
    .addArgument(patternArgument())
    .option('--policy <policy>', 'policy that turns lessons into overrides: drift or replay')
    .option(
      '--challengers <list>',
      'policies to compare with the published one, separated by commas, or none',
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
    .addOption(new Option('--guard <mode>', 'what proven harm does').choices(['protect', 'notify', 'off']))
    .option('--base-threshold <pairs>', 'name=number,…: stand in where events log no threshold', thresholds)
    .option(
      '--max-overrides <n>',
      'most overrides of the pattern; the most general are kept',
      integerAtLeast(1),
    )
    .addOption(reasonOption())
    .addHelpText('after', HELP)
    .action(async (pattern: string, options: Options, command: Command) =>
      runCommand(command, async session => {
        const call = { method: 'PUT', body: settingsBody(options) } as const;
        const path = patternPath(pattern, 'settings');
        const { raw, data } = await session.request(settingsAnswerSchema, path, call);
        session.output(raw, () => {
          const { policy, challengers, payoff, n_min, lookback_days, jump, on_jump } = data;
          const { halt, base_thresholds, max_overrides } = data;
          session.print(session.bold(printable(data.pattern_key)));
          const compared = challengers.length === 0 ? '' : `, compared with ${challengers.join(', ')}`;
          session.print(`policy    ${printable(policy + compared)}`);
          session.print(`payoff    win ${significant(payoff.win)}, loss ${significant(payoff.loss)}`);
          session.print(`n_min     ${n_min}`);
          session.print(`lookback  ${lookback_days} days`);
          session.print(`jump      ${on_jump} beyond a factor of ${significant(jump)}`);
          session.print(`halt      ${halt}`);
          session.print(`guard     ${data.guard}`);
          if (data.warning !== undefined) session.warn(printable(data.warning));
          const standIns = Object.entries(base_thresholds);
          if (standIns.length > 0)
            session.print(`base      ${standIns.map(([name, value]) => `${name} ${value}`).join(', ')}`);
          session.print(`overrides at most ${max_overrides}`);
        });
        return EXIT.ok;
      }),
    );
}

/** Parses names of settings, separated by commas; `n-min` is read as `n_min`. */
function settingNames(text: string): Setting[] {
  const parseName = oneOf(SETTINGS);
  return text.split(',').map(name => parseName(name.trim().replaceAll('-', '_')));
}

/**
 * Returns the request body, in which null gives a setting back to the stage.
 * @throws Failure (usage) without any setting, with half a payoff, or with a setting that is both set and reset
 */
function settingsBody(options: Options): object {
  const { policy, challengers, win, loss, nMin, lookbackDays, jump, onJump } = options;
  const { halt, guard, baseThreshold, maxOverrides, reset = [], reason } = options;
  const settings: Record<Setting, unknown> = {
    policy,
    challengers: challengers === 'none' ? [] : challengers?.split(',').map(name => name.trim()),
    payoff: payoffOf(win, loss),
    n_min: nMin,
    lookback_days: lookbackDays,
    jump,
    on_jump: onJump,
    halt,
    guard,
    base_thresholds: baseThreshold,
    max_overrides: maxOverrides,
  };
  for (const name of reset) {
    if (settings[name] !== undefined) throw usageError(`${name} is both set and reset; give one of the two`);
    settings[name] = null;
  }
  if (Object.values(settings).every(value => value === undefined))
    throw usageError(`nothing to set; give at least one of: ${SETTING_OPTIONS}`);
  return { ...settings, reason };
}
