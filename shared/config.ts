import * as z from 'zod';
import { POLICIES } from './override/override.ts';
import type { Payoff } from './override/payoff.ts';

const whole = z.coerce.number().int();

/** Every setting, by the name of its environment variable. Infrastructure is type-checked against this schema. */
export const environmentSchema = z.object({
  EVENTS_TABLE: z.string().min(3),
  LESSONS_TABLE: z.string().min(3),
  OVERRIDES_TABLE: z.string().min(3),
  CONTROL_TABLE: z.string().min(3),
  /** Least events of a slice that makes a lesson. */
  N_MIN: whole.min(1).max(1_000_000).default(33),
  /** Look-back of a run by event timestamp, in days. */
  LOOKBACK_DAYS: whole.min(1).max(366).default(90),
  POLICY: z.enum(POLICIES).default('drift'),
  /** Policies that each run computes and compares beside the one that it publishes; `none` for none. */
  CHALLENGERS: z
    .string()
    .default(POLICIES.join())
    .transform(text => (text === 'none' ? [] : text.split(',').map(name => name.trim())))
    .pipe(z.array(z.enum(POLICIES))),
  /** Gain of an acted success and loss of an acted failure. */
  PAYOFF_WIN: z.coerce.number().positive().default(2),
  PAYOFF_LOSS: z.coerce.number().positive().default(1),
  /** `status` is unhealthy when the last finished run is older than this many minutes. */
  CYCLE_MAX_AGE_MINUTES: whole.min(1).default(120),
  /** Days that an event is kept after its receipt; longer than any look-back, so that a run never meets expired rows. */
  EVENT_RETENTION_DAYS: whole.min(368).max(3660).default(400),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Only the function that starts runs has it. */
  STATE_MACHINE_ARN: z.string().optional(),
  /** Another DynamoDB-compatible endpoint. */
  DYNAMODB_ENDPOINT: z.url().optional(),
});

export type Environment = z.input<typeof environmentSchema>;
/** What must be set; the rest has defaults. Values of an environment are text. */
export type EnvironmentVariables = { readonly [name in keyof Environment]?: string };

export interface Config {
  readonly tables: Readonly<Record<'events' | 'lessons' | 'overrides' | 'control', string>>;
  readonly defaults: {
    readonly nMin: number;
    readonly lookbackDays: number;
    readonly policy: (typeof POLICIES)[number];
    readonly challengers: readonly (typeof POLICIES)[number][];
    readonly payoff: Payoff;
  };
  readonly cycleMaxAgeMinutes: number;
  readonly eventRetentionDays: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly stateMachineArn: string | undefined;
  readonly dynamodbEndpoint: string | undefined;
}

/**
 * Reads the environment; the only place that does.
 * @throws Error naming every setting that is missing or unreadable
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  // Read once: compiling a parser for it would take longer than reading.
  const result = environmentSchema.safeParse(set, { jitless: true });
  if (!result.success) {
    const wrong = result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`settings: ${wrong.join('; ')}`);
  }
  const env = result.data;
  return {
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
      payoff: { win: env.PAYOFF_WIN, loss: env.PAYOFF_LOSS },
    },
    cycleMaxAgeMinutes: env.CYCLE_MAX_AGE_MINUTES,
    eventRetentionDays: env.EVENT_RETENTION_DAYS,
    logLevel: env.LOG_LEVEL,
    stateMachineArn: env.STATE_MACHINE_ARN,
    dynamodbEndpoint: env.DYNAMODB_ENDPOINT,
  };
}
