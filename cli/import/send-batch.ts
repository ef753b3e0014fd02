import { ingestAnswerSchema } from '../../shared/http/schemas/ingest.ts';
import { ServiceError, unreadable } from '../errors.ts';
import type { Session } from '../session.ts';
import { bodyOf } from './batches.ts';
import type { EventEntry, FaultyEntry } from './entry.ts';

/** What became of a batch. */
export interface Delivery {
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: readonly FaultyEntry[];
}

/** A busy service is waited for; with the pauses between them these last about a minute and a half. */
const ATTEMPTS = 9;
const answerSchema = ingestAnswerSchema.loose();

/**
 * Sends one batch. The service knows an event by its id, so that sending it again, here or in another run, does
 * no harm. What a gateway finds too large is sent in halves.
 * @throws Failure when the service is away or refuses all of it, the signal's reason when that is aborted
 */
export async function deliver(
  session: Session,
  batch: readonly EventEntry[],
  signal: AbortSignal,
): Promise<Delivery> {
  const call = { method: 'POST', body: bodyOf(batch), attempts: ATTEMPTS, signal } as const;
  try {
    return read(session, batch, await session.client.call('/v1/events', call));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.status === 413) return inHalves(session, batch, signal, error);
    // 400 with a list of rejected events: all of them were.
    if (error.status === 400 && answerSchema.safeParse(error.body).success)
      return read(session, batch, error.body);
    throw error;
  }
}

async function inHalves(
  session: Session,
  batch: readonly EventEntry[],
  signal: AbortSignal,
  error: ServiceError,
): Promise<Delivery> {
  const [only] = batch;
  if (only && batch.length === 1)
    return { accepted: 0, unchanged: 0, rejected: [reject(only, error.code, error.message)] };
  const middle = Math.ceil(batch.length / 2);
  const first = await deliver(session, batch.slice(0, middle), signal);
  const second = await deliver(session, batch.slice(middle), signal);
  return {
    accepted: first.accepted + second.accepted,
    unchanged: first.unchanged + second.unchanged,
    rejected: [...first.rejected, ...second.rejected],
  };
}

/** Every event is accounted for, or the answer is not believed. */
function read(session: Session, batch: readonly EventEntry[], body: unknown): Delivery {
  const answer = answerSchema.safeParse(body).data;
  const rejected = (answer?.rejected ?? []).flatMap(({ index, code, detail }) => {
    const entry = batch[index];
    return entry ? [reject(entry, code, detail)] : [];
  });
  if (!answer || answer.accepted + answer.unchanged + rejected.length !== batch.length)
    throw unreadable(session.url, `an account of other than the ${batch.length} events it was sent`);
  return { accepted: answer.accepted, unchanged: answer.unchanged, rejected };
}

function reject({ line, text }: EventEntry, code: string, detail: string): FaultyEntry {
  return { line, code, detail, event: JSON.parse(text) };
}
