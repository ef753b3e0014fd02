import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyHash, episodeBody } from '../../../shared/episode/episode.ts';
import { Fault } from '../../../shared/errors.ts';
import { readEvent } from '../../../shared/lever/read-event.ts';

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Path and query as they arrived. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Returns the response to a request, or `break` to close the connection without one. */
export type Route = (request: ReceivedRequest) => Reply | 'break' | Promise<Reply | 'break'>;

/** A service on the loopback interface that answers by a test's route and records the requests. */
export interface FakeService {
  readonly url: string;
  readonly received: ReceivedRequest[];
  close(): Promise<void>;
}

export async function fakeService(route: Route): Promise<FakeService> {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const entry: ReceivedRequest = {
      method: request.method ?? '',
      path: pathname,
      target: request.url ?? '',
      query: searchParams,
      headers: request.headers,
      text: Buffer.concat(chunks).toString('utf8'),
    };
    received.push(entry);
    const reply = await route(entry);
    if (reply === 'break') return void request.socket.destroy();
    const type = reply.status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(reply.status, { 'content-type': type, ...reply.headers });
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise(closed => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

/**
 * Returns a route for `POST /v1/events` that applies the rules of the domain to events in memory.
 * @param now time of the service, milliseconds since 1970
 */
export function ingest(now = Date.parse('2026-01-01T00:00:00Z')): Route {
  const known = new Map<string, string>();
  return ({ text }) => {
    const answer = { accepted: 0, unchanged: 0, rejected: [] as object[] };
    const { events } = JSON.parse(text) as { events: unknown[] };
    for (const [index, raw] of events.entries()) {
      try {
        const episode = readEvent(raw, now);
        const key = JSON.stringify([episode.pattern, episode.id, episode.window ?? null]);
        const hash = bodyHash(episodeBody(episode));
        if (known.has(key) && known.get(key) !== hash) throw new Fault('event_conflict', 'another body');
        answer[known.has(key) ? 'unchanged' : 'accepted']++;
        known.set(key, hash);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        answer.rejected.push({ index, code: error.code, detail: error.message });
      }
    }
    if (answer.rejected.length === events.length)
      return { status: 400, body: { ...answer, ...problem(400, 'all_rejected', 'no event was taken') } };
    return { status: answer.rejected.length > 0 ? 207 : 200, body: answer };
  };
}

/** Returns the body of a problem response. */
export function problem(status: number, code: string, detail: string, errors?: object[]): object {
  return { type: 'about:blank', title: code, status, code, detail, ...(errors ? { errors } : {}) };
}
