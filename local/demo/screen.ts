import { styleText } from 'node:util';
import type { Host } from '../../cli/host.ts';
import { textWidth, wrap } from '../../cli/table.ts';

/** Width of the text where the output is no terminal, in characters. */
const DEFAULT_WIDTH = 90;
const BAR = 24;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds the codes that colour text
const STYLES = /\u001b\[[0-9;]*m/g;

/** Returns a text without the codes that colour it, which take no room. */
const plain = (text: string): string => text.replace(STYLES, '');

/** Prints the demo: paragraphs and the output of commands within the width of the terminal, and progress. */
export class Screen {
  /** A host whose output is wrapped to the terminal. */
  readonly host: Host;
  readonly #isTerminal: boolean;
  readonly #showsProgress: boolean;

  constructor(host: Host) {
    const { stdout } = host;
    this.#isTerminal = stdout.isTTY === true;
    this.#showsProgress = host.stderr.isTTY === true && host.env.TERM !== 'dumb';
    const write = (text: string): unknown => stdout.write(this.#isTerminal ? this.#wrapped(text) : text);
    this.host = {
      ...host,
      stdout: {
        write,
        isTTY: this.#isTerminal,
        get columns(): number {
          return stdout.columns ?? DEFAULT_WIDTH;
        },
      },
    };
  }

  get #width(): number {
    return this.host.stdout.columns ?? DEFAULT_WIDTH;
  }

  /** Prints a title between two lines. */
  title(text: string): void {
    const rule = '─'.repeat(Math.min(this.#width, DEFAULT_WIDTH));
    this.host.stdout.write(`\n${rule}\n${this.#bold(wrap(text, this.#width).join('\n'))}\n${rule}\n`);
  }

  /** Prints a heading, and below it the command that a reader could type. */
  command(heading: string, argv: readonly string[]): void {
    const line = ['pm-tuning', ...argv]
      .map(text => (text.includes(' ') ? JSON.stringify(text) : text))
      .join(' ');
    this.host.stdout.write(`\n${this.#bold(wrap(heading, this.#width).join('\n'))}\n$ ${line}\n`);
  }

  /** Prints a paragraph. */
  say(text: string): void {
    const width = Math.min(this.#width, DEFAULT_WIDTH);
    this.host.stdout.write(`\n${wrap(text, width).join('\n')}\n`);
  }

  print(text: string): void {
    this.host.stdout.write(`${text}\n`);
  }

  /** Shows a bar on the line of the cursor, which the next one replaces; nothing where stderr is no terminal. */
  progress(done: number, of: number, text: string): void {
    if (!this.#showsProgress) return;
    const filled = Math.round((BAR * done) / of);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
    this.host.stderr.write(done < of ? `\r\u001b[K${bar} ${text}` : '\r\u001b[K');
  }

  /** Breaks the lines that are longer than the terminal is wide. */
  #wrapped(text: string): string {
    const width = this.#width;
    const fit = (line: string): string =>
      textWidth(plain(line)) <= width ? line : wrap(plain(line), width).join('\n');
    return text.split('\n').map(fit).join('\n');
  }

  #bold(text: string): string {
    const { NO_COLOR, TERM } = this.host.env;
    const colors = this.#isTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
    return colors ? styleText('bold', text, { validateStream: false }) : text;
  }
}
