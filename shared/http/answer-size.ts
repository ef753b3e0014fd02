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

/**
 * Returns a function that takes the rows of one page in order, and returns whether the next one still fits. A page has
 * at most `limit` rows, and at most `MAX_ANSWER_BYTES`. The first row always fits.
 * @param besides the other members of the answer, which take space too
 */
export function pageFits(limit: number, besides: object = {}): (row: object) => boolean {
  let bytes = ENVELOPE_BYTES + handedOnBytes(JSON.stringify(besides));
  let rows = 0;
  return row => {
    bytes += handedOnBytes(JSON.stringify(row));
    if (rows > 0 && (rows === limit || bytes > MAX_ANSWER_BYTES)) return false;
    rows++;
    return true;
  };
}

/** Returns the first rows of a list that fit on a page. The next page begins at the row after them. */
export function firstThatFit<T extends object>(
  rows: readonly T[],
  limit: number,
  besides: object = {},
): readonly T[] {
  const fits = pageFits(limit, besides);
  const end = rows.findIndex(row => !fits(row));
  return end === -1 ? rows : rows.slice(0, end);
}
