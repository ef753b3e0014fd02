import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { contextList, contextMatch, contextSwitch, type ReadContext } from './context.ts';
import { readSettings, type Settings } from './function-environment-settings.ts';

/** What differs between installations. Two stages live side by side in one account. */
export interface Stage {
  readonly name: string;
  /** Tables survive the stack and cannot be deleted by mistake. */
  readonly keepData: boolean;
  readonly logRetention: RetentionDays;
  /** Requests per second over the whole API, and how many may come at once. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  /** Minute of every hour at which a run starts. */
  readonly scheduleMinute: number;
  /** Confirmed by a mail to each address. */
  readonly alarmEmails: readonly string[];
  /** Tables are encrypted with a key of this account instead of one that DynamoDB owns. */
  readonly customerKey: boolean;
  /** The Map runs patterns as child executions: for thousands of them. */
  readonly distributedMap: boolean;
  /** Callers show a token of this issuer instead of signing with IAM. */
  readonly jwt: { readonly issuer: string; readonly audience: readonly string[] } | undefined;
  /** Another DynamoDB-compatible endpoint, for functions that run on this machine. */
  readonly dynamodbEndpoint: string | undefined;
  readonly settings: Settings;
}

type Base = Pick<Stage, 'keepData' | 'logRetention' | 'throttle'>;

const STAGES: Readonly<Record<string, Base>> = {
  dev: { keepData: false, logRetention: RetentionDays.ONE_WEEK, throttle: { rate: 50, burst: 100 } },
  prod: { keepData: true, logRetention: RetentionDays.THREE_MONTHS, throttle: { rate: 500, burst: 1000 } },
};

/**
 * The stage that the context describes: `cdk deploy -c stage=prod -c alarmEmails=a@example.com`.
 * @throws Error naming the context value that cannot be used
 */
export function readStage(read: ReadContext): Stage {
  const name = contextMatch(read, 'stage', 'dev', /^(dev|prod)$/, 'dev or prod');
  const base = STAGES[name];
  if (!base) throw new Error(`context stage: ${name} is not described`);
  return {
    name,
    ...base,
    scheduleMinute: Number(contextMatch(read, 'scheduleMinute', '9', /^[1-5]?\d$/, 'a minute, 0 to 59')),
    alarmEmails: contextList(read, 'alarmEmails', /^[^\s@]+@[^\s@]+$/, 'mail addresses, with commas'),
    customerKey: contextSwitch(read, 'customerKey'),
    distributedMap: contextSwitch(read, 'distributedMap'),
    jwt: readJwt(read),
    dynamodbEndpoint: readEndpoint(read, base),
    settings: readSettings(read),
  };
}

function readJwt(read: ReadContext): Stage['jwt'] {
  const issuer = contextMatch(read, 'jwtIssuer', '', /^(https:\/\/\S+)?$/, 'an https address');
  const audience = contextList(read, 'jwtAudience', /^\S+$/, 'audiences, with commas');
  if (issuer === '' && audience.length === 0) return undefined;
  if (issuer === '' || audience.length === 0)
    throw new Error('context jwtIssuer and jwtAudience: both or none');
  return { issuer, audience };
}

function readEndpoint(read: ReadContext, { keepData }: Base): string | undefined {
  const endpoint = contextMatch(read, 'dynamodbEndpoint', '', /^(https?:\/\/\S+)?$/, 'an http address');
  if (endpoint !== '' && keepData)
    throw new Error('context dynamodbEndpoint: not for a stage that keeps data');
  return endpoint === '' ? undefined : endpoint;
}
