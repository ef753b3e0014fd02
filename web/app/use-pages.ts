import { useEffect, useState } from 'preact/hooks';
import { CallError, call } from './service.ts';
import { type Answer, useAnswer } from './use-answer.ts';

interface Page {
  readonly next?: string | undefined;
}

interface Pages<Row> extends Answer<readonly Row[]> {
  readonly hasMore: boolean;
  /** Reads the next page, unless it is being read. */
  readonly more: () => void;
}

interface Further<Row> {
  readonly of: unknown;
  readonly rows: readonly Row[];
  readonly next: string | undefined;
  readonly error: CallError | undefined;
}

/** Reads a list page by page, as far as it is looked at. */
export function usePages<P extends Page, Row>(path: string, rowsOf: (page: P) => readonly Row[]): Pages<Row> {
  const first = useAnswer<P>(path);
  const [further, setFurther] = useState<Further<Row>>();
  const [reading, setReading] = useState(false);
  useEffect(() => setReading(false), [path]);
  const current = further?.of === first.data ? further : undefined;
  const next = current ? current.next : first.data?.next;
  const more = (): void => {
    if (next === undefined || reading) return;
    setReading(true);
    const rest = { of: first.data, rows: current?.rows ?? [] };
    call<P>('GET', `${path}&next=${encodeURIComponent(next)}`)
      .then(
        page =>
          setFurther({ ...rest, rows: [...rest.rows, ...rowsOf(page)], next: page.next, error: undefined }),
        (error: unknown) =>
          setFurther({ ...rest, next: undefined, error: error instanceof CallError ? error : undefined }),
      )
      .finally(() => setReading(false));
  };
  return {
    ...first,
    error: first.error ?? current?.error,
    data: first.data && [...rowsOf(first.data), ...(current?.rows ?? [])],
    hasMore: next !== undefined,
    more,
  };
}
