import type { Context, Hono } from 'hono';
import type { Receipt, Spool } from '../client/node/spool/spool.ts';
import { Fault } from '../shared/errors.ts';
import { addRoute, readJson } from '../shared/http/app.ts';
import { ENDPOINTS } from '../shared/http/endpoints.ts';
import { answerItems, readEvents, readOutcomes } from '../shared/http/routes/ingest.ts';

type Read = ReturnType<typeof readEvents> | ReturnType<typeof readOutcomes>;

/**
 * Registers the routes that take events and outcomes. Each item is checked as the service checks it. The valid ones are
 * on disk before the answer, so that a bot may forget them.
 */
export function spoolRoutes(app: Hono, spool: Spool, now: () => number): void {
  addRoute(app, ENDPOINTS.postEvents, async c =>
    keep(c, spool, readEvents(await readJson(c), now()), item => spool.record(item)),
  );
  addRoute(app, ENDPOINTS.postOutcomes, async c =>
    keep(c, spool, readOutcomes(await readJson(c), now()), item => spool.resolve(item)),
  );
}

/** @throws Fault `store_unavailable` when the spool is full or the disk fails: the bot should send everything again */
async function keep(
  c: Context,
  spool: Spool,
  read: Read,
  take: (item: object) => Receipt,
): Promise<Response> {
  const { items, parsed, rejected, issues } = read;
  if (parsed.length === 0 && items.length > 0)
    return answerItems(c, items.length, { spooled: 0 }, rejected, issues);
  for (const { index } of parsed) {
    const receipt = take(items[index] as object);
    if (!receipt.taken) throw new Fault('store_unavailable', `not spooled: ${receipt.detail}`);
  }
  if (!(await spool.flush())) throw new Fault('store_unavailable', 'the spool cannot be written to disk');
  return c.json({ spooled: parsed.length, rejected }, 202);
}
