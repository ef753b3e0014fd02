import { Duration } from 'aws-cdk-lib';
import {
  type AlarmBase,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import type { MonitoredResources } from './alarms.ts';
import type { CycleMetricField } from './metrics.ts';
import { throttled } from './throttle-alarms.ts';

const HOUR = Duration.hours(1);

/** Creates a dashboard of one page: alarms, runs and their results, API, throttling. */
export function createDashboard(
  scope: Construct,
  stage: Stage,
  { machine, apiStage, lookup, tables, metrics }: MonitoredResources,
  alarms: readonly AlarmBase[],
): Dashboard {
  const hourly = (...fields: CycleMetricField[]) =>
    fields.map(field => metrics.cycle[field].with({ period: HOUR, statistic: 'Maximum' }));
  const dashboard = new Dashboard(scope, 'Dashboard', { dashboardName: `pm-tuning-${stage.name}` });
  dashboard.addWidgets(new AlarmStatusWidget({ title: 'Alarms', width: 24, alarms: [...alarms] }));
  dashboard.addWidgets(
    graph('Runs, trials included', [
      machine.metricStarted(),
      machine.metricSucceeded(),
      machine.metricFailed(),
      metrics.cycle.runs_finished,
    ]),
    graph('Events read by a run', hourly('events_read')),
    graph('Lessons and overrides', hourly('lessons', 'overrides')),
  );
  dashboard.addWidgets(
    graph(
      'Patterns changed, cut, failed, waiting, harmful; warnings',
      hourly(
        'patterns_changed',
        'patterns_cut',
        'patterns_failed',
        'patterns_waiting',
        'patterns_harmful',
        'warnings',
      ),
    ),
    graph('Age of the last good generation, minutes', hourly('generation_age_minutes')),
    graph('Posts accepted', [metrics.eventPosts, metrics.outcomePosts]),
  );
  dashboard.addWidgets(
    graph('API', [apiStage.metricCount(), apiStage.metricClientError(), apiStage.metricServerError()]),
    graph('Callers refused and throttled, changes by operators', [
      metrics.refusedCallers,
      metrics.throttledCallers,
      metrics.operatorChanges,
    ]),
    graph('Look-up, ms', [
      lookup.metricDuration({ statistic: 'p50' }),
      lookup.metricDuration({ statistic: 'p99' }),
    ]),
    graph('Throttled requests and degraded look-ups', [
      metrics.degradedLookups,
      throttled('events', tables.events),
      throttled('lessons', tables.lessons),
      throttled('overrides', tables.overrides),
      throttled('control', tables.control),
    ]),
  );
  return dashboard;
}

const graph = (title: string, left: IMetric[]): IWidget => new GraphWidget({ title, left, width: 8 });
