import { basename } from 'node:path';
import { count } from '../format.ts';
import type { Host } from '../host.ts';
import type { ImportCounts } from './import-counts.ts';

const BAR = 14;
const REDRAW_MS = 100;
const LINE_MS = 5000;

export interface Progress {
  /** Tells how far the work is; may be called as often as one likes. */
  update(): void;
  /** Takes the bar away, so that other words can be written. */
  clear(): void;
}

/**
 * Progress on stderr: a bar that is redrawn on a terminal, elsewhere a line every five seconds.
 * @param size bytes of the file, undefined when unknown
 */
export function showProgress(
  host: Host,
  name: string,
  tally: ImportCounts,
  size: number | undefined,
  bytesRead: () => number,
): Progress {
  const started = host.now();
  const terminal = host.stderr.isTTY === true && host.env.TERM !== 'dumb';
  let told = started;
  let drawn = false;
  const text = (): string => {
    const rate = tally.events / Math.max(0.001, (host.now() - started) / 1000);
    return `${share(size, bytesRead(), terminal)}${tally}, ${count(Math.round(rate))} events/s`;
  };
  return {
    update() {
      if (host.now() - told < (terminal ? REDRAW_MS : LINE_MS)) return;
      told = host.now();
      if (!terminal) return void host.stderr.write(`${basename(name)}: ${text()}\n`);
      host.stderr.write(`\r\u001b[K${text().slice(0, (host.stderr.columns ?? 80) - 1)}`);
      drawn = true;
    },
    clear() {
      if (drawn) host.stderr.write('\r\u001b[K');
      drawn = false;
    },
  };
}

function share(size: number | undefined, read: number, terminal: boolean): string {
  if (!size) return '';
  const part = Math.min(1, read / size);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  if (!terminal) return `${percent.trim()}, `;
  const full = Math.round(part * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent}  `;
}
