import { countText } from '../../../shared/format.ts';
import type { GuardAnswer } from '../../../shared/http/schemas/guard.ts';
import { guardPlot, timesText, type WealthPoint, wealthPoints } from '../../../shared/plot/guard.ts';
import { linePlotShapes } from '../../../shared/plot/line-plot-shapes.ts';
import { href } from '../address.ts';
import { gain, minute, plain } from '../figures.ts';
import { Figure, Loaded, Panel } from '../parts/panel.tsx';
import { Picture } from '../parts/picture.tsx';
import type { Column } from '../parts/table.tsx';
import { CopyAs } from '../parts/take-away.tsx';
import { ofPattern } from '../service.ts';
import { useSession } from '../session.ts';
import { steerRollout } from '../steering.ts';
import { REFRESH_MS, useAnswer } from '../use-answer.ts';

type Test = GuardAnswer['tests'][number];

/** Screen 7: whether what is in force keeps paying, against the base thresholds, and a candidate against it. */
export function Guard({ pattern }: { readonly pattern: string }) {
  const answer = useAnswer<GuardAnswer>(ofPattern(pattern, 'guard'), REFRESH_MS);
  return (
    <Loaded answer={answer}>
      {data => (
        <>
          <Panel
            title="Guard"
            aside={<CopyAs path={ofPattern(pattern, 'guard')} command={`guard ${pattern}`} />}
          >
            <State pattern={pattern} answer={data} />
          </Panel>
          {data.rollout && <Rollout pattern={pattern} rollout={data.rollout} done={answer.reload} />}
          {data.tests.map(test => (
            <TestPanel key={`${test.test} ${test.policy}`} pattern={pattern} test={test} />
          ))}
        </>
      )}
    </Loaded>
  );
}

const AT_THE_LINE: Readonly<Record<GuardAnswer['guard'], string>> = {
  protect: 'turns the pattern off at the line of harm',
  notify: 'warns at the line of harm',
  off: 'computes no test',
};

function State({ pattern, answer }: { readonly pattern: string; readonly answer: GuardAnswer }) {
  const { guard, running, as_of, tests, decision } = answer;
  return (
    <>
      {decision && (
        <p class="notice bad">
          <strong>
            {decision.action === 'protect' ? 'Turned off' : 'Warned'} on {minute(decision.at)} UTC.
          </strong>{' '}
          {decision.sentence}
        </p>
      )}
      <dl class="figures">
        <Figure name="Setting" note={AT_THE_LINE[guard]}>
          {guard}
        </Figure>
        <Figure name="Runs" note={running ? '' : 'it tests only what is served'}>
          {running ? 'yes' : 'no'}
        </Figure>
        <Figure name="Last tested, UTC">{minute(as_of)}</Figure>
      </dl>
      {tests.length === 0 && (
        <p class="sentence">
          No run has tested what is in force yet. The first run after a publication starts the test.
        </p>
      )}
      <p class="muted">
        A flip is an event on which what is in force and the base thresholds decide differently. The setting
        is changed in <a href={href('settings', pattern)}>Settings</a>.
      </p>
    </>
  );
}

interface RolloutProps {
  readonly pattern: string;
  readonly rollout: NonNullable<GuardAnswer['rollout']>;
  readonly done: () => void;
}

