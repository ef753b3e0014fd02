import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { CycleStarter } from '../cycle/cycle-store.ts';
import { Fault } from '../errors.ts';

/** Returns a starter of runs on the deployed state machine. The execution has the id of the run as its name. */
export function stateMachineStarter(arn: string | undefined): CycleStarter {
  const client = new SFNClient({});
  return {
    async start(cycleId, who, options) {
      if (arn === undefined)
        throw new Fault('cycle_not_started', 'STATE_MACHINE_ARN is not set: set it to the state machine');
      const input = JSON.stringify({ ...options, cycle_id: cycleId, who });
      try {
        await client.send(new StartExecutionCommand({ stateMachineArn: arn, name: cycleId, input }));
      } catch (cause) {
        throw new Fault('cycle_not_started', 'the state machine did not start', { cause });
      }
      return {};
    },
  };
}
