import { count, printable } from '../format.ts';
import type { Host } from '../host.ts';
import type { ImportCounts } from './import-counts.ts';

const BAR_WIDTH = 14;
/** Minimum intervals between two reports, in milliseconds: on a terminal, and elsewhere. */
const REDRAW_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5000;

export interface Progress {
  /** Reports the progress; calls that come too soon after the last report do nothing. */
  update(): void;
  /** Removes the bar, so that other lines can be written. */
  clear(): void;
}

/**
 * Reports progress on stderr: a bar on a terminal, elsewhere a line every five seconds.
 * @param size bytes of the file; undefined when unknown
 */
export function showProgress(
  host: Host,
  name: string,
  counts: ImportCounts,
  size: number | undefined,
  bytesRead: () => number,
): Progress {
  const started = host.now();
  const terminal = host.stderr.isTTY === true && host.env.TERM !== 'dumb';
  let lastReport = started;
  let drawn = false;
  const text = (): string => {
    const rate = counts.events / Math.max(0.001, (host.now() - started) / 1000);
    return `${percentRead(size, bytesRead(), terminal)}${counts}, ${count(Math.round(rate))} events/s`;
  };
  return {
    update() {
      if (host.now() - lastReport < (terminal ? REDRAW_INTERVAL_MS : LINE_INTERVAL_MS)) return;
      lastReport = host.now();
      if (!terminal) return void host.stderr.write(`${printable(name)}: ${text()}\n`);
      host.stderr.write(`\r\u001b[K${text().slice(0, (host.stderr.columns ?? 80) - 1)}`);
      drawn = true;
    },
    clear() {
      if (drawn) host.stderr.write('\r\u001b[K');
      drawn = false;
    },
  };
}

function percentRead(size: number | undefined, read: number, terminal: boolean): string {
  if (!size) return '';
  const fraction = Math.min(1, read / size);
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5);
  if (!terminal) return `${percent.trim()}, `;
  const full = Math.round(fraction * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${percent}  `;
}
