/**
 * Id, memory and timeout of each file in `functions/`. A step's timeout is 5 s longer than that of its state in
 * `cycle.asl.json`. So the state ends a slow step, and the record of the run shows `timeout`, not a platform error.
 */
export const FUNCTIONS = {
  // 500 events take 20 batched DynamoDB requests and the validation of half a megabyte: network and some CPU.
  // The timeout is 29 s, because the HTTP API times out after 30 s.
  ingest: { id: 'Ingest', memoryMb: 1024, timeoutSeconds: 29 },
  // 1,769 MB give one full vCPU. The cold start dominates, and it is CPU time only.
  // The timeout is 5 s, because a PM that would wait longer should use its own thresholds.
  lookup: { id: 'Lookup', memoryMb: 1769, timeoutSeconds: 5 },
  // What-ifs and the N_MIN study read up to half a million events. One full vCPU takes about 8 s for that, and up to
  // 10 s more for the study. The event columns and the counts made from them take some 400 MB. Calls are few.
  // The timeout is 29 s, because `POST /v1/cycles?wait=true` waits for a run as long as the HTTP API allows.
  admin: { id: 'Operate', memoryMb: 1769, timeoutSeconds: 29 },
  // The page is three constants, which the function compresses when it starts.
  page: { id: 'Page', memoryMb: 512, timeoutSeconds: 5 },
  // This function writes a few items an hour for each container of the look-up function.
  'record-queried-dimensions': { id: 'Asked', memoryMb: 512, timeoutSeconds: 30 },
  // This step writes one record and reads one list of patterns.
  'cycle-open': { id: 'CycleOpen', memoryMb: 512, timeoutSeconds: 65 },
  // This step computes lessons and the overrides that follow from them, and puts nothing in force.
  // A million events as columns take 1 GB. While they are read, or copied for a week of the walk-forward evaluation,
  // they take another 1 GB. One thread uses one vCPU: a million events of 8 dimensions take about a minute, with
  // both policies and their evaluation.
  mine: { id: 'Mine', memoryMb: 3008, timeoutSeconds: 605 },
  // This step puts the computed lessons and overrides in force. It writes one head and the record of one pattern, and
  // sometimes renews the expiry of the rows that stay in force.
  materialize: { id: 'Materialize', memoryMb: 512, timeoutSeconds: 305 },
  // This step reads one record of each pattern.
  'cycle-close': { id: 'CycleClose', memoryMb: 512, timeoutSeconds: 125 },
  // This function reads changes, runs and health, as `status` does. The time is less than that of its hand-over.
  'notify-poll': { id: 'NotifyPoll', memoryMb: 512, timeoutSeconds: 60 },
  // Five messages of a batch, each up to ten seconds and a pause of one.
  'notify-deliver': { id: 'NotifyDeliver', memoryMb: 512, timeoutSeconds: 90 },
} as const satisfies Record<string, { id: string; memoryMb: number; timeoutSeconds: number }>;

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.keys(FUNCTIONS).filter((name): name is FunctionName =>
  Object.hasOwn(FUNCTIONS, name),
);

/**
 * Returns the environment that Node itself reads. Reading the source map lengthens a cold start by milliseconds. The
 * functions that answer callers skip it: their log translates the stack of an error when one occurs. A step throws
 * its errors to the platform, which logs them, so Node must translate the stack.
 */
export function nodeOptions(name: FunctionName): { readonly NODE_OPTIONS?: string } {
  const answersCallers = name === 'ingest' || name === 'lookup' || name === 'admin' || name === 'page';
  return answersCallers ? {} : { NODE_OPTIONS: '--enable-source-maps' };
}
