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
import { installSchemathesis, NotInstallable } from './schemathesis.ts';

/*
 * This program checks the OpenAPI document against the service with schemathesis: once without tokens, once with them.
 * It exits with 1 when the tool reports a finding, and with 0 when the tool cannot be installed, which it says.
 */

const TOKEN = 'operator-of-the-document-check';
const CALLERS = callersOf({ [TOKEN]: { role: 'operator', name: 'document check' } }, 'the check');
/** Time that one run of the tool may take, seconds. */
const RUN_SECONDS = 400;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    examples: { type: 'string', default: '100' },
    'exclude-checks': { type: 'string', default: 'positive_data_acceptance' },
  },
});

/** Runs the tool against a service with past events and a generation. Returns what it printed, and its exit code. */
async function check(tool: string, withTokens: boolean): Promise<{ code: number; output: string }> {
  const log = jsonLog('error', line => process.stderr.write(`${line}\n`), Date.now);
  const service = await openService({ log, callers: withTokens ? CALLERS : undefined });
  const server = await listen(service.app, 0, { tokens: withTokens });
  const url = `http://127.0.0.1:${server.port}`;
  const authorization = `Bearer ${TOKEN}`;
  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization };
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  try {
    await post('/v1/events', { events: readLines('data/pm-episode-events.jsonl') });
    const publish = { as_of: '2025-01-20T00:00:00Z', publish: true, reason: 'events of the document check' };
    await post('/v1/cycles?wait=true', publish);
    return await runTool(tool, [
      'run',
      `${url}/openapi.json`,
      ...['--checks', 'all', '--exclude-checks', options['exclude-checks']],
      ...['--seed', options.seed, '--max-examples', withTokens ? '10' : options.examples],
      ...['--generation-database', 'none', '--continue-on-failure', '--no-color', '--warnings', 'off'],
      ...(withTokens ? ['--header', `Authorization: ${authorization}`] : []),
    ]);
  } finally {
    await server.close();
    await service.close();
  }
}

function runTool(tool: string, args: readonly string[]): Promise<{ code: number; output: string }> {
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
    child.on('close', (code, signal) => {
      rmSync(cwd, { recursive: true, force: true });
      resolve({ code: code ?? 1, output: signal ? `${output}\nstopped after ${RUN_SECONDS} s\n` : output });
    });
  });
}

async function main(): Promise<void> {
  const tool = installSchemathesis();
  for (const withTokens of [false, true]) {
    const { code, output } = await check(tool, withTokens);
    if (code !== 0) process.stdout.write(output);
    const [cases = 'no test case'] = /\d+ generated/.exec(output) ?? [];
    const finding = code === 0 ? 'no finding' : 'findings, see above';
    console.log(`openapi: schemathesis ${withTokens ? 'with' : 'without'} tokens, ${cases}: ${finding}`);
    if (code !== 0) process.exitCode = 1;
  }
}

await main().catch(error => {
  if (!(error instanceof NotInstallable)) throw error;
  console.log(`openapi: not checked with schemathesis: ${error.message}`);
});
