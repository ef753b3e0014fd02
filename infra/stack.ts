import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createApi } from './api.ts';
import { subscribeAsked } from './asked.ts';
import { createCallerPolicies } from './callers.ts';
import { createCycle } from './cycle.ts';
import { functionEnvironment } from './environment.ts';
import { createFunction } from './function.ts';
import type { FunctionName } from './functions.ts';
import { createNoticing } from './noticing.ts';
import { createOutputs } from './outputs.ts';
import { createSchedule } from './schedule.ts';
import type { Stage } from './stage.ts';
import { createTables } from './tables.ts';

/** One stage of the product: tables, functions, API, cycle. */
export class PmTuningStack extends Stack {
  constructor(scope: Construct, id: string, { stage }: { readonly stage: Stage }) {
    super(scope, id, {
      description: `PM Tuning, stage ${stage.name}`,
      terminationProtection: stage.keepData,
      tags: { product: 'pm-tuning', stage: stage.name },
    });
    const tables = createTables(this, stage);
    const environment = functionEnvironment(stage, tables);
    const create = (name: FunctionName, more: { readonly STATE_MACHINE_ARN?: string } = {}) =>
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
    const operate = create('operate', { STATE_MACHINE_ARN: machine.stateMachineArn });
    machine.grantStartExecution(operate);
    const lookup = create('lookup');
    const { api, apiStage, logs } = createApi(this, stage, { ingest: create('ingest'), lookup, operate });
    subscribeAsked(this, lookup.logGroup, create('asked'));
    if (!stage.jwt) createCallerPolicies(this, api);
    const topic = createNoticing(
      this,
      stage,
      { cycleClose: steps['cycle-close'].logGroup, cycle: cycle.logs, api: logs },
      { machine, deadLetters, apiStage, lookup, tables },
    );
    const arns = { StateMachineArn: machine.stateMachineArn, AlarmTopicArn: topic.topicArn };
    createOutputs(this, { ApiUrl: apiStage.url, ...arns }, tables);
  }
}
