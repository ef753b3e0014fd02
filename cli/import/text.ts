const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the text of UTF-8 bytes; undefined when they are not UTF-8. A decoder must not replace them: texts would merge. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A text of characters below 0x80, which are the same as bytes and as letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern covers all of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** Returns the text of a cell whose characters are bytes; undefined when the bytes are not UTF-8. */
export function decodeCell(cell: string): string | undefined {
  return ASCII.test(cell) ? cell : decodeUtf8(Buffer.from(cell, 'latin1'));
}

/** Returns bytes as text to show. When they are not UTF-8, each byte above 0x7f is shown as `\\xff`. */
export function showBytes(bytes: Buffer): string {
  return (
    decodeUtf8(bytes) ??
    bytes.toString('latin1').replaceAll(/[\u0080-\u00ff]/g, byte => `\\x${byte.charCodeAt(0).toString(16)}`)
  );
}
