/**
 * Maximum bytes of an answer as Lambda hands it on (contract, section 11). Lambda's own limit is 6 MB, for body, headers
 * and status together.
 */
export const MAX_ANSWER_BYTES = 5_500_000;
/** Bytes of a page besides its rows and what the route names: headers, names of members, the token of the next page. */
const ENVELOPE_BYTES = 20_000;

/** Returns the bytes of a body as Lambda hands it on: a text inside JSON, which escapes quotes and backslashes. */
export function handedOnBytes(body: string): number {
  return Buffer.byteLength(JSON.stringify(body));
}

/** Returns the bytes of a part of an answer as Lambda hands it on. */
export function partBytes(part: object): number {
  return handedOnBytes(JSON.stringify(part));
}

/**
 * Returns a function that takes the rows of one page in order, and returns whether the next one still fits. A page has
 * at most `limit` rows, and at most `MAX_ANSWER_BYTES`. The first row always fits.
 * @param reserved bytes of the other members of the answer
 */
export function pageFits(limit: number, reserved = 0): (row: object) => boolean {
  let bytes = ENVELOPE_BYTES + reserved;
  let rows = 0;
  return row => {
    bytes += partBytes(row);
    if (rows > 0 && (rows === limit || bytes > MAX_ANSWER_BYTES)) return false;
    rows++;
    return true;
  };
}

/** Returns the first rows of a list that fit on a page. The next page begins at the row after them. */
export function firstThatFit<T extends object>(
  rows: readonly T[],
  limit: number,
  reserved = 0,
): readonly T[] {
  const fits = pageFits(limit, reserved);
  const end = rows.findIndex(row => !fits(row));
  return end === -1 ? rows : rows.slice(0, end);
}
