import { useMemo } from 'preact/hooks';
import { countText } from '../../../shared/format.ts';
import type { WhatIfAnswer, WhatIfPointAnswer } from '../../../shared/http/schemas/what-if.ts';
import { linePlotShapes, placesOf } from '../../../shared/plot/line-plot-shapes.ts';
import { effectText, movedBy, whatIfPlots } from '../../../shared/plot/what-if.ts';
import { setParams } from '../address.ts';
import { gain, plain } from '../figures.ts';
import { Figure } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import type { Column } from '../parts/table.tsx';

/** The curve of a what-if: the chosen point, its figures, and the pictures in which it is dragged. */
export function Curve({ answer, at }: { readonly answer: WhatIfAnswer; readonly at: string | undefined }) {
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
export function chosenIndex({ curve, base }: WhatIfAnswer, at: string | undefined): number {
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
