import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createApi } from './api.ts';
import { createCallerPolicies } from './callers.ts';
import { createCycle } from './cycle.ts';
import { functionEnvironment } from './environment.ts';
import { createFunction } from './function.ts';
import type { FunctionName } from './functions.ts';
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
    const environment = functionEnvironment(stage.settings, tables);
    const create = (name: FunctionName, more: { readonly STATE_MACHINE_ARN?: string } = {}) =>
      createFunction(this, name, { stage, tables, environment: { ...environment, ...more } });
    const steps = {
      'cycle-open': create('cycle-open'),
      mine: create('mine'),
      materialize: create('materialize'),
      'cycle-close': create('cycle-close'),
    };
    const machine = createCycle(this, stage, steps);
    createSchedule(this, stage, machine);
    const operate = create('operate', { STATE_MACHINE_ARN: machine.stateMachineArn });
    machine.grantStartExecution(operate);
    const { api, apiStage } = createApi(this, stage, {
      ingest: create('ingest'),
      lookup: create('lookup'),
      operate,
    });
    if (!stage.jwt) createCallerPolicies(this, api);
    createOutputs(this, { ApiUrl: apiStage.url, StateMachineArn: machine.stateMachineArn }, tables);
  }
}
