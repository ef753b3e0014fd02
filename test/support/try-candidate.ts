import type { HeadStore } from '../../shared/generation/ports.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';

/** Tries the generation in force of a live pattern as its own candidate, on a tenth of the episodes. */
export async function tryCandidate(heads: HeadStore, pattern: PatternKey): Promise<void> {
  const head = await heads.head(pattern);
  if (!head?.current || head.candidate) return;
  const generation = { ...head.current, generation: head.latest + 1 };
  const at = generation.published_at;
  const candidate = { generation, salt: `${pattern}:a`, share: 0.1, started_at: at, step_at: at, moves: 'm' };
  const { generation: latest } = generation;
  await heads.replaceHead(pattern, { ...head, version: head.version + 1, latest, candidate });
}
