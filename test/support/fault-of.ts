import { Fault } from '../../shared/errors.ts';

/** Returns the fault that a call throws. @throws Error when it throws none */
export function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Returns the fault that a promise rejects with. @throws Error when it rejects with none */
export async function faultOfAsync(running: Promise<unknown>): Promise<Fault> {
  try {
    await running;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
