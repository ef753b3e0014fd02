import type { Environment, EnvironmentVariables } from '../shared/config.ts';
import { contextMatch, type ReadContext } from './context.ts';

/** Settings of a stage that its functions get as environment; what the context does not say is the default. */
export type Settings = Readonly<Record<SettingName, string>>;

type SettingName = keyof Pick<
  EnvironmentVariables,
  | 'N_MIN'
  | 'LOOKBACK_DAYS'
  | 'POLICY'
  | 'CHALLENGERS'
  | 'PAYOFF_WIN'
  | 'PAYOFF_LOSS'
  | 'CYCLE_MAX_AGE_MINUTES'
  | 'EVENT_RETENTION_DAYS'
  | 'LOG_LEVEL'
>;

/** The names that the schema knows, all of them and no others: the compiler sees to it. */
const POLICIES: Readonly<Record<NonNullable<Environment['POLICY']>, true>> = { drift: true, replay: true };
const LOG_LEVELS: Readonly<Record<NonNullable<Environment['LOG_LEVEL']>, true>> = {
  debug: true,
  info: true,
  warn: true,
  error: true,
};

/** `none`, or some of the names with commas. */
function listOf(known: Readonly<Record<string, true>>): RegExp {
  const name = `(${Object.keys(known).join('|')})`;
  return new RegExp(`^(none|${name}(,${name})*)$`);
}

const NUMBER = /^\d+(\.\d+)?$/;

/** @throws Error naming the context value that cannot be used */
export function readSettings(read: ReadContext): Settings {
  const number = (name: string, fallback: string) => contextMatch(read, name, fallback, NUMBER, 'a number');
  const oneOf = (name: string, fallback: string, known: Readonly<Record<string, true>>) => {
    const names = Object.keys(known);
    return contextMatch(read, name, fallback, new RegExp(`^(${names.join('|')})$`), names.join(' or '));
  };
  return {
    N_MIN: number('nMin', '33'),
    LOOKBACK_DAYS: number('lookbackDays', '90'),
    POLICY: oneOf('policy', 'drift', POLICIES),
    CHALLENGERS: contextMatch(
      read,
      'challengers',
      'drift,replay',
      listOf(POLICIES),
      'policies with commas, or none',
    ),
    PAYOFF_WIN: number('payoffWin', '2'),
    PAYOFF_LOSS: number('payoffLoss', '1'),
    CYCLE_MAX_AGE_MINUTES: number('cycleMaxAgeMinutes', '120'),
    EVENT_RETENTION_DAYS: number('eventRetentionDays', '400'),
    LOG_LEVEL: oneOf('logLevel', 'info', LOG_LEVELS),
  };
}
