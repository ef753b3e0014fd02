import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { createAlarms, type MonitoredResources } from './alarms.ts';
import { createDashboard } from './dashboard.ts';
import { createLogMetrics, type MetricLogs } from './metrics.ts';
import { createAlarmTopic } from './topic.ts';

/** Creates metrics, alarms and the dashboard. Returns the topic that the alarms notify. */
export function createMonitoring(
  scope: Construct,
  stage: Stage,
  logs: MetricLogs,
  resources: Omit<MonitoredResources, 'metrics'>,
): Topic {
  const topic = createAlarmTopic(scope, stage);
  const monitored = { ...resources, metrics: createLogMetrics(scope, stage, logs) };
  createDashboard(scope, stage, monitored, createAlarms(scope, stage, topic, monitored));
  return topic;
}
