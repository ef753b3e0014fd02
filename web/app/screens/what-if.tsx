import { useEffect, useMemo, useState } from 'preact/hooks';
import { countText } from '../../../shared/format.ts';
import type { WhatIfAnswer, WhatIfPointAnswer } from '../../../shared/http/schemas/what-if.ts';
import { linePlotShapes, placesOf } from '../../../shared/plot/line-plot-shapes.ts';
import { effectText, movedBy, whatIfPlots } from '../../../shared/plot/what-if.ts';
import { type Params, pairsOf, setParams } from '../address.ts';
import { gain, plain } from '../figures.ts';
import { Choice, Field } from '../parts/field.tsx';
import { Figure, Loaded, Panel } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import type { Column } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { type Session, useSession } from '../session.ts';
import { useAnswer } from '../use-answer.ts';

/** Largest difference that the six digits of an address make in a multiplier. */
const ROUNDING = 1e-5;
/** Points of the curve: at the usual range, one every half percent. */
const POINTS = 121;

/** Screen 4: drag a threshold, and see what past events would have brought. */
export function WhatIf({ pattern, params }: { readonly pattern: string; readonly params: Params }) {
  const [scope, setScope] = useState(params.scope ?? '');
  // The curve is shifted so that the threshold of the address is one of its points, and its figures are exact.
  const [shift, setShift] = useState(0);
  const levers = leversOf(pattern);
  const lever = params.lever ?? levers[0] ?? 'ts_min';
  const additive = lever.includes('slope');
  const { from = additive ? '-0.001' : '0.7', to = additive ? '0.001' : '1.3' } = params;
  const until = params.as_of || dataUntil(useSession(), pattern);
  const list = path('/v1/whatif', {
    pattern_key: pattern,
    lever,
    from: exact(Number(from) + shift),
    to: exact(Number(to) + shift),
    points: POINTS,
    as_of: until,
    lookback_days: params.days,
    ...Object.fromEntries(
      Object.entries(pairsOf(params.scope ?? '')).map(([name, value]) => [`scope.${name}`, value]),
    ),
  });
  const known = useSession().status.data !== undefined;
  const answer = useAnswer<WhatIfAnswer>(known ? list : undefined);
  const missed = additive || answer.loading ? 0 : missedBy(answer.data, params.at);
  useEffect(() => {
    if (missed !== 0) setShift(shift + missed);
  }, [missed]);
  const submit = (event: Event): void => {
    event.preventDefault();
    setParams({ scope });
  };
  return (
    <Panel
      title="What if"
      aside={<CopyAs path={list} command={commandOf(pattern, lever, from, to, params)} />}
    >
      <form class="row" onSubmit={submit}>
        <Choice
          label="Threshold"
          value={lever}
          options={levers}
          onChange={choice => setParams({ lever: choice, from: '', to: '', at: '' })}
        />
        <Field label="Slice" value={scope} onInput={setScope} placeholder="everything" size={30} />
        <Field
          label="Until"
          value={params.as_of ?? ''}
          onInput={text => setParams({ as_of: text })}
          placeholder={until?.slice(0, 10) ?? 'now'}
          size={12}
        />
        <Field
          label="Days"
          value={params.days ?? ''}
          onInput={text => setParams({ days: text })}
          placeholder="90"
          size={4}
        />
        <button type="submit">Replay</button>
      </form>
      <Loaded answer={answer}>{data => <Curve answer={data} at={params.at} />}</Loaded>
    </Panel>
  );
}

/** Formats a number without binary error, twelve digits. */
const exact = (value: number): string => String(Number(value.toPrecision(12)));

/** Returns by how much the multipliers of a curve miss a threshold, less than half a step; 0 when one meets it. */
function missedBy(answer: WhatIfAnswer | undefined, at: string | undefined): number {
  if (!answer?.base || !at) return 0;
  const wanted = Number(at) / answer.base.threshold;
  const point = answer.curve[chosenIndex(answer, at)];
  const missed = wanted - (point?.multiplier ?? wanted);
  return Math.abs(missed) > ROUNDING && Math.abs(missed) < 0.0026 ? missed : 0;
}

/** Until when the generation in force has read events: old data are replayed where they are. */
function dataUntil({ status }: Session, pattern: string): string | undefined {
  return status.data?.patterns.find(row => row.pattern_key === pattern)?.as_of ?? undefined;
}

/** The thresholds that replay moves in the state of a pattern. */
function leversOf(pattern: string): string[] {
  const state = pattern.split('.')[2];
  return state === 'S3'
    ? ['ts_min', 'dx_min', 'slope_min', 'sr_boost', 'edx_supp']
    : ['ts_min', 'halo_max', 'slope_min', 'sr_boost'];
}

function commandOf(pattern: string, lever: string, from: string, to: string, params: Params): string {
  const slice = params.scope ? ` --scope '${params.scope.replaceAll(' ', '')}'` : '';
  const until = params.as_of ? ` --as-of ${params.as_of}` : '';
  return `whatif ${pattern} --lever ${lever} --from ${from} --to ${to}${slice}${until}`;
}

