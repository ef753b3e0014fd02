const POSTGRES_TIME =
  /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(\.\d+)?\s*(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?$/i;

/**
 * Converts a Postgres timestamp to RFC 3339: `2025-01-19 23:27:00+00` → `2025-01-19T23:27:00Z`. A timestamp
 * without a zone is read as UTC. Any other text is returned unchanged; the service then rejects it.
 */
export function rfc3339(text: string): string {
  const parts = POSTGRES_TIME.exec(text.trim());
  if (!parts) return text;
  const [, date, minutes, seconds = ':00', fraction = '', , hourOffset = '+00', minuteOffset = '00'] = parts;
  const utc = /^[+-]00$/.test(hourOffset) && minuteOffset === '00';
  return `${date}T${minutes}${seconds}${fraction}${utc ? 'Z' : `${hourOffset}:${minuteOffset}`}`;
}
