/** Maximum bytes of an item, as DynamoDB counts them. */
export const MAX_ITEM_BYTES = 409_600;

/** Bytes of a list or a map besides its elements, and of each element besides its own value. */
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/**
 * Returns the bytes of an item as DynamoDB counts them: names and values, text in UTF-8.
 * Source: "DynamoDB item sizes and formats" in the Amazon DynamoDB Developer Guide.
 * @param item values in the form of DynamoDB's API: one member, whose name is the type; JSON has binary as base64 text
 */
export function itemBytes(item: Readonly<Record<string, object>>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  );
}

function valueBytes(value: object): number {
  const [[type, content] = []] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content));
    case 'N':
      return numberBytes(String(content));
    case 'B':
      return binaryBytes(content);
    case 'SS':
    case 'NS':
    case 'BS':
      return sum(listOf(content), element => valueBytes({ [type.charAt(0)]: element }));
    case 'L':
      return CONTAINER_BYTES + sum(listOf(content), element => ELEMENT_BYTES + valueBytes(Object(element)));
    case 'M': {
      const members: Readonly<Record<string, object>> = Object(content);
      return CONTAINER_BYTES + ELEMENT_BYTES * Object.keys(members).length + itemBytes(members);
    }
    default:
      // NULL and BOOL take one byte.
      return 1;
  }
}

/** Returns one byte for each two significant digits, one byte for the exponent, and one for a minus sign. */
function numberBytes(text: string): number {
  const digits = text.replace(/e.*$/i, '').replaceAll(/[-+.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
  return Math.ceil(digits.length / 2) + 1 + Number(text.startsWith('-'));
}

function binaryBytes(content: unknown): number {
  return content instanceof Uint8Array ? content.byteLength : Buffer.byteLength(String(content), 'base64');
}

const listOf = (content: unknown): readonly unknown[] => (Array.isArray(content) ? content : []);

function sum<T>(items: readonly T[], bytes: (item: T) => number): number {
  return items.reduce((total, item) => total + bytes(item), 0);
}
