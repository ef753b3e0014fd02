/**
 * An element of a picture. The page makes elements of it, and `svgText` makes a document of it, so that both show the
 * same picture. Its classes let a style sheet replace the colours, which the attributes set for a document by itself.
 */
export interface Shape {
  readonly tag: 'svg' | 'g' | 'title' | 'rect' | 'path' | 'circle' | 'text' | 'clipPath';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children?: readonly (Shape | string)[];
}

/** Returns an element of a picture. */
export function shape(
  tag: Shape['tag'],
  attributes: Shape['attributes'],
  children: readonly (Shape | string)[] = [],
): Shape {
  return { tag, attributes, children };
}

/** Returns a text at a place, in pixels. */
export function label(x: number, y: number, content: string, attributes: Shape['attributes'] = {}): Shape {
  return shape('text', { x: pixels(x), y: pixels(y), class: 'plot-label', fill: INK, ...attributes }, [
    content,
  ]);
}

/** Returns an `svg` element with a white ground and a title. @param width in pixels @param height in pixels */
export function picture(
  title: string,
  width: number,
  height: number,
  children: readonly (Shape | string)[],
): Shape {
  return shape(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'sans-serif',
      'font-size': 11,
      role: 'img',
    },
    [
      shape('title', {}, [title]),
      shape('rect', { class: 'plot-ground', width: '100%', height: '100%', fill: '#fff' }),
      ...children,
    ],
  );
}

export const INK = '#222';
export const FAINT = '#ddd';
export const AXIS = '#666';
/** Colours of the Okabe and Ito palette, which colour-blind readers tell apart; strokes and shapes differ as well. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#8b5a9f'] as const;

/** Rounds a place to a tenth of a pixel. */
export const pixels = (value: number): number => Math.round(value * 10) / 10;

/** Returns a picture as the text of an SVG document without scripts, style sheets and fonts. */
export function svgText(root: Shape): string {
  return `${elementText(root)}\n`;
}

function elementText({ tag, attributes, children = [] }: Shape): string {
  const names = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  const content = children.map(child => (typeof child === 'string' ? escaped(child) : elementText(child)));
  return content.length === 0
    ? `<${tag}${names.join('')}/>`
    : `<${tag}${names.join('')}>${content.join('')}</${tag}>`;
}

/**
 * Returns XML text: markup is escaped, control characters become spaces, and what else XML 1.0 forbids (halves of
 * surrogate pairs, U+FFFE, U+FFFF) becomes U+FFFD.
 */
function escaped(raw: string): string {
  return raw
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
