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
  /** The entry of an event in the index, and an event of a sealed day. */
  indexBytes: 370,
  sealedBytes: 30,
  /** Days of a window that a run reads from the index: the last three, today, one to compare, and one that changed. */
  unsealedDays: 6,
  /** The year of the model, which one run a day reads. */
  yearDays: 365,
  /**
   * CPU time for one event of a window in each run: reading, mining, the policies; and once a day besides, for the evidence
   * of past weeks. Measured in a window of 100,000 events (bench/results/unchanged.md).
   */
  mineSecondsPerEvent: 80e-6,
  evidenceSecondsPerEvent: 180e-6,
  /** CPU time once a day for one event of the year: reading, and five fits of the model. */
  yearSecondsPerEvent: 40e-6,
  /** Marks and seals of a year of days, and the fits that runs take over. */
  dayStateBytesPerPattern: 20_000,
  fitBytesPerPattern: 80_000,
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

/** Runs store sealed days, the model of the day and overrides of past weeks for later runs, or they store nothing. */
type Kept = 'days and fits' | 'nothing';

/** Returns what runs read, compute and write in a month for events that they have seen before. */
function monthlyRuns(load: Load, kept: Kept) {
  const perDay = load.eventsPerDay * USE.outcomeShare;
  const window = perDay * USE.lookbackDays;
  const runs = USE.runsPerMonth;
  // An eventually consistent read costs half a read unit per 4 kB.
  if (kept === 'nothing')
    return {
      reads: (runs * window * USE.indexBytes) / 8192,
      seconds: runs * window * (USE.mineSecondsPerEvent + USE.evidenceSecondsPerEvent),
      writes: 0,
    };
  const unsealed = runs * perDay * USE.unsealedDays * USE.indexBytes;
  const sealed = runs * perDay * (USE.lookbackDays - USE.unsealedDays) * USE.sealedBytes;
  const year = USE.daysPerMonth * perDay * USE.yearDays * USE.sealedBytes;
  // States of days and fits are read consistently, at twice the price.
  const states = 2 * runs * load.patterns * (USE.dayStateBytesPerPattern + USE.fitBytesPerPattern);
  return {
    reads: (unsealed + sealed + year + states) / 8192,
    seconds:
      runs * window * USE.mineSecondsPerEvent +
      USE.daysPerMonth *
        (window * USE.evidenceSecondsPerEvent + perDay * USE.yearDays * USE.yearSecondsPerEvent),
    // Each day is sealed once, and each run renews one seal and, in the worst case, one mark; fits are written daily.
    writes:
      (USE.daysPerMonth * (perDay * USE.sealedBytes + load.patterns * USE.fitBytesPerPattern)) / 1024 +
      2 * runs * load.patterns,
  };
}

/** Returns the monthly use of each service in the steady state. */
function monthlyUse(load: Load, memory: FunctionMemory, kept: Kept) {
  const events = load.eventsPerDay * USE.daysPerMonth;
  const outcomes = events * USE.outcomeShare;
  const lookups = load.lookupsPerDay * USE.daysPerMonth;
  const posts = (events + outcomes) / USE.eventsPerRequest;
  // A run takes two steps for each pattern, Mine and Materialize, and six transitions besides.
  const steps = 2 * load.patterns * USE.runsPerMonth;
  const transitions = steps + 6 * USE.runsPerMonth;
  const runs = monthlyRuns(load, kept);
  const keptBytes = load.eventsPerDay * USE.retentionDays * (USE.eventBytes + USE.indexBytes);
  const requests = posts + lookups;
  const logGb = (requests * USE.logBytesPerRequest + transitions * USE.logBytesPerTransition) / GB;
  const gbSeconds =
    posts * USE.ingestSecondsPerRequest * memory.ingestGb +
    lookups * USE.lookupSeconds * memory.lookupGb +
    runs.seconds * memory.mineGb +
    USE.runsPerMonth * load.patterns * USE.mineSecondsPerPattern * memory.mineGb +
    (load.patterns + 2) * USE.runsPerMonth * USE.stepSeconds * memory.stepGb;
  // A counter and a record of a run take one write each. An event takes two: on the table and on the index. An outcome
  // takes three, because it moves the event in the index.
  const writes = 2 * events + 3 * outcomes + posts + (load.patterns + 2) * USE.runsPerMonth + runs.writes;
  // A look-up reads one head and the switch for everything.
  // A run reads 14 items of each pattern: four for its warnings, two for the alarm of outcomes that wait.
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
    windowReads: runs.reads,
    headReads,
    setReads,
  };
}

/** Returns the monthly bill in the steady state, by line. @param kept what runs keep for the next ones */
export function bill(load: Load, memory: FunctionMemory, kept: Kept = 'days and fits'): Line[] {
  const use = monthlyUse(load, memory, kept);
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
