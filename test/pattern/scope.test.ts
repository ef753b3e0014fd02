import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeScope } from '../../shared/pattern/describe-scope.ts';
import { covers, dimensionCount, normalizeScope, scopeFromPairs } from '../../shared/pattern/scope.ts';
import { scopeHash } from '../../shared/pattern/scope-hash.ts';
import { faultOf } from '../support/fault-of.ts';

const hash = (raw: unknown): string => scopeHash(normalizeScope(raw));

describe('the scope hash', () => {
  it('The scope hash of {} is 44136fa355b3678a1146ad16f7e8649e', () => {
    expect(hash({})).toBe('44136fa355b3678a1146ad16f7e8649e');
  });

  it('The scope hash is the first 32 digits of SHA-256 over the UTF-8 JSON with sorted names and no white space', () => {
    const text = '{"bucket":"nano","chain":"sölana","timeframe":"15m"}';
    const expected = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
    expect(hash({ timeframe: '15m', chain: 'sölana', bucket: 'nano' })).toBe(expected);
  });

  it('Dimension names are sorted by code unit: capitals, underscore, small letters', () => {
    expect(Object.keys(normalizeScope({ b: 1, a_: 1, ab: 1, aB: 1, B: 1, a1: 1 }))).toEqual([
      'B',
      'a1',
      'aB',
      'a_',
      'ab',
      'b',
    ]);
  });
});

describe('every value has one text form', () => {
  it.each([
    [2, '2'],
    [2.0, '2'],
    ['2', '2'],
    [' 2\t', '2'],
    [-0, '0'],
    [0, '0'],
    [0.1, '0.1'],
    [2 ** 53 - 1, '9007199254740991'],
    [1 - 2 ** 53, '-9007199254740991'],
    [1e-7, '1e-7'],
    [-1.5, '-1.5'],
    [true, 'true'],
    ['true', 'true'],
    [false, 'false'],
    ['  solana  ', 'solana'],
    ['\u00e9', '\u00e9'],
    ['e\u0301', '\u00e9'],
    ['\u212b', '\u00c5'],
    ['a\nb', 'a\nb'],
    ['a\u0000b', 'a\u0000b'],
    ['"quoted"', '"quoted"'],
    ['\u202eabc', '\u202eabc'],
    ['🚀', '🚀'],
  ])('The scope value %j has the canonical text %j', (value, text) => {
    expect(normalizeScope({ d: value })).toEqual({ d: text });
  });

  it('The scope values 2.0 and "2.0" differ, because a text is not read as a number', () => {
    expect(hash({ d: 2.0 })).not.toBe(hash({ d: '2.0' }));
  });

  it.each([[null], [''], ['   '], ['\n\t']])(
    'The scope value %j means that the dimension is absent',
    value => {
      expect(normalizeScope({ d: value, e: 1 })).toEqual({ e: '1' });
      expect(hash({ d: value })).toBe(hash({}));
    },
  );

  it.each([2 ** 53, -(2 ** 53), 9_007_199_254_740_994, 1e21, -1e300])(
    'The scope value %d is rejected, because other whole numbers are read as the same number',
    value => {
      const fault = faultOf(() => normalizeScope({ account: value }));
      const message = 'a whole number must lie within ±(2^53 − 1): send it as text';
      expect([fault.code, fault.issues]).toEqual(['invalid_scope', [{ path: 'scope.account', message }]]);
      expect(normalizeScope({ account: String(value) })).toEqual({ account: String(value) });
    },
  );

  it('A dimension with the value 0 or false is present', () => {
    expect(normalizeScope({ a: 0, b: false })).toEqual({ a: '0', b: 'false' });
  });
});

