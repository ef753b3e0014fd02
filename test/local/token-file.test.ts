import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenFile } from '../../local/token-file.ts';
import { jsonLog } from '../../shared/log.ts';
import { openApi } from '../support/api.ts';
import { measurement } from '../support/measurements.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines: string[] = [];
const log = jsonLog('info', line => lines.push(line), Date.now);
const write = (text: string, name = 'tokens.json'): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const read = (text: string) => new TokenFile(write(text), log).callers();
const TOKEN = 'dup-token-aaaaaaaaaaaa';
const entry = (token: string, role: string, name: string) =>
  `${JSON.stringify(token)}: ${JSON.stringify({ role, name })}`;
const bot = entry(TOKEN, 'pm', 'bot');

describe('a file of tokens', () => {
  it.each([
    ['with another role', `{${bot}, ${entry(TOKEN, 'operator', 'anna')}}`, 2],
    ['with the same role', `{${bot},\n ${bot}}`, 2],
    ['spelled with an escape', `{${bot}, "\\u0064up-token-aaaaaaaaaaaa": {"role": "pm", "name": "b"}}`, 2],
    ['after others', `{${entry('another-token-bbbbbb', 'pm', 'c')}, ${bot}, ${bot}}`, 3],
  ])('[X3] A token that appears twice is refused at the start: %s', (_, text, number) => {
    expect(() => read(text)).toThrow(`entry ${number} repeats a token or a member; give each token once`);
    expect(() => read(text)).not.toThrow(TOKEN);
  });

  it('A member that appears twice in an entry is refused, because the last would win', () => {
    expect(() => read(`{"${TOKEN}": {"role": "pm", "role": "operator", "name": "bot"}}`)).toThrow('entry 1');
  });

  it('Several tokens may have the same name, so that a secret can be changed', () => {
    const callers = read(`{${bot}, ${entry('the-next-token-bbbbbb', 'pm', 'bot')}}`);
    expect(callers.map(({ caller }) => caller)).toEqual([
      { role: 'pm', name: 'bot' },
      { role: 'pm', name: 'bot' },
    ]);
  });

  it('Braces, colons and quotes in names are text', () => {
    const name = '{"a": "b"}, {"a": 1';
    expect(read(`{${entry(TOKEN, 'pm', name)}}`)[0]?.caller.name).toBe(name);
  });

  it.each([
    'cycle',
    'guard',
    'local',
    'Local',
    ' cycle ',
    'system:cycle',
    'System: x',
    'jwt:a',
    'iam:1:role/x',
  ])('[X3] A token may not be named %j, like a caller of the system or of another kind', name => {
    const text = `{${entry(TOKEN, 'pm', name)}}`;
    expect(() => read(text)).toThrow('a token may not be named like a caller of the system; the form is');
    expect(() => read(text)).not.toThrow(TOKEN);
  });

  it.each(['cycle bot', 'bot: guard', 'locals', 'systems'])('A token may be named %j', name => {
    expect(read(`{${entry(TOKEN, 'pm', name)}}`)).toHaveLength(1);
  });
});

const hasModes = process.platform !== 'win32';

describe.runIf(hasModes)('the rights of a file of tokens', () => {
  it.each([0o620, 0o602, 0o666, 0o777])('[A4] A file of mode %o is refused with advice', mode => {
    const path = write(`{${bot}}`, `mode-${mode}.json`);
    chmodSync(path, mode);
    expect(() => new TokenFile(path, log)).toThrow(
      `the tokens in ${path} can be changed by other users of this machine (mode ${mode.toString(8)}): run chmod 600 ${path}`,
    );
  });

  it('[A4] The target of a link decides', () => {
    const path = write(`{${bot}}`, 'target.json');
    chmodSync(path, 0o622);
    symlinkSync(path, join(folder, 'link.json'));
    expect(() => new TokenFile(join(folder, 'link.json'), log)).toThrow('(mode 622)');
  });

  it('[A4] A file that others can read is accepted with a warning', () => {
    const path = write(`{${bot}}`, 'readable.json');
    chmodSync(path, 0o644);
    lines.length = 0;
    expect(new TokenFile(path, log).callers()).toHaveLength(1);
    expect(lines).toEqual([expect.stringContaining(`can read the tokens in ${path}: run chmod 600 on it`)]);
  });
});

describe('a change of the file of tokens', () => {
  const other = entry('the-next-token-bbbbbb', 'operator', 'anna');
  const open = async (name: string, text: string) => {
    const path = write(text, name);
    const tokens = new TokenFile(path, log);
    const api = await openApi({ callers: () => tokens.callers() });
    const status = async (token: string) =>
      (
        await api.service.app.request('http://localhost/v1/status', {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status;
    lines.length = 0;
    return { path, status, close: api.close };
  };

  it.each([
    ['just before', 0],
    ['long before', 60_000],
  ])(
    '[A4] A token that is removed is refused by the next request; the file was written %s',
    async (_, age) => {
      const { path, status, close } = await open(`removed-${age}.json`, `{${bot}, ${other}}`);
      const then = new Date(Date.now() - age);
      utimesSync(path, then, then);
      expect(await status('the-next-token-bbbbbb')).toBe(200);
      // The same size, as when one character of a secret is changed.
      write(`{${bot}, ${other.replace('bbbbbb', 'cccccc')}}`, `removed-${age}.json`);
      expect(await status('the-next-token-bbbbbb')).toBe(401);
      expect(await status('the-next-token-cccccc')).toBe(200);
      await close();
    },
  );

  it('[A4] A file that is renamed over the old one is read', async () => {
    const { path, status, close } = await open('renamed.json', `{${bot}}`);
    renameSync(write(`{${other}}`, 'new.json'), path);
    expect([await status(TOKEN), await status('the-next-token-bbbbbb')]).toEqual([401, 200]);
    measurement(23, 'a token that is taken out of its file is refused by the next request');
    await close();
  });

  const changes: readonly (readonly [string, (path: string) => void, string])[] = [
    ['is no JSON', path => writeFileSync(path, '{'), 'it is not JSON'],
    ['names no token', path => writeFileSync(path, '{}'), 'are invalid'],
    ['is gone', path => rmSync(path), 'ENOENT'],
    ['may be changed by others', path => chmodSync(path, 0o666), 'mode 666'],
  ];
  it.each(hasModes ? changes : changes.slice(0, -1))(
    '[A4] A file that %s leaves the callers as they were, and logs one error',
    async (_, change, error) => {
      const { path, status, close } = await open('invalid.json', `{${other}}`);
      change(path);
      for (let i = 0; i < 3; i++) expect(await status('the-next-token-bbbbbb')).toBe(200);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('tokens not read anew: the callers before stay');
      expect(lines[0]).toContain(error);
      expect(lines[0]).not.toContain('bbbbbb');
      rmSync(path, { force: true });
      write(`{${bot}, ${other}}`, 'invalid.json');
      expect(await status('the-next-token-bbbbbb')).toBe(200);
      expect(lines).toHaveLength(2);
      await close();
    },
  );
});
