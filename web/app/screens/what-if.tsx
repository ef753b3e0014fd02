import { useEffect, useState } from 'preact/hooks';
import type { WhatIfAnswer } from '../../../shared/http/schemas/what-if.ts';
import { type Params, pairsOf, setParams } from '../address.ts';
import { Choice, Field } from '../parts/field.tsx';
import { Loaded, Panel } from '../parts/panel.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { path } from '../service.ts';
import { type Session, useSession } from '../session.ts';
import { useAnswer } from '../use-answer.ts';
import { Curve, chosenIndex } from './what-if-curve.tsx';

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
  const missed = additive ? 0 : missedBy(answer.data, params.at);
  useEffect(() => {
    if (missed !== 0 && !answer.loading) setShift(shift + missed);
  }, [missed, answer.loading]);
  // A curve that misses the threshold is not shown: its figures would be those of another one.
  const shown = missed === 0 ? answer : { ...answer, data: undefined };
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
      <Loaded answer={shown}>{data => <Curve answer={data} at={params.at} />}</Loaded>
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
