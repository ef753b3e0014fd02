import { request } from 'node:http';

interface RawRequest {
  readonly method?: string;
  readonly headers?: object;
  readonly body?: string;
}

/** Sends a request with headers that `fetch` sets itself, such as those of browsers, and a path as it is. @returns the status */
export function rawStatus(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body = '' }: RawRequest = {},
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const options = { method, hostname, port, path, headers: headers as Record<string, string> };
    const sent = request(options, answer => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
