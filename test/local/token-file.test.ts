import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallers } from '../../local/token-auth.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokens-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const path = join(folder, 'tokens.json');
  writeFileSync(path, text);
  return readCallers(path);
};
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
