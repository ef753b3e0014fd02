import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import type { Fetch } from '../../client/src/ports.ts';
import type { EdgeOptions } from '../../edge/edge.ts';
import { openEdge } from '../../edge/edge.ts';
import { jsonLog } from '../../shared/log.ts';

/** Returns a new folder that is deleted after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pm-edge-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A line to an app in this process, which can be cut. */
export class Line {
  isCut = false;
  requests = 0;
  readonly #app: Hono;

  constructor(app: Hono) {
    this.#app = app;
  }

  readonly fetch: Fetch = async (url, { method, headers, body }) => {
    this.requests++;
    if (this.isCut) throw new Error('ECONNREFUSED');
    return (await this.#app.request(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
    })) as unknown as Awaited<ReturnType<Fetch>>;
  };
}

/** Opens an edge over a line, and returns a function that sends requests to it. */
export function openTestEdge(line: Line, options: Partial<EdgeOptions> = {}) {
  const lines: string[] = [];
  const dir = options.dir ?? temporaryFolder();
  const edge = openEdge({
    upstream: 'http://localhost',
    fetch: line.fetch,
    log: jsonLog('debug', text => lines.push(text), Date.now),
    ...options,
    dir,
  });
  onTestFinished(() => edge.close());
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    edge.app.request(`http://localhost${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { ...edge, send, dir, lines };
}
