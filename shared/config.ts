import * as z from 'zod';
import type { GuardMode } from './generation/guard-mode.ts';
import { guardModeSchema } from './generation/guard-mode.ts';
import type { RolloutMode } from './generation/rollout-mode.ts';
import { rolloutModeSchema } from './generation/rollout-mode.ts';
import type { HaltMode } from './override/halt/halt-mode.ts';
import { haltModeSchema } from './override/halt/halt-mode.ts';
import type { OnJump } from './override/jump-settings.ts';
import { jumpSchema, onJumpSchema } from './override/jump-settings.ts';
import { POLICIES } from './override/override.ts';
import { maxOverridesSchema } from './override/override-cap.ts';
import type { Payoff, PayoffSetting } from './override/payoff.ts';
import { MEASURED } from './override/payoff.ts';
import type { ScoreMode } from './override/score/score-mode.ts';
import { scoreModeSchema } from './override/score/score-mode.ts';
import type { BaseThresholds } from './override/threshold-settings.ts';
import { baseThresholdsSchema } from './override/threshold-settings.ts';
import { MAX_N_MIN } from './validation.ts';

/**
 * Returns the origin that a URL consists of, in the form that browsers send.
 * @throws Error when the text is no http or https URL, or has more than scheme, host and port
 */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` && !/[?#]$/.test(text))
    return url.origin;
  throw new Error(
    `${JSON.stringify(text)} is no origin; write scheme, host and port, such as https://tuning.example.com`,
  );
}

const wholeNumber = z.coerce.number().int();

/** Reads `name=number,…`; a text that is not a number becomes NaN, which the schema rejects by its name. */
function pairsOf(text: string): [string, number][] {
  return text.split(',').flatMap(pair => {
    const [name = '', value = ''] = pair.split('=').map(part => part.trim());
    return name === '' ? [] : [[name, value === '' ? Number.NaN : Number(value)]];
  });
}

/** All settings, by the name of their environment variable. The type checker checks `infra/` against this schema. */
export const environmentSchema = z.object({
  EVENTS_TABLE: z.string().min(3),
  LESSONS_TABLE: z.string().min(3),
  OVERRIDES_TABLE: z.string().min(3),
  CONTROL_TABLE: z.string().min(3),
  /** The least number of events with an outcome that makes a slice a lesson. */
  N_MIN: wholeNumber.min(1).max(MAX_N_MIN).default(33),
  /** The length of the window of a run, by event timestamp, in days. */
  LOOKBACK_DAYS: wholeNumber.min(1).max(366).default(90),
  POLICY: z.enum(POLICIES).default('replay'),
  /** Policies that each run computes and compares with the one that it publishes, separated by commas, or `none`. */
  CHALLENGERS: z
    .string()
    .default(POLICIES.join())
    .transform(text => (text === 'none' ? [] : text.split(',').map(name => name.trim())))
    .pipe(z.array(z.enum(POLICIES))),
  /** `measured`: each run measures the payoff on the returns of outcomes; the amounts below stand in until then. */
  PAYOFF: z.enum(['configured', MEASURED]).default('configured'),
  /** The payoff: gain of an acted success, and loss of an acted failure. */
  PAYOFF_WIN: z.coerce.number().positive().default(2),
  PAYOFF_LOSS: z.coerce.number().positive().default(1),
  /** The largest factor by which a run may move an override, and what a run does beyond it. */
  JUMP: z.coerce.number().pipe(jumpSchema).default(1.5),
  ON_JUMP: onJumpSchema.default('warn'),
  /** The effect of the verdict that a pattern loses over a year. */
  HALT: haltModeSchema.default('advise'),
  /** Whether runs of the policy `model` publish the fitted model, so that look-ups answer its advice. */
  SCORE: scoreModeSchema.default('off'),
  /** Thresholds that stand in where events log none: `ts_min=0.6,halo_max=1`. */
  BASE_THRESHOLDS: z
    .string()
    .default('')
    .transform((text): Record<string, number | undefined> => Object.fromEntries(pairsOf(text)))
    .pipe(baseThresholdsSchema),
  /** The action of a run that finds the set in force proven harmful. */
  GUARD: guardModeSchema.default('protect'),
  /** The way in which a run puts a new result in force. */
  ROLLOUT: rolloutModeSchema.default('immediate'),
  /** The most overrides of a pattern. */
  MAX_OVERRIDES: z.coerce.number().pipe(maxOverridesSchema).default(20_000),
  /** `status` is unhealthy when the last finished run is older than this, in minutes. */
  CYCLE_MAX_AGE_MINUTES: wholeNumber.min(1).default(120),
  /** Days from the receipt of an event to its expiry: more than any window, so that no run misses expired events. */
  EVENT_RETENTION_DAYS: wholeNumber.min(368).max(3660).default(400),
  /** Origins of the service's own pages besides its address, such as that of a proxy, separated by commas. */
  ORIGINS: z
    .string()
    .default('')
    .transform((text, context) => {
      try {
        return text
          .split(',')
          .map(part => part.trim())
          .filter(part => part !== '')
          .map(parseOrigin);
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : String(error));
        return z.NEVER;
      }
    }),
  /** The most patterns that a pm may found: name as the first. */
  MAX_PATTERNS_PER_WRITER: wholeNumber.min(1).max(10_000).default(200),
  /** Names of callers with IAM signatures that are operators, such as `iam:ACCOUNT:role/NAME`, separated by commas. */
  OPERATORS: z
    .string()
    .default('')
    .transform(text =>
      text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== ''),
    ),
  /** The issuer at which people sign in on the page, and the page's client there. */
  UI_ISSUER: z.url().optional(),
  UI_CLIENT_ID: z.string().optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Set only in the function that starts runs. */
  STATE_MACHINE_ARN: z.string().optional(),
  /** Set only in the functions of notifications, in a stage that has them. */
  NOTIFICATION_BUS: z.string().optional(),
  NOTIFICATION_PARAMETER: z.string().optional(),
  NOTIFICATION_QUEUE_URL: z.string().optional(),
  /** Set only in the function that answers operators: the one that reaches the targets. */
  NOTIFICATION_FUNCTION: z.string().optional(),
  /** A DynamoDB-compatible endpoint other than that of AWS. */
  DYNAMODB_ENDPOINT: z.url().optional(),
});

