/** The load that the bill is computed for. */
export interface Load {
  readonly eventsPerDay: number;
  readonly patterns: number;
  readonly lookupsPerDay: number;
}

/** Memory of the functions, in GB. */
export interface FunctionMemory {
  readonly ingestGb: number;
  readonly lookupGb: number;
  readonly mineGb: number;
  readonly stepGb: number;
}

/** One line of the monthly bill. */
interface Line {
  readonly item: string;
  readonly dollars: number;
}

export const PRICES_OF = 'List prices of us-east-1, mid-2025, without free tiers and taxes.';

const MILLION = 1e6;
const GB = 1e9;

/** List prices in US dollars, of the region and time in `PRICES_OF`. */
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

/** Assumed use per unit of load, rather too high than too low. Replace the values with those of your dashboard. */
export const USE = {
  daysPerMonth: 30,
  runsPerMonth: 720,
  /** Mean number; the importer sends 500 events a request, a PM one. */
  eventsPerRequest: 10,
  /** Share of events whose outcome becomes known. */
  outcomeShare: 0.5,
  lookbackDays: 90,
  retentionDays: 400,
  /** One event with body, packed columns and keys. Less than 1 kB, so it costs one write unit. */
  eventBytes: 900,
  /** The entry of an event in the index. */
  indexBytes: 370,
  /**
   * CPU time for one event of a window: reading, mining, both policies and their evaluation. Measured: 40 µs in a
   * window of a million events, 200 µs in one of 18,000.
   */
  mineSecondsPerEvent: 150e-6,
  mineSecondsPerPattern: 0.5,
  stepSeconds: 0.3,
  ingestSecondsPerRequest: 0.03,
  lookupSeconds: 0.01,
  /** The access log and the platform's own lines of one invocation. */
  logBytesPerRequest: 1400,
  logBytesPerTransition: 900,
  /** The default sampling traces one request a second and 5 % of the rest. */
  traceShare: 0.05,
  logMonths: 3,
  metrics: 18,
  alarmMetrics: 34,
  /** Lessons and overrides of a pattern as they are stored, deflated, which a run reads to verify them. */
  setBytesPerPattern: 60_000,
  compositeAlarms: 3,
} as const;

/** Returns the monthly use of each service in the steady state. */
function monthlyUse(load: Load, memory: FunctionMemory) {
  const events = load.eventsPerDay * USE.daysPerMonth;
  const outcomes = events * USE.outcomeShare;
  const lookups = load.lookupsPerDay * USE.daysPerMonth;
  const posts = (events + outcomes) / USE.eventsPerRequest;
  // A run takes two steps for each pattern, Mine and Materialize, and six transitions besides.
  const steps = 2 * load.patterns * USE.runsPerMonth;
  const transitions = steps + 6 * USE.runsPerMonth;
  const windowEvents = load.eventsPerDay * USE.lookbackDays * USE.outcomeShare;
  const keptBytes = load.eventsPerDay * USE.retentionDays * (USE.eventBytes + USE.indexBytes);
  const requests = posts + lookups;
  const logGb = (requests * USE.logBytesPerRequest + transitions * USE.logBytesPerTransition) / GB;
  const gbSeconds =
    posts * USE.ingestSecondsPerRequest * memory.ingestGb +
    lookups * USE.lookupSeconds * memory.lookupGb +
    USE.runsPerMonth * windowEvents * USE.mineSecondsPerEvent * memory.mineGb +
    USE.runsPerMonth * load.patterns * USE.mineSecondsPerPattern * memory.mineGb +
    (load.patterns + 2) * USE.runsPerMonth * USE.stepSeconds * memory.stepGb;
  // A counter and a record of a run take one write each. An event takes two: on the table and on the index. An outcome
  // takes three, because it moves the event in the index.
  const writes = 2 * events + 3 * outcomes + posts + (load.patterns + 2) * USE.runsPerMonth;
  // An eventually consistent read of the index costs half a read unit per 4 kB. A look-up reads one head and the
  // switch for everything.
  // A run reads 14 items of each pattern: four for its warnings, two for the alarm of outcomes that wait.
  const windowReads = (USE.runsPerMonth * windowEvents * USE.indexBytes) / 8192;
  const headReads = 2 * lookups + 7 * steps + 2 * outcomes;
  const setReads = (USE.runsPerMonth * load.patterns * USE.setBytesPerPattern) / 8192;
  return {
    requests,
    steps,
    transitions,
    keptBytes,
    logGb,
    gbSeconds,
    writes,
    windowReads,
    headReads,
    setReads,
  };
}

/** Returns the monthly bill in the steady state, by line. */
export function bill(load: Load, memory: FunctionMemory): Line[] {
  const use = monthlyUse(load, memory);
  const tracedCalls = (use.requests + use.transitions) * USE.traceShare;
  return [
    { item: 'DynamoDB writes', dollars: use.writes * PRICE.writeUnit },
    { item: 'DynamoDB reads: windows of runs', dollars: use.windowReads * PRICE.readUnit },
    { item: 'DynamoDB reads: sets in force', dollars: use.setReads * PRICE.readUnit },
    { item: 'DynamoDB reads: the rest', dollars: use.headReads * PRICE.readUnit },
    { item: 'DynamoDB storage', dollars: (use.keptBytes / GB) * PRICE.tableGb },
    { item: 'DynamoDB point-in-time recovery', dollars: (use.keptBytes / GB) * PRICE.recoveryGb },
    {
      item: 'Lambda requests',
      dollars: (use.requests + use.steps + 2 * USE.runsPerMonth) * PRICE.lambdaRequest,
    },
    { item: 'Lambda compute', dollars: use.gbSeconds * PRICE.lambdaGbSecond },
    { item: 'HTTP API', dollars: use.requests * PRICE.httpRequest },
    { item: 'Step Functions', dollars: use.transitions * PRICE.stateTransition },
    { item: 'Scheduler', dollars: USE.runsPerMonth * PRICE.scheduledStart },
    { item: 'Logs', dollars: use.logGb * (PRICE.logGb + USE.logMonths * PRICE.logStoredGb) },
    {
      item: 'Metrics, alarms, dashboard',
      dollars:
        USE.metrics * PRICE.metric +
        USE.alarmMetrics * PRICE.alarmMetric +
        USE.compositeAlarms * PRICE.compositeAlarm +
        PRICE.dashboard,
    },
    { item: 'Traces', dollars: tracedCalls * PRICE.trace },
  ];
}
