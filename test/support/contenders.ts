import type { Runtime } from '../../shared/runtime.ts';
import type { Stores } from './stores.ts';

/** Returns three processes on the same tables, whose requests interleave at random. @param random from 0 to 1 */
export function contenders(stores: Stores, random: () => number): [Runtime, Runtime, Runtime] {
  const contender = (): Runtime => {
    const { proxy, runtime } = stores.another();
    proxy.around = async (_, forward) => {
      await new Promise(resolve => setTimeout(resolve, random() * 3));
      // Each process reads another time of day, as on several machines.
      stores.clock.now += 1;
      return forward();
    };
    return runtime;
  };
  return [contender(), contender(), contender()];
}
