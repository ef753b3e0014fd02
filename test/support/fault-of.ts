import { Fault } from '../../shared/errors.ts';

/** The fault that a call ends with. @throws Error when it ends otherwise */
export function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The fault that a promise ends with. @throws Error when it ends otherwise */
export async function faultOfAsync(running: Promise<unknown>): Promise<Fault> {
  try {
    await running;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
