import type { Host } from '../host.ts';
import type { Session } from '../session.ts';
import { batches } from './batches.ts';
import type { Entry, FaultyEntry } from './entry.ts';
import type { ImportCounts } from './import-counts.ts';
import { ImportNotes } from './import-notes.ts';
import { type Input, inputLabel, isRereadable, openInput, type ReadOptions } from './input.ts';
import type { Progress } from './progress.ts';
import { showProgress } from './progress.ts';
import type { RejectedFile } from './rejected-file.ts';
import { conflictOf, findConflicts } from './repeated-rows.ts';
import { sendBatch } from './send-batch.ts';

interface ImportOptions {
  /** Maximum number of requests in flight. */
  readonly requests: number;
  /** For CSV: field → column. */
  readonly columnNames: Record<string, string>;
  /** Ends the import with its reason when aborted. */
  readonly signal: AbortSignal;
  /** Time of the import, milliseconds since 1970. */
  readonly now: number;
}

/**
 * Streams one file to the service in batches, with at most `requests` of them in flight. Each response adds to
 * `counts`, which also notes what was left out or rewritten; rejected entries go to `rejected`. A file is read once
 * before, so that rows of one episode that differ are all refused, and none of them is sent.
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
  const readOptions = { ...options, signal };
  const conflicts = await conflictsIn(input, session.host, readOptions);
  const { entries, bytesRead } = openInput(input, session.host, readOptions, counts.notes);
  const progress = showProgress(session.host, label, counts, input.size, bytesRead);
  const inFlight = new Set<Promise<void>>();
  const onFault = (fault: FaultyEntry): void => {
    counts.addRejected(fault);
    rejected.write(label, [fault]);
    progress.update();
  };
  try {
    for await (const batch of batches(
      withoutConflicts(counts.numberText.convert(entries), conflicts),
      onFault,
    )) {
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

/** Returns the episodes of a file that have several different rows; none for a pipe, which cannot be read twice. */
async function conflictsIn(input: Input, host: Host, options: ReadOptions): Promise<ReadonlySet<string>> {
  if (!isRereadable(input)) return new Set();
  const open = (): AsyncIterable<Entry> => openInput(input, host, options, new ImportNotes()).entries;
  return findConflicts(open, options.now);
}

async function* withoutConflicts(
  entries: AsyncIterable<Entry>,
  conflicts: ReadonlySet<string>,
): AsyncGenerator<Entry> {
  for await (const entry of entries) yield 'text' in entry ? (conflictOf(entry, conflicts) ?? entry) : entry;
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
