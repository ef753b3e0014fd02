import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { createApi } from './api.ts';
import { createCycle } from './cycle.ts';
import { functionEnvironment } from './environment.ts';
import { createFunction } from './function.ts';
import type { FunctionName } from './functions.ts';
import { grantTables } from './grants.ts';
import type { Stage } from './stage.ts';
import { createTables } from './tables.ts';

/** One stage of the product: tables, functions, API, cycle. */
export class PmTuningStack extends Stack {
  constructor(scope: Construct, id: string, props: { readonly stage: Stage }) {
    super(scope, id, { description: `PM Tuning, stage ${props.stage.name}` });
    const tables = createTables(this);
    const environment = functionEnvironment(props.stage, tables);
    const create = (name: FunctionName, more: { readonly STATE_MACHINE_ARN?: string } = {}) => {
      const created = createFunction(this, name, { ...environment, ...more });
      grantTables(name, created, tables);
      return created;
    };
    const cycle = createCycle(this, {
      'cycle-open': create('cycle-open'),
      mine: create('mine'),
      materialize: create('materialize'),
      'cycle-close': create('cycle-close'),
    });
    const operate = create('operate', { STATE_MACHINE_ARN: cycle.stateMachineArn });
    cycle.grantStartExecution(operate);
    const api = createApi(this, { ingest: create('ingest'), lookup: create('lookup'), operate });
    new CfnOutput(this, 'ApiUrl', { value: api.apiEndpoint });
  }
}
