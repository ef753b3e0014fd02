import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHandler as admin } from '../../functions/admin.ts';
import { createHandler as ingest } from '../../functions/ingest.ts';
import { createHandler as lookup } from '../../functions/lookup.ts';
import { ENDPOINTS, type Endpoint } from '../../shared/http/endpoints.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { checkSignature } from './signature-v4.ts';

/** A stand-in for API Gateway with IAM: it checks signatures and calls the functions with events of payload format 2.0. */
export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

/** Starts the gateway before the functions of a runtime. Callers are the role `ops` with the given secret. */
export async function openGateway(runtime: Runtime, secretAccessKey: string): Promise<Gateway> {
  // The page takes no signature: a browser has none.
  const handlers = {
    admin: admin(runtime),
    ingest: ingest(runtime),
    lookup: lookup(runtime),
    page: undefined,
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: target = '', headers } = request;
    const body = Buffer.concat(chunks);
    const [path = '', query = ''] = target.split('?');
    const route = Object.values<Endpoint>(ENDPOINTS).find(r => r.method === method && matches(r.path, path));
    const refuse = (status: number, message: string) =>
      void response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message }));
    if (!route) return refuse(404, 'Not Found');
    const signature = checkSignature({ method, target, headers, body }, secretAccessKey);
    if (route.roles.length > 0 && !signature?.valid) return refuse(403, 'Forbidden');
    const event = {
      version: '2.0',
      routeKey: `${method} ${route.path}`,
      rawPath: path,
      rawQueryString: query,
      queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
      headers,
      requestContext: {
        accountId: '123456789012',
        apiId: 'abcdef1234',
        authorizer: { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/ops/anna' } },
        domainName: headers.host,
        http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'test' },
        requestId: 'test',
        routeKey: `${method} ${route.path}`,
        stage: '$default',
        timeEpoch: Date.now(),
      },
      isBase64Encoded: false,
      ...(body.length > 0 && { body: body.toString('utf8') }),
    };
    const handler = handlers[route.function];
    if (!handler) return refuse(404, 'Not Found');
    const answer = (await handler(event as never)) as LambdaAnswer;
    const bytes = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8');
    response.writeHead(answer.statusCode, answer.headers).end(bytes);
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(closed => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

function matches(form: string, path: string): boolean {
  return new RegExp(`^${form.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path);
}
