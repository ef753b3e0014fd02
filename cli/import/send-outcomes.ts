import { outcomesAnswerSchema } from '../../shared/http/schemas/ingest.ts';
import { ServiceError, unexpectedResponse } from '../errors.ts';
import type { Session } from '../session.ts';
import { MAX_BODY_BYTES } from './batches.ts';
import type { EventEntry, FaultyEntry } from './entry.ts';

/** Largest number of outcomes in one request. */
const MAX_OUTCOMES = 500;
const answerSchema = outcomesAnswerSchema.loose();

interface Report {
  readonly entry: EventEntry;
  readonly text: string;
}

/**
 * Sends the outcomes of exported events that the service has taken, in their order. It is idempotent.
 * @returns the lines whose outcome was rejected
 * @throws Failure as `Client.call`
 */
export async function sendOutcomes(
  session: Session,
  entries: readonly EventEntry[],
  attempts: number,
  signal: AbortSignal,
): Promise<FaultyEntry[]> {
  const reports = entries.flatMap(entry => (entry.exported?.reports ?? []).map(text => ({ entry, text })));
  const rejected: FaultyEntry[] = [];
  for (const batch of chunks(reports)) {
    const body = `{"outcomes":[${batch.map(({ text }) => text).join(',')}]}`;
    const call = { method: 'POST', body, attempts, signal } as const;
    const answer = await session.client.call('/v1/outcomes', call).catch(refusedOutcomes);
    const parsed = answerSchema.safeParse(answer).data;
    if (!parsed) throw unexpectedResponse(session.url, 'an answer to outcomes that this version cannot read');
    for (const { index, code, detail } of parsed.rejected) {
      const report = batch[index];
      if (report) rejected.push(rejectedReport(report, code, detail));
    }
  }
  return rejected;
}

/** Returns the body of a 400 that lists rejected outcomes: every one of the request was rejected. */
function refusedOutcomes(error: unknown): unknown {
  if (error instanceof ServiceError && error.status === 400 && answerSchema.safeParse(error.body).success)
    return error.body;
  throw error;
}

function rejectedReport({ entry }: Report, code: string, detail: string): FaultyEntry {
  return {
    line: entry.line,
    code,
    detail: `outcome: ${detail}`,
    eventText: entry.exported?.line ?? entry.text,
  };
}

function* chunks(reports: readonly Report[]): Generator<Report[]> {
  let batch: Report[] = [];
  let bytes = 0;
  for (const report of reports) {
    const size = Buffer.byteLength(report.text) + 1;
    if (batch.length === MAX_OUTCOMES || bytes + size > MAX_BODY_BYTES - 100) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(report);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