function Rollout({ pattern, rollout, done }: RolloutProps) {
  const session = useSession();
  const { generation, share, step_at, held, arms, reality, test } = rollout;
  const rate = ({ success, failure }: { readonly success: number; readonly failure: number }): string =>
    `${countText(success)} of ${countText(success + failure)}`;
  return (
    <>
      <Panel
        title={`Rollout of generation ${generation}`}
        aside={
          session.steers && (
            <span class="tools">
              {(['promote', 'hold', 'end'] as const).map(action => (
                <button
                  key={action}
                  type="button"
                  class="quiet"
                  onClick={() => session.steer(steerRollout(session, pattern, rollout, action, done))}
                >
                  {`${action[0]?.toUpperCase()}${action.slice(1)} …`}
                </button>
              ))}
            </span>
          )
        }
      >
        {held && (
          <p class="notice bad">
            <strong>Held since {minute(held.at)} UTC.</strong> {held.text}
          </p>
        )}
        <dl class="figures">
          <Figure name="Share of the episodes">{plain(share * 100)} %</Figure>
          <Figure name="This step since, UTC">{minute(step_at)}</Figure>
          {arms && (
            <Figure name="Events of the candidate" note={`${countText(arms.control)} of control`}>
              {countText(arms.candidate)}
            </Figure>
          )}
          {arms && (
            <Figure name="Of another arm than theirs">{countText(arms.differing + arms.other)}</Figure>
          )}
          {reality && (
            <Figure name="Succeeded when traded" note={`${rate(reality.virtual)} when skipped`}>
              {rate(reality.real)}
            </Figure>
          )}
        </dl>
      </Panel>
      {test && <TestPanel pattern={pattern} test={test} />}
    </>
  );
}

const TITLES: Readonly<Record<Test['test'], string>> = {
  whole: 'Since the pattern went live, or its policy changed',
  recent: 'Since the last start anew, every 28 days',
  challenger: 'A challenger against what is in force',
  candidate: 'The candidate against what is in force',
};

const VERDICTS: Readonly<Record<Test['verdict'], string>> = {
  harmful: '▼ harm is proven',
  gaining: '▲ gain is proven',
  blind: '? blind',
  none: '○ nothing is proven',
};

function TestPanel({ pattern, test }: { readonly pattern: string; readonly test: Test }) {
  const { flips, blocks, block_hours, log_wealth, lines } = test;
  const of = (side: 'harm' | 'gain'): string =>
    `log ${log_wealth[side].toFixed(2)}, line ${lines[side].toFixed(2)}`;
  return (
    <Panel title={test.policy === undefined ? TITLES[test.test] : `${TITLES[test.test]}: ${test.policy}`}>
      <p class="sentence">
        <strong class={test.verdict === 'harmful' || test.verdict === 'blind' ? 'attention' : ''}>
          {VERDICTS[test.verdict]}
        </strong>
        : {test.sentence}.
      </p>
      <dl class="figures">
        <Figure name="Since, UTC">{minute(test.since)}</Figure>
        <Figure name="Blocks" note={`of ${block_hours} h`}>
          {countText(blocks)}
        </Figure>
        <Figure name="Loosened flips">{countText(flips.loosened)}</Figure>
        <Figure name="Tightened flips">{countText(flips.tightened)}</Figure>
        <Figure name="Outcome known">{countText(flips.known)}</Figure>
        <Figure name="Outcome unknown">{countText(flips.unknown)}</Figure>
        <Figure name="Wealth of harm" note={of('harm')}>
          {timesText(log_wealth.harm)}
        </Figure>
        <Figure name="Wealth of gain" note={of('gain')}>
          {timesText(log_wealth.gain)}
        </Figure>
      </dl>
      <Picture
        name={`${pattern} guard ${test.policy ?? test.test}`}
        draw={width => linePlotShapes([guardPlot(pattern, test)], width)}
        columns={WEALTH_COLUMNS}
        rows={wealthPoints(test)}
      >
        The largest value after any block decides. An unknown outcome counts against the side that is tested.
      </Picture>
    </Panel>
  );
}

const WEALTH_COLUMNS: readonly Column<WealthPoint>[] = [
  { title: 'end of the block, UTC', text: row => minute(row.at) },
  { title: 'log wealth of harm', text: row => gain(row.harm), align: 'right' },
  { title: 'log wealth of gain', text: row => gain(row.gain), align: 'right' },
  { title: 'wealth of harm', text: row => timesText(row.harm), align: 'right' },
  { title: 'wealth of gain', text: row => timesText(row.gain), align: 'right' },
];
