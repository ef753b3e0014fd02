import { type EnvironmentVariables, environmentSchema } from '../shared/config.ts';
import { contextMatch, type ReadContext } from './context.ts';

/** Settings of a stage that its functions get as environment variables. */
export type Settings = Readonly<Record<SettingName, string>>;

type SettingName = keyof Pick<
  EnvironmentVariables,
  | 'N_MIN'
  | 'LOOKBACK_DAYS'
  | 'POLICY'
  | 'CHALLENGERS'
  | 'PAYOFF'
  | 'PAYOFF_WIN'
  | 'PAYOFF_LOSS'
  | 'JUMP'
  | 'ON_JUMP'
  | 'HALT'
  | 'SCORE'
  | 'BASE_THRESHOLDS'
  | 'MAX_OVERRIDES'
  | 'GUARD'
  | 'ROLLOUT'
  | 'MAX_PATTERNS_PER_WRITER'
  | 'CYCLE_MAX_AGE_MINUTES'
  | 'EVENT_RETENTION_DAYS'
  | 'LOG_LEVEL'
>;

const POLICIES = environmentSchema.shape.POLICY.unwrap().options;
const HALT_MODES = environmentSchema.shape.HALT.unwrap().options;
const SCORE_MODES = environmentSchema.shape.SCORE.unwrap().options;
const GUARD_MODES = environmentSchema.shape.GUARD.unwrap().options;
const ROLLOUT_MODES = environmentSchema.shape.ROLLOUT.unwrap().options;
const PAYOFFS = environmentSchema.shape.PAYOFF.unwrap().options;
const LOG_LEVELS = environmentSchema.shape.LOG_LEVEL.unwrap().options;

/** Matches `none`, or a comma-separated list of the names. */
function listOf(names: readonly string[]): RegExp {
  const name = `(${names.join('|')})`;
  return new RegExp(`^(none|${name}(,${name})*)$`);
}

const ON_JUMP = environmentSchema.shape.ON_JUMP.unwrap().options;
const NUMBER = /^\d+(\.\d+)?$/;

/**
 * Reads the settings from the context; those that it does not set have the defaults of the environment's schema.
 * @throws Error naming the invalid context value
 */
export function readSettings(read: ReadContext): Settings {
  const number = (name: string, fallback: string) => contextMatch(read, name, fallback, NUMBER, 'a number');
  const oneOf = (name: string, fallback: string, names: readonly string[]) =>
    contextMatch(read, name, fallback, new RegExp(`^(${names.join('|')})$`), names.join(' or '));
  return {
    N_MIN: number('nMin', '33'),
    LOOKBACK_DAYS: number('lookbackDays', '90'),
    POLICY: oneOf('policy', 'replay', POLICIES),
    CHALLENGERS: contextMatch(
      read,
      'challengers',
      'drift,replay',
      listOf(POLICIES),
      'a comma-separated list of policies, or none',
    ),
    PAYOFF: oneOf('payoff', 'configured', PAYOFFS),
    PAYOFF_WIN: number('payoffWin', '2'),
    PAYOFF_LOSS: number('payoffLoss', '1'),
    JUMP: number('jump', '1.5'),
    ON_JUMP: oneOf('onJump', 'warn', ON_JUMP),
    HALT: oneOf('halt', 'advise', HALT_MODES),
    SCORE: oneOf('score', 'off', SCORE_MODES),
    BASE_THRESHOLDS: contextMatch(
      read,
      'baseThresholds',
      '',
      /^([a-z_]+=-?\d+(\.\d+)?(,[a-z_]+=-?\d+(\.\d+)?)*)?$/,
      'name=number pairs, separated by commas',
    ),
    MAX_OVERRIDES: number('maxOverrides', '20000'),
    GUARD: oneOf('guard', 'protect', GUARD_MODES),
    ROLLOUT: oneOf('rollout', 'immediate', ROLLOUT_MODES),
    MAX_PATTERNS_PER_WRITER: number('maxPatternsPerWriter', '200'),
    CYCLE_MAX_AGE_MINUTES: number('cycleMaxAgeMinutes', '120'),
    EVENT_RETENTION_DAYS: number('eventRetentionDays', '400'),
    LOG_LEVEL: oneOf('logLevel', 'info', LOG_LEVELS),
  };
}
