import type { Environment, EnvironmentVariables } from '../shared/config.ts';
import { contextMatch, type ReadContext } from './context.ts';

/** Settings of a stage that its functions get as environment; what the context does not say is the default. */
export type Settings = Readonly<Record<SettingName, string>>;

type SettingName = keyof Pick<
  EnvironmentVariables,
  | 'N_MIN'
  | 'LOOKBACK_DAYS'
  | 'POLICY'
  | 'PAYOFF_WIN'
  | 'PAYOFF_LOSS'
  | 'CYCLE_MAX_AGE_MINUTES'
  | 'EVENT_RETENTION_DAYS'
  | 'LOG_LEVEL'
>;

// Of the schema's type, so that a value that it does not know stops the type check.
const POLICY: NonNullable<Environment['POLICY']> = 'drift';
const LOG_LEVEL: NonNullable<Environment['LOG_LEVEL']> = 'info';

const NUMBER = /^\d+(\.\d+)?$/;

/** @throws Error naming the context value that cannot be used */
export function readSettings(read: ReadContext): Settings {
  const number = (name: string, fallback: string) => contextMatch(read, name, fallback, NUMBER, 'a number');
  return {
    N_MIN: number('nMin', '33'),
    LOOKBACK_DAYS: number('lookbackDays', '90'),
    POLICY: contextMatch(read, 'policy', POLICY, /^(drift|replay)$/, 'drift or replay'),
    PAYOFF_WIN: number('payoffWin', '2'),
    PAYOFF_LOSS: number('payoffLoss', '1'),
    CYCLE_MAX_AGE_MINUTES: number('cycleMaxAgeMinutes', '120'),
    EVENT_RETENTION_DAYS: number('eventRetentionDays', '400'),
    LOG_LEVEL: contextMatch(read, 'logLevel', LOG_LEVEL, /^(debug|info|warn|error)$/, 'a log level'),
  };
}
