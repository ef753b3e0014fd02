/** Longest sentence and longest reason of an event, UTF-16 code units. */
export const MAX_SENTENCE = 600;
export const MAX_WHY = 300;

/** Line breaks, control characters, and format characters such as those that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Returns a text as one line of at most `max` UTF-16 code units, an ellipsis at its end when it was longer. */
export function oneLine(text: string, max: number): string {
  const line = text.replaceAll(UNPRINTABLE, ' ').replaceAll(/ {2,}/g, ' ').trim();
  return cutText(line, max);
}

/** Returns the first `max` UTF-16 code units of a text without half a surrogate pair, an ellipsis when it was longer. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