function Curve({ answer, at }: { readonly answer: WhatIfAnswer; readonly at: string | undefined }) {
  const { curve, base, best, lever, events } = answer;
  const index = useMemo(() => chosenIndex(answer, at), [answer, at]);
  const point = curve[index];
  const [utility, taken] = useMemo(() => whatIfPlots(answer), [answer]);
  if (!point || !base)
    return (
      <p class="notice">
        {answer.reason ?? 'There is no curve.'} {countText(events.total)} events have an outcome.
      </p>
    );
  const choose = (each: WhatIfPointAnswer | undefined): void => {
    if (each) setParams({ at: plain(each.threshold) });
  };
  const marked = { x: movedBy(point), label: `▾ ${plain(point.threshold)}` };
  const withMark = { ...utility, guides: [...(utility.guides ?? []), marked] };
  const drag = (x: number, width: number): void => {
    const value = placesOf(withMark, width).valueOfX(x);
    choose(curve.reduce((a, b) => (Math.abs(movedBy(b) - value) < Math.abs(movedBy(a) - value) ? b : a)));
  };
  return (
    <>
      <div class="slider">
        {lever.threshold} <output>{plain(point.threshold)}</output>{' '}
        <span class="muted">
          ({effectText(point)} of {plain(base.threshold)})
        </span>
        <input
          type="range"
          min={0}
          max={curve.length - 1}
          value={index}
          aria-label={lever.threshold}
          aria-valuetext={`${lever.threshold} ${plain(point.threshold)}: ${gain(point.utility_change)} R`}
          onInput={event => choose(curve[event.currentTarget.valueAsNumber])}
        />
      </div>
      <Readout point={point} base={base} />
      <p class="sentence">{answer.sentence}</p>
      <p class="tools">
        <button type="button" class="quiet" onClick={() => choose(base)}>
          Base {plain(base.threshold)}
        </button>
        {best && (
          <button type="button" class="quiet" onClick={() => choose(best)}>
            Best {plain(best.threshold)}
          </button>
        )}
        <strong>{answer.proven ? 'The gain at the best value is proven.' : 'Nothing is proven.'}</strong>
      </p>
      <div class="pair-of-pictures">
        <Picture
          name={`${answer.pattern_key} ${lever.threshold} what if`}
          draw={width => linePlotShapes([withMark], width)}
          columns={COLUMNS}
          rows={curve}
          onDrag={drag}
        >
          Drag in the picture, or move the slider with the arrow keys.
        </Picture>
        <Picture
          name={`${answer.pattern_key} ${lever.threshold} taken`}
          draw={width => linePlotShapes([{ ...taken, guides: [...(taken.guides ?? []), marked] }], width)}
          columns={COLUMNS}
          rows={curve}
        >
          {countText(events.movable)} of {countText(events.total)} events are decided by this threshold.
        </Picture>
      </div>
      <p class="muted">{answer.note}</p>
    </>
  );
}

/** Returns the position of the point whose threshold is nearest to the chosen one; of the base without a choice. */
function chosenIndex({ curve, base }: WhatIfAnswer, at: string | undefined): number {
  const wanted = at === undefined || at === '' ? (base?.threshold ?? 0) : Number(at);
  return curve.reduce(
    (best, point, i) =>
      Math.abs(point.threshold - wanted) < Math.abs((curve[best]?.threshold ?? Infinity) - wanted) ? i : best,
    0,
  );
}

function Readout({ point, base }: { readonly point: WhatIfPointAnswer; readonly base: WhatIfPointAnswer }) {
  return (
    <dl class="figures" aria-live="polite">
      <Figure name="Winners taken" note={`${gain(point.winners_change)} to base`}>
        {countText(point.winners)}
      </Figure>
      <Figure name="Losers taken" note={`${gain(point.losers_change)} to base`}>
        {countText(point.losers)}
      </Figure>
      <Figure name="Utility" note={`base ${plain(base.utility)} R`}>
        {plain(point.utility)} R
      </Figure>
      <Figure name="Change" note={`90 %: ${gain(point.low)} to ${gain(point.high)} R`}>
        {gain(point.utility_change)} R
      </Figure>
    </dl>
  );
}

const COLUMNS: readonly Column<WhatIfPointAnswer>[] = [
  { title: 'value', text: effectText, align: 'right' },
  { title: 'threshold', text: row => plain(row.threshold), align: 'right' },
  { title: 'winners', text: row => countText(row.winners), align: 'right' },
  { title: 'losers', text: row => countText(row.losers), align: 'right' },
  { title: 'utility, R', text: row => plain(row.utility), align: 'right' },
  { title: 'change, R', text: row => gain(row.utility_change), align: 'right' },
  { title: 'low', text: row => gain(row.low), align: 'right' },
  { title: 'high', text: row => gain(row.high), align: 'right' },
];
