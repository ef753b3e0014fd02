import { useState } from 'preact/hooks';
import { hasToken } from '../service.ts';
import type { Column } from './table.tsx';

/** Offers a text as a file. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll(/[^\w.-]+/g, '-');
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Returns rows as CSV. A cell that a spreadsheet would compute begins with an apostrophe. */
export function toCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) && !/^[+-]?[\d.,]+$/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map(row => columns.map(column => cell(column.text(row))));
  return `${[columns.map(column => cell(column.title)), ...lines].map(line => line.join(',')).join('\r\n')}\r\n`;
}

interface CopyProps {
  /** The request behind what is shown. */
  readonly method?: string;
  readonly path: string;
  readonly body?: object;
  /** The same as a command, after `pm-tuning`. */
  readonly command?: string;
}

/** Copies the state: as an address, as a request, as a command. */
export function CopyAs({ method = 'GET', path, body, command }: CopyProps) {
  const [copied, setCopied] = useState('');
  const copy = (name: string, text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(`${name} copied`),
      () => setCopied('this browser does not let the page copy'),
    );
    setTimeout(() => setCopied(''), 2500);
  };
  const url = `${location.origin}${path}`;
  const data = body ? ` -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))}` : '';
  const verb = method === 'GET' ? '' : ` -X ${method}`;
  // The token stays here: the copy names the variable that the command line reads it from.
  const token = hasToken() ? ' -H "authorization: Bearer $PM_TUNING_TOKEN"' : '';
  return (
    <span class="tools">
      <span class="muted">Copy as</span>
      <button type="button" class="quiet" onClick={() => copy('link', location.href)}>
        link
      </button>
      <button
        type="button"
        class="quiet"
        onClick={() => copy('curl', `curl${verb} ${quoted(url)}${token}${data}`)}
      >
        curl
      </button>
      {command && (
        <button
          type="button"
          class="quiet"
          onClick={() => copy('command', `npm run cli -- ${command} --url ${location.origin}`)}
        >
          CLI
        </button>
      )}
      <span role="status" class="muted">
        {copied}
      </span>
    </span>
  );
}

/** Quotes a text for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
