/** The user and the password of an address; without a colon, the user may be a secret itself. */
const USER_INFO = /:\/\/(?:([^\s"'/@:]*):)?[^\s"'/@]*(?:@[^\s"'/@]*)*@/g;

/** Returns a text in which `***` stands for the password of every address, such as `http://user:***@host`. */
export function maskPasswords(text: string): string {
  return text.replaceAll(USER_INFO, (_, user?: string) => `://${user === undefined ? '' : `${user}:`}***@`);
}
