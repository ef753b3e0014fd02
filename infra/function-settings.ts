/**
 * The entries of `functions/`, and what each gets. A step may run 5 s longer than its state waits for it:
 * the state ends it, and the run's record says `timeout` instead of an error of the platform.
 */
export const FUNCTIONS = {
  // 500 events are 20 statements to DynamoDB and half a megabyte to check: network and some CPU.
  // 29 s: the HTTP API gives up at 30.
  ingest: { id: 'Ingest', memoryMb: 1024, timeoutSeconds: 29 },
  // 1,769 MB is one whole vCPU: what counts here is the cold start, which is all CPU.
  // 5 s: a PM that waits longer is better off with its own thresholds.
  lookup: { id: 'Lookup', memoryMb: 1769, timeoutSeconds: 5 },
  // Few calls. What-ifs and the study of N_MIN read up to half a million events: one whole vCPU takes about 8 s, up to 10
  // more for the study, and the columns with what is counted on them some 400 MB.
  // 29 s: `POST /v1/cycles?wait=true` waits for a run as long as the HTTP API lets it.
  admin: { id: 'Operate', memoryMb: 1769, timeoutSeconds: 29 },
  // A few items for each hour and container of the look-up.
  'record-queried-dimensions': { id: 'Asked', memoryMb: 512, timeoutSeconds: 30 },
  // One record, one list of patterns.
  'cycle-open': { id: 'CycleOpen', memoryMb: 512, timeoutSeconds: 65 },
  // A million events as columns fit in 1 GB, and as much again while they are read or copied for a week of evidence.
  // One thread uses one vCPU. A million events of 8 dimensions take about a minute with both policies and their evidence.
  mine: { id: 'Mine', memoryMb: 3008, timeoutSeconds: 605 },
  // One head and the record of a pattern; now and then the chunks of what stays in force are renewed.
  materialize: { id: 'Materialize', memoryMb: 512, timeoutSeconds: 305 },
  // One record of every pattern.
  'cycle-close': { id: 'CycleClose', memoryMb: 512, timeoutSeconds: 125 },
} as const satisfies Record<string, { id: string; memoryMb: number; timeoutSeconds: number }>;

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.keys(FUNCTIONS).filter((name): name is FunctionName =>
  Object.hasOwn(FUNCTIONS, name),
);

/**
 * Environment that Node itself reads. Reading the source map costs a cold start some milliseconds: where somebody waits
 * for the answer, the log translates the stack of an error when there is one. A step throws its errors to the platform.
 */
export function nodeOptions(name: FunctionName): { readonly NODE_OPTIONS?: string } {
  const answers = name === 'ingest' || name === 'lookup' || name === 'admin';
  return answers ? {} : { NODE_OPTIONS: '--enable-source-maps' };
}
