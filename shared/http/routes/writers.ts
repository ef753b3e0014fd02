import type { Hono } from 'hono';
import type { RegisteredWriter, WriterStore } from '../../episode/writer.ts';
import { excludeWriter } from '../../generation/exclude-writer.ts';
import { requireKnownPattern } from '../../generation/known-pattern.ts';
import type { GenerationStores, WriterCounts } from '../../generation/ports.ts';
import { parsePatternKey } from '../../pattern/pattern-key.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson, readQuery } from '../app.ts';
import { callerOf } from '../caller.ts';
import { pageByKey } from '../pagination.ts';
import { ROUTES } from '../routes.ts';
import type { WriterAnswer } from '../schemas/writers.ts';
import { writerRequestSchema } from '../schemas/writers.ts';

interface WriterRoutesDeps extends Pick<GenerationStores, 'heads' | 'changes' | 'now'> {
  readonly writers: WriterStore;
}

/** Registers the list of writers, and their exclusion from runs. */
export function writerRoutes(app: Hono, deps: WriterRoutesDeps): void {
  addRoute(app, ROUTES.getWriters, async c => {
    const { pattern_key, ...page } = readQuery(c, ROUTES.getWriters.query);
    const pattern =
      pattern_key === undefined
        ? undefined
        : await requireKnownPattern(deps.heads, parsePatternKey(pattern_key));
    const [registered, counts] = await Promise.all([
      deps.writers.writers(),
      deps.heads.writerCounts(pattern),
    ]);
    const { events, byWriter } = sumOf(counts);
    const listed = registered
      .filter(({ id }) => pattern === undefined || byWriter.has(id))
      .map(writer => answerOf(writer, byWriter.get(writer.id) ?? 0, events));
    const { rows, next } = pageByKey(listed, ({ writer }) => writer, page);
    const attributed = [...byWriter.values()].reduce((sum, written) => sum + written, 0);
    return c.json({ events, unattributed: Math.max(0, events - attributed), writers: rows, ...next });
  });

  addRoute(app, ROUTES.putWriter, async c => {
    const { reason, ...change } = parse(writerRequestSchema, await readJson(c), 'invalid_request');
    const writer = await excludeWriter(deps, { ...change, who: callerOf(c), why: reason });
    return c.json(exclusionOf(writer));
  });
}

function sumOf(counts: readonly WriterCounts[]) {
  const byWriter = new Map<number, number>();
  let events = 0;
  for (const pattern of counts) {
    events += pattern.total;
    for (const [id, written] of pattern.byWriter) byWriter.set(id, (byWriter.get(id) ?? 0) + written);
  }
  return { events, byWriter };
}

function answerOf(writer: RegisteredWriter, events: number, total: number): WriterAnswer {
  const { writer: name, since, ...exclusion } = exclusionOf(writer);
  return { writer: name, since, events, share: total === 0 ? 0 : events / total, ...exclusion };
}

function exclusionOf({ name, since, excluded }: RegisteredWriter): Omit<WriterAnswer, 'events' | 'share'> {
  return {
    writer: name,
    since: new Date(since).toISOString(),
    excluded: excluded !== undefined,
    ...(excluded && { excluded_by: excluded.who, excluded_at: excluded.at, reason: excluded.why }),
  };
}
