#!/usr/bin/env node
// The `pm-tuning` command. It starts under any installed Node and runs the program under the Node that the project installs.
import { run } from '../local/run.mjs';

run('cli/main.ts', process.argv.slice(2));
