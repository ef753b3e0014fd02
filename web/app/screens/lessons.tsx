import { countText, percent, percentRange } from '../../../shared/format.ts';
import type { LessonsPage } from '../../../shared/http/schemas/lessons.ts';
import { describeScope } from '../../../shared/pattern/describe-scope.ts';
import { type ForestRow, forestShapes } from '../../../shared/plot/forest.ts';
import { type Params, setParams } from '../address.ts';
import { gain } from '../figures.ts';
import { Choice } from '../parts/field.tsx';
import { Loaded, Panel, ScopeText } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import { type Column, DataTable } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { usePages } from '../use-pages.ts';

type Lesson = LessonsPage['lessons'][number];

const RATES = {
  wr: 'win rate of acted events',
  fpr: 'failures of acted events',
  mr: 'misses of skipped events',
  dr: 'dodges of skipped events',
  failure_rate: 'failures of episodes with a ladder',
} as const;
type Rate = keyof typeof RATES;

/** Rows of the picture; the table has all. */
const DRAWN = 40;
/** The false discovery rate up to which a difference counts as proven. */
const PROVEN_Q = 0.1;

/** Screen 3: what each slice taught, how sure that is, and what is missing for the next lesson. */
export function Lessons({ pattern, params }: { readonly pattern: string; readonly params: Params }) {
  const near = params.near === 'true';
  const list = path('/v1/lessons', { pattern_key: pattern, limit: 500, near: near ? 'true' : undefined });
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
  const ordered = folded.toSorted((a, b) => dimensions(a) - dimensions(b) || qOf(a) - qOf(b) || b.n - a.n);
  const drawn = ordered.slice(0, DRAWN);
  const everything = folded.find(lesson => dimensions(lesson) === 0);
  const equal = lessons.length - folded.length;
  const title = `${pattern}: ${RATES[rate]}, 90 % intervals`;
  const draw = (width: number) =>
    forestShapes(
      {
        title,
        axis: `${RATES[rate]} (line: everything)`,
        from: 0,
        to: 1,
        format: value => `${Math.round(value * 100)} %`,
        reference: everything && estimateOf(everything, rate),
        rows: drawn.map(lesson => forestRow(lesson, rate)),
      },
      width,
    );
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

/** Formats a q-value: two digits, as smaller ones differ for no reader. */
function qText(q: number | undefined): string {
  if (q === undefined) return '–';
  return q < 0.0001 ? '< 0.0001' : String(Number(q.toPrecision(2)));
}

const dimensions = (lesson: Lesson): number => Object.keys(lesson.scope_subset).length;
const qOf = (lesson: Lesson): number => lesson.uncertainty?.q ?? 1;

function ratesOf(lesson: Lesson | undefined): readonly Rate[] {
  return lesson?.action_category === 'tuning_dx_ladder' ? ['failure_rate'] : ['wr', 'fpr', 'mr', 'dr'];
}

const estimateOf = ({ stats }: Lesson, rate: Rate): number =>
  (stats as Partial<Record<Rate, number>>)[rate] ?? Number.NaN;

function intervalOf({ uncertainty }: Lesson, rate: Rate): readonly [number, number] {
  return (uncertainty as Partial<Record<Rate, [number, number]>> | undefined)?.[rate] ?? [0, 1];
}

function forestRow(lesson: Lesson, rate: Rate): ForestRow {
  const [low, high] = intervalOf(lesson, rate);
  const { difference = 0, q } = lesson.uncertainty ?? {};
  const proven = q !== undefined && q <= PROVEN_Q;
  return {
    name: describeScope(lesson.scope_subset),
    figure: `${countText(lesson.n)} · ${qText(q)}`,
    estimate: estimateOf(lesson, rate),
    low,
    high,
    differs: !proven ? 'none' : difference > 0 ? 'above' : 'below',
  };
}

const SCOPE: Column<Lesson> = {
  title: 'scope',
  text: row => describeScope(row.scope_subset),
  cell: row => <ScopeText scope={row.scope_subset} />,
  sort: row => describeScope(row.scope_subset),
};

function columnsOf(rates: readonly Rate[]): readonly Column<Lesson>[] {
  return [
    SCOPE,
    { title: 'n', text: row => countText(row.n), sort: row => row.n, align: 'right' },
    ...rates.map(
      (rate): Column<Lesson> => ({
        title: rate,
        text: row => `${percent(estimateOf(row, rate))} (${percentRange(intervalOf(row, rate))})`,
        sort: row => estimateOf(row, rate),
        align: 'right',
      }),
    ),
    {
      title: 'difference',
      text: row => (row.uncertainty?.difference === undefined ? '–' : gain(row.uncertainty.difference * 100)),
      sort: row => row.uncertainty?.difference ?? 0,
      align: 'right',
    },
    { title: 'q', text: row => qText(row.uncertainty?.q), sort: qOf, align: 'right' },
  ];
}
