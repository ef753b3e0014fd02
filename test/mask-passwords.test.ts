import { expect, it } from 'vitest';
import { maskPasswords } from '../shared/mask-passwords.ts';

it.each([
  ['http://user:secret@db:8000', 'http://user:***@db:8000'],
  ['at http://user:se@cr:et@db/x and https://a:b@c', 'at http://user:***@db/x and https://a:***@c'],
  ['http://:secret@db', 'http://:***@db'],
  ['http://token-of-somebody@db', 'http://***@db'],
  ['{"endpoint":"http://user:secret@db"}', '{"endpoint":"http://user:***@db"}'],
])('[A6] The password in %j is masked', (text, masked) => {
  expect(maskPasswords(text)).toBe(masked);
});

it.each([
  'http://127.0.0.1:8787/v1/status?to=a@b',
  'mail a@example.com, or see https://example.com/x:y@z',
  'http://[::1]:8000',
  'no address: a@b',
])('[A6] The text %j without a password stays', text => {
  expect(maskPasswords(text)).toBe(text);
});
