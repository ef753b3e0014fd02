import { ingestAnswerSchema } from '../../shared/http/schemas/ingest.ts';
import { ServiceError, unexpectedResponse } from '../errors.ts';
import type { Session } from '../session.ts';
import { bodyOf } from './batches.ts';
import type { EventEntry, FaultyEntry } from './entry.ts';
import { WINDOW_ADVICE } from './repeated-rows.ts';
import { sendOutcomes } from './send-outcomes.ts';

/** The service's result for one batch. */
export interface BatchResult {
  readonly accepted: number;
  readonly unchanged: number;
  /** The events that were accepted or unchanged. */
  readonly taken: readonly EventEntry[];
  readonly rejected: readonly FaultyEntry[];
}

/** Attempts for a batch while the service is throttled; with back-off they take about a minute and a half. */
const ATTEMPTS = 9;
const answerSchema = ingestAnswerSchema.loose();

/**
 * Sends one batch. Sending is idempotent: the service stores an event once, by its id. A batch that a gateway
 * rejects as too large is sent in halves.
 * @throws Failure when the service is unreachable or rejects the request, the signal's reason when the signal is aborted
 */
export async function sendBatch(
  session: Session,
  batch: readonly EventEntry[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const result = await sendEvents(session, batch, signal);
  const rejected = await sendOutcomes(session, result.taken, ATTEMPTS, signal);
  return rejected.length === 0 ? result : withoutRejected(result, rejected);
}

/** Counts events whose outcome was rejected as rejected: their lines are to be imported again. */
function withoutRejected(result: BatchResult, rejected: readonly FaultyEntry[]): BatchResult {
  const lines = new Map(rejected.map(fault => [fault.line, fault]));
  const taken = result.taken.filter(({ line }) => !lines.has(line));
  const accepted = Math.max(0, result.accepted - lines.size);
  const unchanged = taken.length - accepted;
  return { accepted, unchanged, taken, rejected: [...result.rejected, ...lines.values()] };
}

async function sendEvents(
  session: Session,
  batch: readonly EventEntry[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const call = { method: 'POST', body: bodyOf(batch), attempts: ATTEMPTS, signal } as const;
  try {
    return readAnswer(session, batch, await session.client.call('/v1/events', call));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.status === 413) return sendInHalves(session, batch, signal, error);
    // A 400 with a list of rejected events means that every event of the batch was rejected.
    if (error.status === 400 && answerSchema.safeParse(error.body).success)
      return readAnswer(session, batch, error.body);
    throw error;
  }
}

async function sendInHalves(
  session: Session,
  batch: readonly EventEntry[],
  signal: AbortSignal,
  error: ServiceError,
): Promise<BatchResult> {
  const [entry] = batch;
  if (entry && batch.length === 1)
    return {
      accepted: 0,
      unchanged: 0,
      taken: [],
      rejected: [rejectedEntry(entry, error.code, error.message)],
    };
  const middle = Math.ceil(batch.length / 2);
  const first = await sendEvents(session, batch.slice(0, middle), signal);
  const second = await sendEvents(session, batch.slice(middle), signal);
  return {
    accepted: first.accepted + second.accepted,
    unchanged: first.unchanged + second.unchanged,
    taken: [...first.taken, ...second.taken],
    rejected: [...first.rejected, ...second.rejected],
  };
}

/** Reads the result of a batch. @throws Failure when its counts do not cover every event */
function readAnswer(session: Session, batch: readonly EventEntry[], body: unknown): BatchResult {
  const answer = answerSchema.safeParse(body).data;
  const refused = new Map(
    (answer?.rejected ?? []).map(({ index, code, detail }) => [index, { code, detail }]),
  );
  const rejected = batch.flatMap((entry, index) => {
    const reason = refused.get(index);
    return reason ? [rejectedEntry(entry, reason.code, reason.detail)] : [];
  });
  const taken = batch.filter((_, index) => !refused.has(index));
  if (!answer || answer.accepted + answer.unchanged + rejected.length !== batch.length)
    throw unexpectedResponse(session.url, `counts that do not cover the ${batch.length} events sent`);
  return { accepted: answer.accepted, unchanged: answer.unchanged, taken, rejected };
}

function rejectedEntry(
  { line, text, fields, exported }: EventEntry,
  code: string,
  detail: string,
): FaultyEntry {
  const mayBeWindows =
    /^(event|outcome)_conflict$/.test(code) && (fields.window === undefined || fields.window === null);
  const advice = mayBeWindows ? `; if these are several rows of one episode, ${WINDOW_ADVICE}` : '';
  return { line, code, detail: `${detail}${advice}`, eventText: exported?.line ?? text };
}