describe('limits', () => {
  const dims = (n: number): object => Object.fromEntries(Array.from({ length: n }, (_, i) => [`d${i}`, i]));

  it('A scope of 64 dimensions is accepted', () => {
    expect(dimensionCount(normalizeScope(dims(64)))).toBe(64);
  });

  it('A scope of 65 dimensions is rejected', () => {
    const fault = faultOf(() => normalizeScope(dims(65)));
    expect([fault.code, fault.message]).toEqual([
      'invalid_scope',
      'a scope must have at most 64 dimensions, this one has 65',
    ]);
  });

  it('Absent dimensions do not count towards the limit of 64', () => {
    expect(dimensionCount(normalizeScope({ ...dims(64), x: null, y: '' }))).toBe(64);
  });

  it.each(['x', 'é', '🚀', '入'])(
    'A scope value of 128 characters %s is accepted, and one of 129 is rejected',
    c => {
      expect(normalizeScope({ d: c.repeat(128) })).toEqual({ d: c.repeat(128) });
      expect(normalizeScope({ d: ` ${c.repeat(128)} ` })).toEqual({ d: c.repeat(128) });
      const fault = faultOf(() => normalizeScope({ d: c.repeat(129) }));
      expect([fault.code, fault.issues]).toEqual([
        'invalid_scope',
        [{ path: 'scope.d', message: 'a value must have at most 128 characters' }],
      ]);
    },
  );

  it('The length of a scope value is counted after Unicode normalization to NFC', () => {
    expect(normalizeScope({ d: 'e\u0301'.repeat(128) })).toEqual({ d: 'é'.repeat(128) });
  });

  it('A dimension name of 64 characters is accepted, and one of 65 is rejected', () => {
    expect(normalizeScope({ ['n'.repeat(64)]: 1 })).toEqual({ ['n'.repeat(64)]: '1' });
    expect(faultOf(() => normalizeScope({ ['n'.repeat(65)]: 1 })).code).toBe('invalid_scope');
  });
});

