import { styleText } from 'node:util';
import type { z } from 'zod';
import type { Call, Client } from './client.ts';
import { unexpectedResponse } from './errors.ts';
import { count, printable } from './format.ts';
import type { Host } from './host.ts';
import type { Column, TableStyle } from './table.ts';
import { renderTable } from './table.ts';

/** The service that a command calls without an option or a variable that names another. */
export const DEFAULT_URL = 'http://127.0.0.1:8787';

/** Writes a line to stderr; a progress bar on that line is overwritten. */
export function writeWarning({ stderr, env }: Host, text: string): void {
  const clear = stderr.isTTY && env.TERM !== 'dumb' ? '\r\u001b[K' : '';
  stderr.write(`${clear}${printable(text)}\n`);
}

/** One run of one command: the client of the service and the output streams. */
export class Session {
  readonly client: Client;
  readonly host: Host;
  /** True when stdout carries the response as JSON and nothing else. */
  readonly json: boolean;
  readonly url: string;
  /** Name of the profile that the URL comes from, if any. */
  readonly profile: string | undefined;

  constructor(client: Client, host: Host, json: boolean, url: string, profile?: string) {
    this.client = client;
    this.host = host;
    this.json = json;
    this.url = url;
    this.profile = profile;
  }

  /**
   * Sends a request and validates the response; `raw` is the body as received.
   * @throws Failure as `Client.call`, and when the response does not match the schema
   */
  async request<T extends z.ZodType>(
    schema: T,
    path: string,
    call?: Call,
  ): Promise<{ raw: unknown; data: z.output<T> }> {
    const raw = await this.client.call(path, call);
    const parsed = schema.safeParse(raw);
    if (parsed.success) return { raw, data: parsed.data };
    const [issue] = parsed.error.issues;
    const place = issue ? ` (${issue.path.join('.') || 'body'}: ${issue.message})` : '';
    throw unexpectedResponse(this.url, `a body that this version cannot read${place}`);
  }

  /** Prints the response as JSON with `--json`; otherwise calls `show`. */
  output(raw: unknown, show: () => void): void {
    if (this.json) this.host.stdout.write(`${JSON.stringify(raw, null, 2)}\n`);
    else show();
  }

  /** Prints a line to stdout; prints nothing with `--json`. */
  print(text = ''): void {
    if (!this.json) this.host.stdout.write(`${text}\n`);
  }

  /** Prints a line to stderr, with `--json` as well. */
  warn(text: string): void {
    writeWarning(this.host, text);
  }

  /** Prints a table, or the text `whenEmpty` without rows. */
  table<T>(columns: readonly Column<T>[], rows: readonly T[], whenEmpty = ''): void {
    this.print(rows.length === 0 ? whenEmpty : renderTable(columns, rows, this.#style()));
  }

  /** Prints how many rows of a list are not shown, if any. */
  printRemaining(shown: number, total: number): void {
    if (shown < total) this.print(`… and ${count(total - shown)} more`);
  }

  /** Columns of the terminal; infinite when stdout is not a terminal. */
  get width(): number {
    const { stdout } = this.host;
    return stdout.isTTY ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  bold(text: string): string {
    return this.#style().color ? styleText('bold', text, { validateStream: false }) : text;
  }

  #style(): TableStyle {
    const { stdout, env } = this.host;
    const noColor = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
    return {
      width: this.width,
      color: stdout.isTTY === true && !noColor && env.TERM !== 'dumb',
    };
  }
}
