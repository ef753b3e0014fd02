import { styleText } from 'node:util';
import type { z } from 'zod';
import type { Call, Client } from './client.ts';
import { unexpectedResponse } from './errors.ts';
import { printable } from './format.ts';
import type { Host } from './host.ts';
import type { Column, TableStyle } from './table.ts';
import { renderTable } from './table.ts';

/** Writes a line to stderr, over a progress bar that may stand there. */
export function writeWarning({ stderr, env }: Host, text: string): void {
  const clear = stderr.isTTY && env.TERM !== 'dumb' ? '\r\u001b[K' : '';
  stderr.write(`${clear}${printable(text)}\n`);
}

/** One run of one command: the service it speaks to, and where its words go. */
export class Session {
  readonly client: Client;
  readonly host: Host;
  /** Answers go to stdout as JSON, and nothing else does. */
  readonly json: boolean;
  readonly url: string;

  constructor(client: Client, host: Host, json: boolean, url: string) {
    this.client = client;
    this.host = host;
    this.json = json;
    this.url = url;
  }

  /**
   * Calls the service and checks the answer; `raw` is the body as it came.
   * @throws Failure as `Client.call`, and when the answer is not what the API promises
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
    throw unexpectedResponse(this.url, `what this version cannot read${place}`);
  }

  /** With `--json` the answer as it is, else what `show` prints. */
  output(raw: unknown, show: () => void): void {
    if (this.json) this.host.stdout.write(`${JSON.stringify(raw, null, 2)}\n`);
    else show();
  }

  /** A line for the reader, on stdout; nothing with `--json`. */
  print(text = ''): void {
    if (!this.json) this.host.stdout.write(`${text}\n`);
  }

  /** A line about the work itself, on stderr. */
  warn(text: string): void {
    writeWarning(this.host, text);
  }

  /** A table, or `none` when it would have no rows. */
  table<T>(columns: readonly Column<T>[], rows: readonly T[], none: string): void {
    this.print(rows.length === 0 ? none : renderTable(columns, rows, this.#style()));
  }

  /** Columns of the terminal; infinite when the output is none. */
  get width(): number {
    const { stdout } = this.host;
    return stdout.isTTY ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  bold(text: string): string {
    return this.#style().color ? styleText('bold', text, { validateStream: false }) : text;
  }

  #style(): TableStyle {
    const { stdout, env } = this.host;
    const plain = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
    return {
      width: this.width,
      color: stdout.isTTY === true && !plain && env.TERM !== 'dumb',
    };
  }
}
