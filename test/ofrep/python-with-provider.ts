import { spawnSync } from 'node:child_process';
import { pythonOfTools } from '../conformance/python-tools.ts';

/** A Python that can import the provider of flags; undefined where none can. */
export const pythonWithProvider = [pythonOfTools, 'python3', 'python'].find(
  python => spawnSync(python, ['-c', 'import openfeature.contrib.provider.ofrep']).status === 0,
);

if (pythonWithProvider === undefined)
  console.log('flags: no Python here can import openfeature-provider-ofrep, so its tests are skipped');
