const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the text of UTF-8 bytes; undefined when they are not UTF-8. A decoder must not replace them: texts would merge. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns bytes as text to show. When they are not UTF-8, each byte above 0x7f is shown as `\\xff`. */
export function showBytes(bytes: Buffer): string {
  return (
    decodeUtf8(bytes) ??
    bytes.toString('latin1').replaceAll(/[\u0080-\u00ff]/g, byte => `\\x${byte.charCodeAt(0).toString(16)}`)
  );
}
