import type { Command } from 'commander';
import { settingsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { integerAtLeast, positive } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usage } from '../exit-codes.ts';
import { printable, significant } from '../format.ts';

interface Options {
  readonly policy?: string;
  readonly challengers?: string;
  readonly win?: number;
  readonly loss?: number;
  readonly nMin?: number;
  readonly lookbackDays?: number;
  readonly reason: string;
}

const EXAMPLE = `
Example:
  $ pm-tuning settings pm.uptrend.S1.entry --n-min 50 --win 1.5 --loss 1 --reason "thin data"`;

/** `settings`: how a pattern learns from the next cycle on. */
export function addSettings(program: Command, perform: RunCommand): void {
  program
    .command('settings')
    .description('how a pattern learns, from the next cycle on')
    .argument('<pattern>', 'pattern key, such as pm.uptrend.S1.entry')
    .option('--policy <policy>', 'what turns lessons into overrides: drift or replay')
    .option('--challengers <policies>', 'with commas: computed and compared beside it; none for none')
    .option('--win <amount>', 'gain of an acted success; with --loss', positive)
    .option('--loss <amount>', 'loss of an acted failure; with --win', positive)
    .option('--n-min <n>', 'events with an outcome that a slice needs', integerAtLeast(1))
    .option('--lookback-days <days>', 'how far back, by event time', integerAtLeast(1))
    .requiredOption('--reason <text>', 'why; it is kept in the audit')
    .addHelpText('after', EXAMPLE)
    .action(async (pattern: string, options: Options, command: Command) =>
      perform(command, async session => {
        const path = `/v1/patterns/${encodeURIComponent(pattern)}/settings`;
        const call = { method: 'PUT', body: settingsBody(options) } as const;
        const { raw, data } = await session.request(settingsAnswerSchema, path, call);
        session.output(raw, () => {
          const { policy, challengers, payoff, n_min, lookback_days } = data;
          session.print(session.bold(printable(data.pattern_key)));
          const beside = challengers.length === 0 ? '' : `, compared with ${challengers.join(', ')}`;
          session.print(`policy    ${printable(policy + beside)}`);
          session.print(`payoff    win ${significant(payoff.win)}, loss ${significant(payoff.loss)}`);
          session.print(`n_min     ${n_min}`);
          session.print(`lookback  ${lookback_days} days`);
        });
        return EXIT.ok;
      }),
    );
}

/** @throws Failure (usage) when nothing is to be set, or half a payoff */
function settingsBody({ policy, challengers, win, loss, nMin, lookbackDays, reason }: Options): object {
  if ((win === undefined) !== (loss === undefined)) throw usage('--win and --loss go together');
  const payoff = win === undefined ? undefined : { win, loss };
  const beside = challengers === 'none' ? [] : challengers?.split(',').map(name => name.trim());
  const set = { policy, challengers: beside, payoff, n_min: nMin, lookback_days: lookbackDays };
  if (Object.values(set).every(value => value === undefined))
    throw usage('nothing to set: give --policy, --challengers, --win and --loss, --n-min or --lookback-days');
  return { ...set, reason };
}
