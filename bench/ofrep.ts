import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEdge } from '../edge/edge.ts';
import { listen } from '../local/http-server.ts';
import { openService } from '../local/service.ts';
import { jsonLog } from '../shared/log.ts';
import { S1 } from '../test/support/episodes.ts';
import { override } from '../test/support/overrides.ts';
import { putInForce } from '../test/support/put-in-force.ts';
import { machine, quantile, table } from './support/report.ts';

/*
 * Measures one flag over loopback: from the service, from an edge, and beside them an HTTP server that returns its
 * request, which is the least that any such answer costs.
 * Usage: npm run bench:ofrep [-- --write] [-- --quick]
 */

const WRITE = process.argv.includes('--write');
const REQUESTS = process.argv.includes('--quick') ? 2000 : 20_000;
const WARM_UP = 1000;
const OVERRIDES = 1000;
const RESULTS = new URL('results/ofrep.md', import.meta.url);
const BODY = JSON.stringify({
  context: { targetingKey: 'e-1', chain: 'c7', timeframe: '15m', bucket: 'b3' },
});
const PATH = `/ofrep/v1/evaluate/flags/${S1}.ts_min`;

/** Sends requests one after another over one connection and returns the microseconds of each. */
async function measure(port: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
  const send = () =>
    new Promise<void>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path: PATH, method: 'POST', agent, headers };
      const sent = request(options, answer => {
        if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
        answer.resume();
        answer.on('end', resolve);
      });
      sent.on('error', reject);
      sent.end(BODY);
    });
  const micros: number[] = [];
  for (let i = 0; i < REQUESTS + WARM_UP; i++) {
    const start = performance.now();
    await send();
    if (i >= WARM_UP) micros.push((performance.now() - start) * 1000);
  }
  agent.destroy();
  return micros;
}

/** Starts an HTTP server that answers each request with its body. */
async function openEcho() {
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', chunk => chunks.push(chunk));
    incoming.on('end', () => answer.end(Buffer.concat(chunks)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-bench-ofrep-'));
const log = jsonLog('error', line => console.error(line), Date.now);
const service = await openService({ log });
const rows = Array.from({ length: OVERRIDES }, (_, i) =>
  override(
    'tuning_ts_min',
    { chain: `c${i % 100}`, bucket: `b${Math.floor(i / 100)}` },
    0.8 + (i % 40) / 100,
  ),
);
await putInForce(service.runtime, S1, rows);
const server = await listen(service.app, 0);
const edge = openEdge({ upstream: `http://127.0.0.1:${server.port}`, dir: folder, log });
await edge.core.refresh();
const edgeServer = await listen(edge.app, 0);
const echo = await openEcho();

const contestants = [
  ['an HTTP server that returns its request', echo.port],
  ['a flag of an edge', edgeServer.port],
  ['a flag of the service', server.port],
] as const;
const results = [];
for (const [name, port] of contestants) {
  const micros = await measure(port);
  results.push([name, quantile(micros, 0.5), quantile(micros, 0.99)] as const);
}
const titles = ['answer', 'p50, µs', 'p99, µs'];
const page = `# bench:ofrep

${new Date().toISOString().slice(0, 10)}, ${machine({})}. Load average at the end: ${loadavg()[0]?.toFixed(1)}.

${REQUESTS.toLocaleString('en-US')} flags one after another over one connection on loopback, of a pattern with ${OVERRIDES.toLocaleString('en-US')} overrides.
Caller and server share one process and its core. The service reads the head from its store for each
flag; the edge reads its copy.

\`\`\`
${table(titles, results)}
\`\`\`

flagd's own OFREP port is not beside them: its binary could not be had here.
`;
process.stdout.write(page);
if (WRITE) writeFileSync(RESULTS, page);
echo.close();
await edgeServer.close();
await edge.close();
await server.close();
await service.close();
rmSync(folder, { recursive: true, force: true });
