import type { Fetch, FetchAnswer, FetchInit } from '../../../client/src/ports.ts';
import type { ServiceMode } from '../../../shared/generation/service-mode.ts';
import type { Published } from './snapshots.ts';
import { indexDocument, snapshotDocument } from './snapshots.ts';

interface Received {
  readonly path: string;
  readonly init: FetchInit;
  readonly at: number;
}

/** Returns an answer as `fetch` does. */
export function answerOf(
  status: number,
  body: string | readonly string[] = '',
  headers: Readonly<Record<string, string>> = {},
): FetchAnswer {
  const chunks = typeof body === 'string' ? [body] : body;
  const byName = new Map(Object.entries(headers));
  return {
    status,
    headers: { get: name => byName.get(name.toLowerCase()) ?? null },
    body: (async function* () {
      for (const chunk of chunks) yield new TextEncoder().encode(chunk);
    })(),
  };
}

/** A service in memory: it answers the index and snapshots with tags, or whatever a test puts in place. */
export class FakeService {
  published: readonly Published[] = [];
  mode: ServiceMode = 'live';
  readonly received: Received[] = [];
  /** Answers in place of the service; undefined lets the service answer. */
  instead: (path: string, init: FetchInit) => FetchAnswer | Promise<FetchAnswer> | undefined = () =>
    undefined;
  readonly #now: () => number;

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  readonly fetch: Fetch = async (url, init) => {
    const { pathname, search } = new URL(url);
    this.received.push({ path: pathname + search, init, at: this.#now() });
    return (await this.instead(pathname, init)) ?? this.answer(pathname, init);
  };

  /** Returns how often a path was asked for. */
  count(path: string): number {
    return this.received.filter(request => request.path.startsWith(path)).length;
  }

  answer(path: string, init: FetchInit): FetchAnswer {
    const document = this.document(path);
    if (!document) return answerOf(404, '{"code":"not_found"}');
    const etag = String(document.etag);
    if (init.headers['if-none-match'] === etag) return answerOf(304, '', { etag });
    return answerOf(200, JSON.stringify(document), { etag });
  }

  document(path: string) {
    if (path === '/v1/snapshots') return indexDocument(this.published, this.mode);
    const one = this.published.find(({ pattern }) => path === `/v1/snapshots/${pattern}`);
    return one && snapshotDocument(one, this.mode);
  }
}
