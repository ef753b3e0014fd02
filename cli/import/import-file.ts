import type { Session } from '../session.ts';
import { batches } from './batches.ts';
import type { FaultyEntry } from './entry.ts';
import type { ImportCounts } from './import-counts.ts';
import { type Input, inputLabel, openInput } from './input.ts';
import type { Progress } from './progress.ts';
import { showProgress } from './progress.ts';
import type { RejectedFile } from './rejected-file.ts';
import { sendBatch } from './send-batch.ts';

interface ImportOptions {
  /** Maximum number of requests in flight. */
  readonly requests: number;
  /** For CSV: field → column. */
  readonly columnNames: Record<string, string>;
  /** Ends the import with its reason when aborted. */
  readonly signal: AbortSignal;
}

/**
 * Streams one file to the service in batches, with at most `requests` of them in flight. Each response adds to
 * `counts`, which also notes what was left out or rewritten; rejected entries go to `rejected`.
 * @throws Failure when reading or sending fails, the signal's reason when the signal is aborted
 */
export async function importFile(
  session: Session,
  input: Input,
  options: ImportOptions,
  counts: ImportCounts,
  rejected: RejectedFile,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const label = inputLabel(input);
  const { entries, bytesRead } = openInput(input, session.host, options.columnNames, counts.notes, signal);
  const progress = showProgress(session.host, label, counts, input.size, bytesRead);
  const inFlight = new Set<Promise<void>>();
  const onFault = (fault: FaultyEntry): void => {
    counts.addRejected(fault);
    rejected.write(label, [fault]);
    progress.update();
  };
  try {
    for await (const batch of batches(counts.numberText.convert(entries), onFault)) {
      signal.throwIfAborted();
      const sending = sendBatch(session, batch, signal)
        .then(result => {
          counts.addResult(result);
          rejected.write(label, result.rejected);
          progress.update();
        })
        .catch(error => stop.abort(error))
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      if (inFlight.size >= options.requests) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
    signal.throwIfAborted();
  } catch (error) {
    throw await causeAfterCleanUp(error, signal, inFlight, progress);
  }
  progress.clear();
}

/**
 * Waits for the requests in flight and returns the error to throw. When the signal is aborted, that is its reason: the
 * abort itself causes a read error, which would hide the reason.
 */
async function causeAfterCleanUp(
  error: unknown,
  signal: AbortSignal,
  inFlight: ReadonlySet<Promise<void>>,
  progress: Progress,
): Promise<unknown> {
  await Promise.all(inFlight);
  progress.clear();
  return signal.aborted ? signal.reason : error;
}
