import type { Session } from '../session.ts';
import { batches } from './batches.ts';
import type { FaultyEntry } from './entry.ts';
import type { ImportCounts } from './import-counts.ts';
import { type Input, inputLabel, openInput } from './input.ts';
import type { Progress } from './progress.ts';
import { showProgress } from './progress.ts';
import type { RejectedFile } from './rejected-file.ts';
import { sendBatch } from './send-batch.ts';

export interface ImportOptions {
  /** Requests under way at once. */
  readonly requests: number;
  /** For CSV: field → column. */
  readonly renames: Record<string, string>;
  /** Aborted, it ends the import with its reason. */
  readonly signal: AbortSignal;
}

/**
 * Streams one file to the service: reads, cuts into batches, keeps `requests` of them under way.
 * Counts go to `tally` as answers come; what is rejected goes to `rejected`.
 * @throws Failure when the file or the service gives out, the signal's reason when that is aborted
 */
export async function importFile(
  session: Session,
  input: Input,
  plan: ImportOptions,
  tally: ImportCounts,
  rejected: RejectedFile,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([plan.signal, stop.signal]);
  const label = inputLabel(input);
  const { entries, bytesRead } = openInput(input, session.host, plan.renames, signal);
  const progress = showProgress(session.host, label, tally, input.size, bytesRead);
  const underWay = new Set<Promise<void>>();
  const onFault = (fault: FaultyEntry): void => {
    tally.addRejected(fault);
    rejected.write(label, [fault]);
    progress.update();
  };
  try {
    for await (const batch of batches(entries, onFault)) {
      signal.throwIfAborted();
      const sending = sendBatch(session, batch, signal)
        .then(delivery => {
          tally.addResult(delivery);
          rejected.write(label, delivery.rejected);
          progress.update();
        })
        .catch(error => stop.abort(error))
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= plan.requests) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    signal.throwIfAborted();
  } catch (error) {
    throw await ended(error, signal, underWay, progress);
  }
  progress.clear();
}

/** Why it ended: what stopped the signal first, before what that led to in the reading. */
async function ended(
  error: unknown,
  signal: AbortSignal,
  underWay: ReadonlySet<Promise<void>>,
  progress: Progress,
): Promise<unknown> {
  await Promise.all(underWay);
  progress.clear();
  return signal.aborted ? signal.reason : error;
}
