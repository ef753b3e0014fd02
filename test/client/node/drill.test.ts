import { expect, it } from 'vitest';
import { runDrill } from './drill.ts';

it('[K37] A bot whose service is killed, stopped, started again and rolled back sees no exception and loses no event', async () => {
  const { episodes, exceptions, notTaken, reasons, generations, lost } = await runDrill(20);
  expect({ exceptions, notTaken, lost }).toEqual({ exceptions: 0, notTaken: 0, lost: [] });
  expect(episodes).toBeGreaterThan(100);
  // It was answered from what was known all the time, and the rollback reached it.
  expect(reasons).toEqual(['MATCH']);
  expect(generations).toEqual([2, 1]);
});
