import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { EnvironmentVariables } from '../shared/config.ts';
import { createApi } from './api/api.ts';
import { createCallerPolicies } from './api/caller-policies.ts';
import { createSchedule } from './cycle/schedule.ts';
import { createCycle } from './cycle/state-machine.ts';
import { functionEnvironment } from './environment.ts';
import type { FunctionName } from './function-settings.ts';
import { createFunction } from './lambda-function.ts';
import { subscribeToQueriedDimensions } from './monitoring/dimension-subscription.ts';
import { createMonitoring } from './monitoring/monitoring.ts';
import { createNotifications } from './notification/notifications.ts';
import { createOutputs } from './outputs.ts';
import type { Stage } from './stage.ts';
import { createTables } from './tables.ts';

/** One stage of the product: tables, functions, API, cycle and monitoring. */
export class PmTuningStack extends Stack {
  constructor(scope: Construct, id: string, { stage }: { readonly stage: Stage }) {
    super(scope, id, {
      description: `PM Tuning, stage ${stage.name}`,
      terminationProtection: stage.keepData,
      tags: { product: 'pm-tuning', stage: stage.name },
    });
    const tables = createTables(this, stage);
    const environment = functionEnvironment(stage, tables);
    const create = (name: FunctionName, more: EnvironmentVariables = {}) =>
      createFunction(this, name, { stage, tables, environment: { ...environment, ...more } });
    const steps = {
      'cycle-open': create('cycle-open'),
      mine: create('mine'),
      materialize: create('materialize'),
      'cycle-close': create('cycle-close'),
    };
    const cycle = createCycle(this, stage, steps);
    const { machine } = cycle;
    const deadLetters = createSchedule(this, stage, machine);
    const notifications = createNotifications(this, stage, create);
    const admin = create('admin', {
      STATE_MACHINE_ARN: machine.stateMachineArn,
      ...(notifications && { NOTIFICATION_FUNCTION: notifications.deliver.functionArn }),
    });
    machine.grantStartExecution(admin);
    notifications?.allowTests(admin);
    const lookup = create('lookup');
    const { api, apiStage, logs } = createApi(this, stage, {
      ingest: create('ingest'),
      lookup,
      admin,
      ...(stage.ui && { page: create('page') }),
    });
    subscribeToQueriedDimensions(this, lookup.logGroup, create('record-queried-dimensions'));
    if (!stage.jwt) createCallerPolicies(this, api);
    const topic = createMonitoring(
      this,
      stage,
      { cycleClose: steps['cycle-close'].logGroup, cycle: cycle.logs, api: logs, lookup: lookup.logGroup },
      { machine, deadLetters, apiStage, lookup, tables, notifications },
    );
    const bus = notifications && { NotificationBusName: notifications.bus.eventBusName };
    const arns = { StateMachineArn: machine.stateMachineArn, AlarmTopicArn: topic.topicArn };
    createOutputs(this, { ApiUrl: apiStage.url, ...arns, ...bus }, tables);
  }
}
