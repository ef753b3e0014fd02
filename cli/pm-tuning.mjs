#!/usr/bin/env node
// The `pm-tuning` command, on any Node that the machine has.
import { run } from '../local/run.mjs';

run('cli/main.ts', process.argv.slice(2));