describe('hostile names', () => {
  it('The dimension name __proto__ is rejected', () => {
    const fault = faultOf(() => normalizeScope(JSON.parse('{"__proto__":"x"}')));
    expect(fault.issues[0]?.path).toBe('scope.__proto__');
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'The dimension name %s is an ordinary name',
    name => {
      const scope = normalizeScope(JSON.parse(`{"${name}":"x"}`));
      expect(Object.entries(scope)).toEqual([[name, 'x']]);
      expect(Object.hasOwn(scope, name)).toBe(true);
      expect(covers(scope, scope)).toBe(true);
      expect(covers(scope, normalizeScope({}))).toBe(false);
      expect(covers(scope, normalizeScope({ [name]: 'y' }))).toBe(false);
    },
  );

  it.each([
    '#pk',
    ':v',
    '',
    '1a',
    '_a',
    'a-b',
    'a.b',
    'a b',
    'a=b',
    'a|b',
    'a\u0000',
    'a\n',
    'é',
    '__proto__',
    'N'.repeat(10_000),
  ])('The dimension name %j is rejected, and the message stays short', name => {
    const fault = faultOf(() => normalizeScope(Object.fromEntries([[name, 'x']])));
    expect(fault.code).toBe('invalid_scope');
    expect(fault.message.length).toBeLessThan(250);
    expect(fault.issues[0]?.path.length).toBeLessThan(80);
  });

  it('A hostile scope changes no prototype', () => {
    for (const text of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'])
      expect(faultOf(() => normalizeScope(JSON.parse(text))).code).toBe('invalid_scope');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('invalid scopes and values', () => {
  it.each([[null], [undefined], ['chain=solana'], [1], [true], [[]], [['chain', 'solana']]])(
    'The scope %j is rejected',
    raw => {
      expect(faultOf(() => normalizeScope(raw)).message).toBe('a scope must be an object');
    },
  );

  it.each([[{}], [[]], [['a']], [{ a: 1 }], [Number.NaN], [Infinity], [-Infinity]])(
    'The scope value %j is rejected',
    value => {
      expect(faultOf(() => normalizeScope({ d: value })).issues[0]?.path).toBe('scope.d');
    },
  );

  it.each(['\ud800', 'a\udc00b', '\udc00\ud800'])(
    'The scope value %j with a lone surrogate is rejected',
    value => {
      expect(faultOf(() => normalizeScope({ d: value })).issues).toEqual([
        { path: 'scope.d', message: 'a value must be well-formed Unicode' },
      ]);
    },
  );
});

describe('scopes that look alike do not collide', () => {
  it.each([
    [{ a: 'b|c=d' }, { a: 'b', c: 'd' }],
    [{ a: 'b, c=d' }, { a: 'b', c: 'd' }],
    [{ a: 'b","c":"d' }, { a: 'b', c: 'd' }],
    [{ a: 'b\\' }, { a: 'b' }],
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'B' }, { a: 'b' }],
    [{ A: 'b' }, { a: 'b' }],
    [{ a: '1' }, { a: '1.0' }],
    [{ a: 'null' }, { a: null }],
  ])('The similar scopes %j and %j have different hashes', (one, other) => {
    expect(hash(one)).not.toBe(hash(other));
    expect(
      covers(normalizeScope(one), normalizeScope(other)) &&
        covers(normalizeScope(other), normalizeScope(one)),
    ).toBe(false);
  });
});

const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/),
  fc.constantFrom('constructor', 'toString', 'valueOf', 'hasOwnProperty', 'a', 'b', 'c'),
);
const value = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.double({ noNaN: true, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const rawScope = fc
  .uniqueArray(fc.tuple(name, value), { selector: ([n]) => n, maxLength: 20 })
  .map(pairs => Object.fromEntries(pairs));

describe('for any scope', () => {
  it('[R4] Normalizing a canonical scope returns an equal scope', () => {
    fc.assert(
      fc.property(rawScope, raw => {
        const scope = normalizeScope(raw);
        expect(normalizeScope(scope)).toEqual(scope);
        expect(JSON.stringify(normalizeScope(scope))).toBe(JSON.stringify(scope));
      }),
    );
  });

  it('The order of dimension names does not change the scope hash', () => {
    fc.assert(
      fc.property(rawScope, raw => {
        const reversed = Object.fromEntries(Object.entries(raw).reverse());
        expect(hash(reversed)).toBe(hash(raw));
      }),
    );
  });

  it('[R4] Two scopes have equal hashes exactly when they are equal', () => {
    fc.assert(
      fc.property(rawScope, rawScope, (one, other) => {
        const [a, b] = [normalizeScope(one), normalizeScope(other)];
        expect(scopeHash(a) === scopeHash(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('A scope is covered by itself, by {} and by every subset of its pairs', () => {
    fc.assert(
      fc.property(rawScope, fc.infiniteStream(fc.boolean()), (raw, coins) => {
        const scope = normalizeScope(raw);
        const part = scopeFromPairs(Object.entries(scope).filter(() => coins.next().value === true));
        expect(covers(scope, scope)).toBe(true);
        expect(covers({}, scope)).toBe(true);
        expect(covers(part, scope)).toBe(true);
        expect(covers(scope, part)).toBe(dimensionCount(part) === dimensionCount(scope));
      }),
    );
  });

  it('Canonical scope values are trimmed, in NFC, and 1 to 128 characters long', () => {
    fc.assert(
      fc.property(rawScope, raw => {
        for (const text of Object.values(normalizeScope(raw))) {
          expect(text).toBe(text.trim().normalize('NFC'));
          expect([...text].length).toBeGreaterThan(0);
          expect([...text].length).toBeLessThanOrEqual(128);
        }
      }),
    );
  });
});

it('A scope is described as its pairs, or as "everything"', () => {
  expect(describeScope(normalizeScope({ chain: 'solana', bucket: 'nano' }))).toBe(
    'bucket=nano, chain=solana',
  );
  expect(describeScope({})).toBe('everything');
});
