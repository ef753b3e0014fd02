import { openService } from '../../local/service.ts';
import { callersOf } from '../../local/token-auth.ts';
import { jsonLog } from '../../shared/log.ts';

const TOKENS = {
  bot: 'bot-token-aaaaaaaaaaaa',
  rival: 'rival-token-aaaaaaaaaa',
  reader: 'reader-token-aaaaaaaaa',
  operator: 'operator-token-aaaaaaa',
};
type Who = keyof typeof TOKENS;

const CALLERS = {
  [TOKENS.bot]: { role: 'pm', name: 'bot 1' },
  [TOKENS.rival]: { role: 'pm', name: 'bot 2' },
  [TOKENS.reader]: { role: 'reader', name: 'eye' },
  [TOKENS.operator]: { role: 'operator', name: 'op' },
};

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Opens a service that knows two bots, a reader and an operator by their tokens. */
export async function openWithCallers(now: () => number, environment: Record<string, string> = {}) {
  const service = await openService({
    log: jsonLog('error', () => undefined, Date.now),
    interpreter: { retryPauseMs: 1 },
    callers: callersOf(CALLERS, 'tokens'),
    now,
    environment: { POLICY: 'drift', N_MIN: '4', ...environment },
  });
  const call = async (who: Who, method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await service.app.request(`http://localhost${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKENS[who]}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  return { service, call, close: () => service.close() };
}
