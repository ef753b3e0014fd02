import { expect, it } from 'vitest';
import { itemBytes } from '../../shared/dynamodb/item-size.ts';

it.each<[string, object, number]>([
  ['a text of one-byte characters', { S: 'abc' }, 3],
  ['a text of a character outside the BMP', { S: '\u{1F600}' }, 4],
  ['an empty text', { S: '' }, 0],
  ['the number 0', { N: '0' }, 1],
  ['a number of two digits', { N: '12' }, 2],
  ['a number of three digits', { N: '1.23' }, 3],
  ['a number with zeros at both ends', { N: '0.001200' }, 2],
  ['a number with an exponent', { N: '1.5e-20' }, 2],
  ['a negative number', { N: '-12' }, 3],
  ['binary in base64', { B: Buffer.from([1, 2, 3, 4]).toString('base64') }, 4],
  ['binary as bytes', { B: Uint8Array.of(1, 2, 3, 4) }, 4],
  ['true', { BOOL: true }, 1],
  ['null', { NULL: true }, 1],
  ['a set of texts', { SS: ['é', 'a'] }, 3],
  ['a set of numbers', { NS: ['12', '-1'] }, 5],
  ['an empty list', { L: [] }, 3],
  ['a list', { L: [{ S: 'ab' }, { BOOL: false }] }, 3 + 1 + 2 + 1 + 1],
  ['an empty map', { M: {} }, 3],
  ['a map with a map', { M: { é: { M: { a: { S: 'b' } } } } }, 3 + 1 + 2 + 3 + 1 + 1 + 1],
])('%s takes the bytes that DynamoDB documents, besides the name', (_, value, bytes) => {
  expect(itemBytes({ näme: value })).toBe(5 + bytes);
});

it('The bytes of an item are those of all its attributes', () => {
  expect(itemBytes({})).toBe(0);
  expect(itemBytes({ pk: { S: 'a' }, sk: { S: 'bc' } })).toBe(7);
});
