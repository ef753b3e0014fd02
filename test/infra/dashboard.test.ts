import { describe, expect, it } from 'vitest';
import { CYCLE_METRICS } from '../../infra/monitoring/metrics.ts';
import { nameOf, resources, synthesize } from './synth.ts';

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly (readonly unknown[])[];
  };
}

/** Returns the widgets of the dashboard's body, with references replaced by names. */
function widgets(): Widget[] {
  const dashboards = resources(synthesize(), 'AWS::CloudWatch::Dashboard');
  expect([...dashboards.keys()]).toEqual(['Dashboard']);
  const body = Object.fromEntries(
    Object.entries(dashboards.get('Dashboard')?.Properties ?? {}),
  ).DashboardBody;
  const parts: unknown[] = Object(body)['Fn::Join'][1];
  const plain = parts.map(part => (typeof part === 'string' ? part : nameOf(referenceIn(part))));
  return JSON.parse(plain.join('')).widgets;
}

const referenceIn = (part: unknown): string =>
  /"(?:Ref|Fn::GetAtt)":\[?"([\w:]+)"/.exec(JSON.stringify(part))?.[1] ?? '';

const graphed = () => widgets().flatMap(({ properties }) => (properties.metrics ?? []).map(String));

describe('the dashboard', () => {
  it('The dashboard shows the state of every alarm, but of no condition', () => {
    const all = [
      ...resources(synthesize(), 'AWS::CloudWatch::Alarm').keys(),
      ...resources(synthesize(), 'AWS::CloudWatch::CompositeAlarm').keys(),
    ].filter(name => name.endsWith('Alarm'));
    const shown = widgets().flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown.toSorted()).toEqual(all.toSorted());
  });

  it('The dashboard graphs every metric of a run', () => {
    for (const metric of Object.values(CYCLE_METRICS))
      expect(graphed().filter(line => line.includes(`PmTuning/dev,${metric}`))).toHaveLength(1);
  });

  it.each([
    'AWS/States,ExecutionsSucceeded,StateMachineArn,Cycle',
    'AWS/States,ExecutionsFailed,StateMachineArn,Cycle',
    'AWS/ApiGateway,5xx,ApiId,Api',
    'AWS/Lambda,Duration,FunctionName,LookupFunction',
    'PmTuning/dev,EventPosts',
    'PmTuning/dev,OutcomePosts',
  ])('The dashboard graphs %s', metric => {
    expect(graphed().some(line => line.includes(metric))).toBe(true);
  });

  it('The dashboard graphs throttling of every table', () => {
    for (const name of ['Events', 'Lessons', 'Overrides', 'Control'])
      expect(graphed().filter(line => line.includes(`ThrottleEvents,TableName,${name}Table`))).not.toEqual(
        [],
      );
  });
});
