const POSTGRES_TIME =
  /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(\.\d+)?\s*(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?$/i;

/**
 * A timestamp as Postgres prints it, as RFC 3339: `2025-01-19 23:27:00+00` → `2025-01-19T23:27:00Z`.
 * Without a zone it is taken as UTC. Anything else comes back as it is, for the service to judge.
 */
export function rfc3339(text: string): string {
  const parts = POSTGRES_TIME.exec(text.trim());
  if (!parts) return text;
  const [, date, minutes, seconds = ':00', fraction = '', , hourOffset = '+00', minuteOffset = '00'] = parts;
  const utc = /^[+-]00$/.test(hourOffset) && minuteOffset === '00';
  return `${date}T${minutes}${seconds}${fraction}${utc ? 'Z' : `${hourOffset}:${minuteOffset}`}`;
}
