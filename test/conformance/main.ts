import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listen } from '../../local/http-server.ts';
import { openService } from '../../local/service.ts';
import { callersOf } from '../../local/token-auth.ts';
import { jsonLog } from '../../shared/log.ts';
import { readLines } from '../support/api.ts';
import { installFlagProvider, installSchemathesis, NotInstallable } from './python-tools.ts';

/*
 * This program checks the OpenAPI document against the service with schemathesis: once without tokens, once with them.
 * It exits with 1 when the tool reports a finding. When the tool cannot be installed, or does not end in time, it says
 * so and exits with 0.
 */

const TOKEN = 'operator-of-the-document-check';
const AUTHORIZATION = `Bearer ${TOKEN}`;
const CALLERS = callersOf({ [TOKEN]: { role: 'operator', name: 'document check' } }, 'the check');
/** Time that one run of the tool may take, seconds. A busy machine needs several times the usual minute. */
const RUN_SECONDS = 300;
/** With tokens the tool sends few requests: the answers are those of a run without, but for access. */
const WITH_TOKENS = ['--phases', 'examples,fuzzing', '--max-examples', '10'];

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    examples: { type: 'string', default: '100' },
    'exclude-checks': { type: 'string', default: 'positive_data_acceptance' },
  },
});

interface Outcome {
  /** Exit code of the tool; null when it did not end in time. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs the tool against a service with past events and a generation in force. */
async function check(tool: string, withTokens: boolean): Promise<Outcome> {
  const log = jsonLog('error', line => process.stderr.write(`${line}\n`), Date.now);
  const service = await openService({ log, callers: withTokens ? CALLERS : undefined });
  const server = await listen(service.app, 0, { tokens: withTokens });
  const url = `http://127.0.0.1:${server.port}`;
  try {
    await fill(url);
    return await runTool(tool, [
      'run',
      `${url}/openapi.json`,
      ...['--checks', 'all', '--exclude-checks', options['exclude-checks'], '--seed', options.seed],
      ...['--generation-database', 'none', '--continue-on-failure', '--no-color', '--warnings', 'off'],
      ...(withTokens
        ? [...WITH_TOKENS, '--header', `Authorization: ${AUTHORIZATION}`]
        : ['--max-examples', options.examples]),
    ]);
  } finally {
    await server.close();
    await service.close();
  }
}

/** Sends past events and publishes a generation, so that requests reach more than empty answers. */
async function fill(url: string): Promise<void> {
  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: AUTHORIZATION };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  await post('/v1/events', { events: readLines('data/pm-episode-events.jsonl') });
  const publish = { as_of: '2025-01-20T00:00:00Z', publish: true, reason: 'events of the document check' };
  await post('/v1/cycles?wait=true', publish);
}

function runTool(tool: string, args: readonly string[]): Promise<Outcome> {
  // The tool writes files into the folder that it is started in.
  const cwd = mkdtempSync(join(tmpdir(), 'pm-tuning-document-'));
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { cwd, timeout: RUN_SECONDS * 1000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        output += String(chunk);
      });
    child.on('error', reject);
    child.on('close', code => {
      rmSync(cwd, { recursive: true, force: true });
      resolve({ code, output });
    });
  });
}

async function main(): Promise<void> {
  const tool = installSchemathesis();
  try {
    installFlagProvider();
  } catch (error) {
    if (!(error instanceof NotInstallable)) throw error;
    console.log(`flags: not checked with the provider for Python: ${error.message}`);
  }
  for (const withTokens of [false, true]) {
    const start = Date.now();
    const { code, output } = await check(tool, withTokens);
    if (code !== 0) process.stdout.write(output);
    if (code !== 0 && code !== null) process.exitCode = 1;
    const [cases = 'requests'] = /\d+ generated/.exec(output) ?? [];
    const seconds = Math.round((Date.now() - start) / 1000);
    const run = `openapi: schemathesis ${withTokens ? 'with' : 'without'} tokens, ${cases}, ${seconds} s`;
    console.log(
      `${run}: ${code === null ? 'not ended in time' : code === 0 ? 'no finding' : 'findings, see above'}`,
    );
  }
}

await main().catch(error => {
  if (!(error instanceof NotInstallable)) throw error;
  console.log(`openapi: not checked with schemathesis: ${error.message}`);
});