/** Settings before their defaults are filled in. A setting without `?` has no default. */
export type Environment = z.input<typeof environmentSchema>;
/** Environment variables of a function: a text for each setting that is set. */
export type EnvironmentVariables = { readonly [name in keyof Environment]?: string };

export interface Config {
  readonly tables: Readonly<Record<'events' | 'lessons' | 'overrides' | 'control', string>>;
  readonly defaults: {
    readonly nMin: number;
    readonly lookbackDays: number;
    readonly policy: (typeof POLICIES)[number];
    readonly challengers: readonly (typeof POLICIES)[number][];
    readonly payoff: PayoffSetting;
    readonly payoffFallback: Payoff;
    readonly jump: number;
    readonly onJump: OnJump;
    readonly halt: HaltMode;
    readonly score: ScoreMode;
    readonly baseThresholds: BaseThresholds;
    readonly maxOverrides: number;
    readonly guard: GuardMode;
    readonly rollout: RolloutMode;
  };
  /** Names of the variables that the environment sets; every other setting has its default. */
  readonly setByStage: ReadonlySet<string>;
  readonly cycleMaxAgeMinutes: number;
  readonly eventRetentionDays: number;
  readonly origins: readonly string[];
  readonly maxPatternsPerWriter: number;
  readonly operators: readonly string[];
  readonly login: { readonly issuer: string; readonly clientId: string } | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly stateMachineArn: string | undefined;
  readonly notification: {
    readonly bus: string | undefined;
    readonly parameter: string | undefined;
    readonly queueUrl: string | undefined;
    readonly function: string | undefined;
  };
  readonly dynamodbEndpoint: string | undefined;
}

/**
 * Reads all settings from the environment. Nothing else in the product reads it.
 * @throws Error that names every missing or invalid setting
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable counts as not set.
  const nonEmpty = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  // Without `jitless` zod compiles a parser first. For settings, which are parsed only once, that takes longer.
  const result = environmentSchema.safeParse(nonEmpty, { jitless: true });
  if (!result.success) {
    const problems = result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`invalid settings: ${problems.join('; ')}; correct these environment variables`);
  }
  const env = result.data;
  const amounts = { win: env.PAYOFF_WIN, loss: env.PAYOFF_LOSS };
  return {
    setByStage: new Set(Object.keys(nonEmpty)),
    tables: {
      events: env.EVENTS_TABLE,
      lessons: env.LESSONS_TABLE,
      overrides: env.OVERRIDES_TABLE,
      control: env.CONTROL_TABLE,
    },
    defaults: {
      nMin: env.N_MIN,
      lookbackDays: env.LOOKBACK_DAYS,
      policy: env.POLICY,
      challengers: env.CHALLENGERS,
      payoff: env.PAYOFF === MEASURED ? MEASURED : amounts,
      payoffFallback: amounts,
      jump: env.JUMP,
      onJump: env.ON_JUMP,
      halt: env.HALT,
      score: env.SCORE,
      baseThresholds: env.BASE_THRESHOLDS,
      maxOverrides: env.MAX_OVERRIDES,
      guard: env.GUARD,
      rollout: env.ROLLOUT,
    },
    cycleMaxAgeMinutes: env.CYCLE_MAX_AGE_MINUTES,
    eventRetentionDays: env.EVENT_RETENTION_DAYS,
    origins: env.ORIGINS,
    maxPatternsPerWriter: env.MAX_PATTERNS_PER_WRITER,
    operators: env.OPERATORS,
    login:
      env.UI_ISSUER !== undefined && env.UI_CLIENT_ID !== undefined
        ? { issuer: env.UI_ISSUER, clientId: env.UI_CLIENT_ID }
        : undefined,
    logLevel: env.LOG_LEVEL,
    stateMachineArn: env.STATE_MACHINE_ARN,
    notification: {
      bus: env.NOTIFICATION_BUS,
      parameter: env.NOTIFICATION_PARAMETER,
      queueUrl: env.NOTIFICATION_QUEUE_URL,
      function: env.NOTIFICATION_FUNCTION,
    },
    dynamodbEndpoint: env.DYNAMODB_ENDPOINT,
  };
}
