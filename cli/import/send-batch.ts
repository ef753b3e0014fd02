import { ingestAnswerSchema } from '../../shared/http/schemas/ingest.ts';
import { ServiceError, unexpectedResponse } from '../errors.ts';
import type { Session } from '../session.ts';
import { bodyOf } from './batches.ts';
import type { EventEntry, FaultyEntry } from './entry.ts';

/** The service's result for one batch. */
export interface BatchResult {
  readonly accepted: number;
  readonly unchanged: number;
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
    return { accepted: 0, unchanged: 0, rejected: [rejectedEntry(entry, error.code, error.message)] };
  const middle = Math.ceil(batch.length / 2);
  const first = await sendBatch(session, batch.slice(0, middle), signal);
  const second = await sendBatch(session, batch.slice(middle), signal);
  return {
    accepted: first.accepted + second.accepted,
    unchanged: first.unchanged + second.unchanged,
    rejected: [...first.rejected, ...second.rejected],
  };
}

/** Reads the result of a batch. @throws Failure when its counts do not cover every event */
function readAnswer(session: Session, batch: readonly EventEntry[], body: unknown): BatchResult {
  const answer = answerSchema.safeParse(body).data;
  const rejected = (answer?.rejected ?? []).flatMap(({ index, code, detail }) => {
    const entry = batch[index];
    return entry ? [rejectedEntry(entry, code, detail)] : [];
  });
  if (!answer || answer.accepted + answer.unchanged + rejected.length !== batch.length)
    throw unexpectedResponse(session.url, `counts that do not cover the ${batch.length} events sent`);
  return { accepted: answer.accepted, unchanged: answer.unchanged, rejected };
}

function rejectedEntry({ line, text }: EventEntry, code: string, detail: string): FaultyEntry {
  return { line, code, detail, eventText: text };
}
