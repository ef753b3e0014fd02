import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAME = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;
const maps = new Map<string, SourceMap | undefined>();

/**
 * Returns the stack of an error with lines of the source instead of the bundle. `node --enable-source-maps` reads the
 * source map while it loads the bundle, which lengthens every cold start. Here the map is read when the first error is
 * logged.
 */
export function sourceStack({ stack }: Error): string | undefined {
  return stack?.replaceAll(FRAME, (frame, file: string, line: string, column: string) => {
    const map = mapOf(file);
    const origin = map && sourceOf(map, Number(line), Number(column));
    return origin ?? frame;
  });
}

function sourceOf(map: SourceMap, line: number, column: number): string | undefined {
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin) || !origin.fileName) return undefined;
  // The path is relative to the folder of the bundle, which has no meaning after a deployment.
  const file = origin.fileName.replace(/^(?:\.\.\/)+/, '');
  return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

/** Returns undefined if there is no readable source map: the error is then logged with its original stack. */
function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')));
  } catch {
    return undefined;
  }
}
