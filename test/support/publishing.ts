/** Returns options with which a run publishes, whatever else they set. */
export function publishing(options: object): object {
  return Object.keys(options).length === 0 ? options : { publish: true, reason: 'a test', ...options };
}
