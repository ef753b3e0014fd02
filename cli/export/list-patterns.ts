import { statusSchema } from '../../shared/http/schemas/status.ts';
import { readPages } from '../pagination.ts';
import type { Session } from '../session.ts';

/** Returns the key of every pattern that has events, retired ones too, in the order of the service. */
export async function listPatterns(session: Session): Promise<string[]> {
  const lists = ['patterns', 'warnings'] as const;
  const query = { retired: 'true' };
  const { data } = await readPages(session, { path: '/v1/status', query, lists, schema: statusSchema });
  return data.patterns.map(({ pattern_key }) => pattern_key);
}
