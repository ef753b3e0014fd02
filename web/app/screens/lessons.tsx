import { countText, percent } from '../../../shared/format.ts';
import type { LessonsPage } from '../../../shared/http/schemas/lessons.ts';
import { forestShapes } from '../../../shared/plot/forest.ts';
import { type Params, setParams } from '../address.ts';
import { Choice, Field } from '../parts/field.tsx';
import { Loaded, Panel } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { usePages } from '../use-pages.ts';
import {
  columnsOf,
  dimensions,
  estimateOf,
  forestRow,
  type Lesson,
  PROVEN_Q,
  qOf,
  RATES,
  ratesOf,
  SCOPE,
} from './lesson-rows.tsx';

const GENERAL_FIRST = 'general first';
/** Other orders of the list, as the service names them. */
const SORTS: Readonly<Record<string, string>> = {
  'most events': '-n',
  'fewest events': 'n',
  'smallest q': 'q',
};

/** Rows of the picture; the table has all. */
const DRAWN = 40;
/** Screen 3: what each slice taught, how sure that is, and what is missing for the next lesson. */
export function Lessons({ pattern, params }: { readonly pattern: string; readonly params: Params }) {
  const near = params.near === 'true';
  const { contains = '', sort = '' } = params;
  // The slice of everything has most events, so the first page holds it.
  const chosen = near ? { near: 'true' } : { contains: contains.trim(), sort: SORTS[sort] ?? '-n' };
  const list = path('/v1/lessons', { pattern_key: pattern, limit: 500, ...chosen });
  const pages = usePages<LessonsPage, Lesson>(list, page => page.lessons);
  return (
    <Panel
      title={near ? 'Near misses: slices that need a few more events' : 'Lessons'}
      aside={<CopyAs path={list} command={`lessons ${pattern}${near ? ' --near' : ''}`} />}
    >
      <div class="row">
        <span class="tabs">
          <button type="button" aria-pressed={!near} onClick={() => setParams({ near: '' })}>
            Lessons
          </button>
          <button type="button" aria-pressed={near} onClick={() => setParams({ near: 'true' })}>
            Near misses
          </button>
        </span>
        {!near && (
          <>
            <Field
              label="Contains"
              value={contains}
              onInput={text => setParams({ contains: text })}
              placeholder="solana, timeframe …"
            />
            <Choice
              label="Order"
              value={sort || GENERAL_FIRST}
              options={[GENERAL_FIRST, ...Object.keys(SORTS)]}
              onChange={choice => setParams({ sort: choice === GENERAL_FIRST ? '' : choice })}
            />
          </>
        )}
      </div>
      <Loaded answer={pages}>
        {lessons => (
          <>
            {near ? (
              <Near lessons={lessons} />
            ) : (
              <Forest pattern={pattern} lessons={lessons} params={params} />
            )}
            {pages.hasMore && (
              <p class="muted">
                {countText(lessons.length)} lessons{' '}
                <button type="button" class="quiet" onClick={pages.more}>
                  More
                </button>
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Near({ lessons }: { readonly lessons: readonly Lesson[] }) {
  const columns: readonly Column<Lesson>[] = [
    { title: 'needs', text: row => `${row.lacks ?? 0} more`, sort: row => row.lacks ?? 0, align: 'right' },
    { title: 'n', text: row => countText(row.n), sort: row => row.n, align: 'right' },
    SCOPE,
  ];
  return (
    <DataTable name="near lessons" columns={columns} rows={lessons} empty="No slice is just below N_MIN." />
  );
}

interface ForestProps {
  readonly pattern: string;
  readonly lessons: readonly Lesson[];
  readonly params: Params;
}

function Forest({ pattern, lessons, params }: ForestProps) {
  const rates = ratesOf(lessons[0]);
  const rate = rates.find(each => each === params.rate) ?? rates[0] ?? 'wr';
  const folded = lessons.filter(lesson => lesson.same_as === undefined);
  const ordered = params.sort
    ? folded
    : folded.toSorted((a, b) => dimensions(a) - dimensions(b) || qOf(a) - qOf(b) || b.n - a.n);
  const drawn = ordered.slice(0, DRAWN);
  const everything = folded.find(lesson => dimensions(lesson) === 0);
  const equal = lessons.length - folded.length;
  const title = `${pattern}: ${RATES[rate]}, 90 % intervals`;
  const draw = (width: number) =>
    forestShapes(
      {
        title,
        axis: everything ? `${RATES[rate]} (line: everything)` : RATES[rate],
        from: 0,
        to: 1,
        format: value => `${Math.round(value * 100)} %`,
        reference: everything && estimateOf(everything, rate),
        rows: drawn.map(lesson => forestRow(lesson, rate)),
      },
      width,
    );
  if (lessons.length === 0 && params.contains) return <p class="empty">No lesson contains this.</p>;
  if (lessons.length === 0)
    return <p class="empty">No slice has enough events yet. The near misses say how many are missing.</p>;
  return (
    <>
      <Choice label="Rate" value={rate} options={rates} onChange={choice => setParams({ rate: choice })} />
      <Picture name={`${pattern} lessons ${rate}`} draw={draw} columns={columnsOf(rates)} rows={ordered}>
        ▲ more and ▼ less success than the rest, at a false discovery rate of {percent(PROVEN_Q)}; ○ no proven
        difference. {ordered.length > DRAWN && `The first ${DRAWN} of ${ordered.length} are drawn. `}
        {equal > 0 && `${equal} slices hold the same events as one above and are folded into it.`}
      </Picture>
      <details>
        <summary>Why a lesson leads to no override</summary>
        <DataTable
          name="reasons"
          columns={[
            SCOPE,
            { title: 'why not', text: row => row.why_not ?? 'it has an override', wide: true },
          ]}
          rows={ordered}
        />
      </details>
    </>
  );
}
