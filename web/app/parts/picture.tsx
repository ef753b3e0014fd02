import { type ComponentChild, createElement, type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Shape, svgText } from '../../../shared/plot/shape.ts';
import { type Column, DataTable } from './table.tsx';
import { download, toCsv } from './take-away.tsx';

interface PictureProps<Row> {
  /** The name of the picture, for its caption and its files. */
  readonly name: string;
  /** Draws the picture for a width in pixels. */
  readonly draw: (width: number) => Shape;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The content of the picture, in words. */
  readonly children?: ComponentChild;
  readonly onDrag?: (x: number, width: number) => void;
}

/** A picture, the same as a table, and both as files. */
export function Picture<Row>({ name, draw, columns, rows, children, onDrag }: PictureProps<Row>) {
  const [asTable, setAsTable] = useState(false);
  const [ref, width] = useWidth();
  const save = (): void => download(`${name}.svg`, 'image/svg+xml', svgText(draw(820)));
  return (
    <figure class="picture">
      <div ref={ref} class="canvas">
        {asTable ? (
          <DataTable name={name} columns={columns} rows={rows} />
        ) : (
          width > 0 && <Drawing shape={draw(width)} width={width} onDrag={onDrag} />
        )}
      </div>
      <figcaption>
        <span>{children}</span>
        <span class="tools">
          <button type="button" class="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Picture' : 'Table'}
          </button>
          <button type="button" class="quiet" onClick={save}>
            SVG
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => download(`${name}.csv`, 'text/csv', toCsv(columns, rows))}
          >
            CSV
          </button>
        </span>
      </figcaption>
    </figure>
  );
}

interface DrawingProps {
  readonly shape: Shape;
  readonly width: number;
  readonly onDrag?: ((x: number, width: number) => void) | undefined;
}

function Drawing({ shape, width, onDrag }: DrawingProps) {
  if (!onDrag) return element(shape);
  const move = (event: PointerEvent): void => {
    const target = event.currentTarget as HTMLElement;
    if (event.buttons === 1) onDrag(event.clientX - target.getBoundingClientRect().left, width);
  };
  return (
    <div class="drag" onPointerDown={move} onPointerMove={move}>
      {element(shape)}
    </div>
  );
}

/** Makes elements of a picture. Its texts are set as text. */
function element({ tag, attributes, children = [] }: Shape): VNode {
  return createElement(
    tag,
    attributes as object,
    ...children.map(child => (typeof child === 'string' ? child : element(child))),
  );
}

/** Returns the width of an element, in whole pixels, and follows its changes. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width));
    });
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}
