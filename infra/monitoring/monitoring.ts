import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { createAlarms, type MonitoredResources } from './alarms.ts';
import { createDashboard } from './dashboard.ts';
import { createLogMetrics } from './metrics.ts';
import { createAlarmTopic } from './topic.ts';

type Logs = Parameters<typeof createLogMetrics>[2];

/** Metrics, alarms and the dashboard: nobody has to look in order to notice. */
export function createMonitoring(
  scope: Construct,
  stage: Stage,
  logs: Logs,
  watched: Omit<MonitoredResources, 'metrics'>,
): Topic {
  const topic = createAlarmTopic(scope, stage);
  const all = { ...watched, metrics: createLogMetrics(scope, stage, logs) };
  createDashboard(scope, stage, all, createAlarms(scope, stage, topic, all));
  return topic;
}
