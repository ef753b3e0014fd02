import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAME = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;
const maps = new Map<string, SourceMap | undefined>();

/**
 * The stack of an error in lines of the source instead of the bundle. `node --enable-source-maps` would read the map
 * of every bundle while it is loaded, which a cold start pays for; here the first error that is logged does.
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
  // Relative to the folder of the bundle, which says nothing after a deployment.
  const file = origin.fileName.replace(/^(?:\.\.\/)+/, '');
  return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

/** Undefined when there is none, or none that can be read: an error is logged all the same. */
function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')));
  } catch {
    return undefined;
  }
}
