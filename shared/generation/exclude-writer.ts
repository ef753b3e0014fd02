import type { Exclusion, RegisteredWriter, WriterStore } from '../episode/writer.ts';
import { Fault } from '../errors.ts';
import { nearestName } from '../suggestion.ts';
import type { GenerationStores } from './ports.ts';

/** Maximum number of writers that are excluded at once: the states of a run carry their names. */
const MAX_EXCLUDED = 100;

/** A writer that runs leave out, or take in again. */
interface ExclusionChange {
  readonly writer: string;
  readonly excluded: boolean;
  readonly who: string;
  readonly why: string;
}

/**
 * Excludes a writer from runs, or ends its exclusion, from the next run on. The list of changes is written first, so that
 * no change can happen without an entry in it.
 * @throws Fault `unknown_writer`; `invalid_request` when too many writers are excluded
 */
export async function excludeWriter(
  { writers, changes, now }: { readonly writers: WriterStore } & Pick<GenerationStores, 'changes' | 'now'>,
  { writer: name, excluded, who, why }: ExclusionChange,
): Promise<RegisteredWriter> {
  const registered = await writers.writers();
  const writer = registered.find(known => known.name === name);
  if (!writer) throw unknownWriter(name, registered);
  if (excluded && !writer.excluded && registered.filter(known => known.excluded).length >= MAX_EXCLUDED)
    throw new Fault(
      'invalid_request',
      `${MAX_EXCLUDED} writers are excluded, which is the most: take one in again first`,
    );
  const at = new Date(now()).toISOString();
  const what = excluded ? 'excluded' : 'no longer excluded';
  await changes.listOfService({ who, at, what: 'writer', writer: name, why: `${what}: ${why}` });
  const exclusion: Exclusion | undefined = excluded ? { who, at, why } : undefined;
  await writers.setExclusion(writer, exclusion);
  const { id, since } = writer;
  return { id, name, since, ...(exclusion && { excluded: exclusion }) };
}

function unknownWriter(name: string, registered: readonly RegisteredWriter[]): Fault {
  const near = nearestName(
    name,
    registered.map(known => known.name),
  );
  const hint = near === undefined ? 'list the writers with GET /v1/writers' : `did you mean ${near}?`;
  return new Fault('unknown_writer', `no event or outcome came from this writer: ${hint}`, {
    suggestions: near === undefined ? [] : [near],
  });
}
