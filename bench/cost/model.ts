/** What the product is asked to do. */
export interface Load {
  readonly eventsPerDay: number;
  readonly patterns: number;
  readonly lookupsPerDay: number;
}

/** Memory of the functions, in GB. */
export interface Measures {
  readonly ingestGb: number;
  readonly lookupGb: number;
  readonly mineGb: number;
  readonly stepGb: number;
}

export interface Line {
  readonly what: string;
  readonly dollars: number;
}

export const PRICES_OF = 'List prices of us-east-1, mid-2025, without free tiers and taxes.';

const MILLION = 1e6;
const GB = 1e9;

const PRICE = {
  writeUnit: 0.625 / MILLION,
  readUnit: 0.125 / MILLION,
  tableGb: 0.25,
  recoveryGb: 0.2,
  lambdaRequest: 0.2 / MILLION,
  lambdaGbSecond: 0.0000133334,
  httpRequest: 1 / MILLION,
  stateTransition: 25 / MILLION,
  scheduledStart: 1 / MILLION,
  logGb: 0.5,
  logStoredGb: 0.03,
  metric: 0.3,
  alarmMetric: 0.1,
  compositeAlarm: 0.5,
  dashboard: 3,
  trace: 5 / MILLION,
} as const;

/** What one unit of load takes. Assumptions on the high side; replace them by what your dashboard shows. */
export const USE = {
  daysPerMonth: 30,
  runsPerMonth: 720,
  /** The importer sends 500, a PM one by one. */
  eventsPerRequest: 10,
  /** Share of events whose outcome becomes known. */
  outcomeShare: 0.5,
  lookbackDays: 90,
  retentionDays: 400,
  /** One event: body, packed columns, keys. Under 1 kB: one write unit. */
  eventBytes: 900,
  /** Its entry in the index of events with an outcome. */
  indexBytes: 370,
  /** Reading and mining one event of a window, both policies and their evidence: 40 µs of a million, 200 of 18,000. */
  mineSecondsPerEvent: 150e-6,
  mineSecondsPerPattern: 0.5,
  stepSeconds: 0.3,
  ingestSecondsPerRequest: 0.03,
  lookupSeconds: 0.01,
  /** Access log, and the platform's own lines of one invocation. */
  logBytesPerRequest: 1400,
  logBytesPerTransition: 900,
  /** Default sampling: one a second, and 5 % of the rest. */
  traceShare: 0.05,
  logMonths: 3,
  metrics: 10,
  alarmMetrics: 26,
  compositeAlarms: 3,
} as const;

/** The monthly bill in its steady state, by line. */
export function bill(load: Load, memory: Measures): Line[] {
  const events = load.eventsPerDay * USE.daysPerMonth;
  const outcomes = events * USE.outcomeShare;
  const lookups = load.lookupsPerDay * USE.daysPerMonth;
  const posts = (events + outcomes) / USE.eventsPerRequest;
  const steps = 2 * load.patterns * USE.runsPerMonth;
  const transitions = steps + 6 * USE.runsPerMonth;
  const windowEvents = load.eventsPerDay * USE.lookbackDays * USE.outcomeShare;
  const keptBytes =
    load.eventsPerDay * USE.retentionDays * (USE.eventBytes + USE.indexBytes * USE.outcomeShare);
  const requests = posts + lookups;
  const logGb = (requests * USE.logBytesPerRequest + transitions * USE.logBytesPerTransition) / GB;
  const gbSeconds =
    posts * USE.ingestSecondsPerRequest * memory.ingestGb +
    lookups * USE.lookupSeconds * memory.lookupGb +
    USE.runsPerMonth * windowEvents * USE.mineSecondsPerEvent * memory.mineGb +
    USE.runsPerMonth * load.patterns * USE.mineSecondsPerPattern * memory.mineGb +
    (load.patterns + 2) * USE.runsPerMonth * USE.stepSeconds * memory.stepGb;
  // An event is a write; an outcome one on the table and one on the index; counters and run records one each.
  const writes = events + 2 * outcomes + posts + (load.patterns + 2) * USE.runsPerMonth;
  // The window comes from the index, eventually consistent: half a unit for 4 kB. A look-up reads one head.
  const windowReads = (USE.runsPerMonth * windowEvents * USE.indexBytes) / 8192;
  const headReads = lookups + 4 * steps + 2 * outcomes;
  return [
    { what: 'DynamoDB writes', dollars: writes * PRICE.writeUnit },
    { what: 'DynamoDB reads: windows of runs', dollars: windowReads * PRICE.readUnit },
    { what: 'DynamoDB reads: the rest', dollars: headReads * PRICE.readUnit },
    { what: 'DynamoDB storage', dollars: (keptBytes / GB) * PRICE.tableGb },
    { what: 'DynamoDB point-in-time recovery', dollars: (keptBytes / GB) * PRICE.recoveryGb },
    { what: 'Lambda requests', dollars: (requests + steps + 2 * USE.runsPerMonth) * PRICE.lambdaRequest },
    { what: 'Lambda compute', dollars: gbSeconds * PRICE.lambdaGbSecond },
    { what: 'HTTP API', dollars: requests * PRICE.httpRequest },
    { what: 'Step Functions', dollars: transitions * PRICE.stateTransition },
    { what: 'Scheduler', dollars: USE.runsPerMonth * PRICE.scheduledStart },
    { what: 'Logs', dollars: logGb * (PRICE.logGb + USE.logMonths * PRICE.logStoredGb) },
    {
      what: 'Metrics, alarms, dashboard',
      dollars:
        USE.metrics * PRICE.metric +
        USE.alarmMetrics * PRICE.alarmMetric +
        USE.compositeAlarms * PRICE.compositeAlarm +
        PRICE.dashboard,
    },
    { what: 'Traces', dollars: (requests + transitions) * USE.traceShare * PRICE.trace },
  ];
}
