import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { contextList, contextMatch, contextSwitch, type ReadContext } from './context.ts';
import { readSettings, type Settings } from './function-environment-settings.ts';

/** The settings that differ between deployments. Stages can share an account. */
export interface Stage {
  readonly name: string;
  /** Tables outlive the stack and are protected from deletion. */
  readonly keepData: boolean;
  readonly logRetention: RetentionDays;
  /** Rate limit in requests per second over the whole API, and burst limit in requests. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  /** Reserved concurrency of functions; undefined reserves none, which small accounts need. */
  readonly concurrency: { readonly lookup: number | undefined; readonly admin: number | undefined };
  /** Minute of every hour at which a run starts. */
  readonly scheduleMinute: number;
  /** Addresses that receive the alarms; each must confirm the mail that it gets first. */
  readonly alarmEmails: readonly string[];
  /** Encrypts the tables with a key of this account instead of one that DynamoDB owns. */
  readonly customerKey: boolean;
  /** Runs patterns as child executions, for thousands of patterns. */
  readonly distributedMap: boolean;
  /** Accepts bearer tokens of this issuer instead of IAM signatures. */
  readonly jwt: { readonly issuer: string; readonly audience: readonly string[] } | undefined;
  /** Serves the page, where people sign in at the issuer as this public client. */
  readonly ui: { readonly clientId: string } | undefined;
  /** Origins of the service's own pages besides the API's, such as that of a custom domain's proxy. */
  readonly origins: readonly string[];
  /** Callers with IAM signatures who are operators, named as the service names them. */
  readonly operators: readonly string[];
  /** The SSM parameter with the targets of notifications; undefined sends none. */
  readonly notificationParameter: string | undefined;
  /** Another DynamoDB-compatible endpoint, for functions that run locally. */
  readonly dynamodbEndpoint: string | undefined;
  readonly settings: Settings;
}

type Base = Pick<Stage, 'keepData' | 'logRetention' | 'throttle'>;

const STAGES: Readonly<Record<string, Base>> = {
  dev: { keepData: false, logRetention: RetentionDays.ONE_WEEK, throttle: { rate: 50, burst: 100 } },
  prod: { keepData: true, logRetention: RetentionDays.THREE_MONTHS, throttle: { rate: 500, burst: 1000 } },
};

/**
 * Reads the stage from the context. An example is `cdk deploy -c stage=prod -c alarmEmails=a@example.com`.
 * @throws Error naming the invalid context value
 */
export function readStage(read: ReadContext): Stage {
  const name = contextMatch(read, 'stage', 'dev', /^(dev|prod)$/, 'dev or prod');
  const base = STAGES[name];
  if (!base) throw new Error(`context stage: ${name} has no entry in STAGES`);
  return {
    name,
    ...base,
    concurrency: {
      lookup: readConcurrency(read, 'lookupConcurrency'),
      admin: readConcurrency(read, 'operateConcurrency'),
    },
    scheduleMinute: Number(contextMatch(read, 'scheduleMinute', '9', /^[1-5]?\d$/, 'a minute from 0 to 59')),
    alarmEmails: contextList(
      read,
      'alarmEmails',
      /^[^\s@]+@[^\s@]+$/,
      'a comma-separated list of mail addresses',
    ),
    customerKey: contextSwitch(read, 'customerKey'),
    distributedMap: contextSwitch(read, 'distributedMap'),
    jwt: readJwt(read),
    ui: readUi(read),
    origins: contextList(read, 'origins', /^https:\/\/[^/?#@\s]+$/, 'an https origin without a path'),
    operators: contextList(
      read,
      'operators',
      /^iam:\d{12}:(role|user)\/\S+$/,
      'a comma-separated list of callers such as iam:123456789012:role/ops',
    ),
    notificationParameter: readParameter(read),
    dynamodbEndpoint: readEndpoint(read, base),
    settings: readSettings(read),
  };
}

/** @throws Error naming the invalid context value */
function readParameter(read: ReadContext): string | undefined {
  const form = /^(\/[A-Za-z0-9_.-]+)*$/;
  const name = contextMatch(read, 'notificationParameter', '', form, 'a name such as /pm-tuning/prod/notify');
  return name === '' ? undefined : name;
}

/** @throws Error naming the invalid context value */
function readConcurrency(read: ReadContext, name: string): number | undefined {
  const text = contextMatch(read, name, '', /^([1-9]\d{0,3})?$/, 'a number of executions from 1 to 9999');
  return text === '' ? undefined : Number(text);
}

function readJwt(read: ReadContext): Stage['jwt'] {
  const issuer = contextMatch(read, 'jwtIssuer', '', /^(https:\/\/\S+)?$/, 'an https address');
  const audience = contextList(read, 'jwtAudience', /^\S+$/, 'a comma-separated list of audiences');
  if (issuer === '' && audience.length === 0) return undefined;
  if (issuer === '' || audience.length === 0)
    throw new Error('context jwtIssuer and jwtAudience: set both or none');
  return { issuer, audience };
}

function readUi(read: ReadContext): Stage['ui'] {
  const clientId = contextMatch(
    read,
    'uiClientId',
    '',
    /^[!-~]*$/,
    'the id of a public client of the issuer',
  );
  if (clientId === '') return undefined;
  if (!readJwt(read))
    throw new Error(
      'context uiClientId: the page needs an issuer of tokens; set jwtIssuer and jwtAudience too',
    );
  return { clientId };
}

function readEndpoint(read: ReadContext, { keepData }: Base): string | undefined {
  const endpoint = contextMatch(read, 'dynamodbEndpoint', '', /^(https?:\/\/\S+)?$/, 'an http address');
  if (endpoint !== '' && keepData)
    throw new Error(
      'context dynamodbEndpoint: not allowed in a stage that keeps data; leave it out or use stage=dev',
    );
  return endpoint === '' ? undefined : endpoint;
}
