import { Fault } from '../errors.ts';

/**
 * Returns the fault of a stored event or outcome in a format that is too new for this code. The fault has the code
 * `damaged_event`, because a damaged byte can look like a newer version. A run lists such an event and does not
 * publish.
 * @param subject names the data in the message, for example `a packed event`
 * @param stored version of the format of the data
 * @param newest newest version that this code reads
 */
export function newerFormat(subject: string, stored: number, newest: number): Fault {
  return new Fault(
    'damaged_event',
    `${subject} was written by a newer version of this service (format ${stored}; this version reads up to ${newest}); ` +
      'update the service',
  );
}
