import { isObject } from '../../shared/json.ts';
import { digestText } from '../../shared/override/digest-text.ts';
import type { IndexedOverride } from '../../shared/override/override-index.ts';
import { OverrideIndex } from '../../shared/override/override-index.ts';
import { readOverrides } from './read-overrides.ts';
import type { ServedCandidate, ServedPattern, SnapshotLever } from './served.ts';
import type { ClientMode, ClientOptions, Resolution } from './types.ts';

/* The documents of the service, read as a whole or rejected as a whole. Members that this version does not know are ignored. */

/** The version of the documents that this client reads. */
const SCHEMA = 1;
const RESOLUTIONS: readonly Resolution[] = ['blend', 'most-specific', 'product'];

/** Parts of a snapshot that a client keeps besides its overrides. */
export type ReadOptions = Pick<ClientOptions, 'keepDocuments' | 'scorer'>;

/** A pattern in the index of snapshots. */
export interface IndexEntry {
  readonly pattern_key: string;
  readonly etag: string;
  readonly generation: number;
  readonly mode: ClientMode;
  readonly published_at: string | null;
}

export interface SnapshotIndex {
  readonly etag: string;
  readonly pollSeconds: number;
  readonly mode: ClientMode;
  readonly entries: readonly IndexEntry[];
  readonly next: string | undefined;
}

/** A snapshot that is read, and its parts with a digest. */
interface ReadSnapshot {
  readonly served: ServedPattern;
  readonly digests: readonly Digest[];
}

/** A text, and what its SHA-256 must be. */
interface Digest {
  readonly digested: string;
  readonly sha256: string;
}

/** @throws Error that says what is wrong */
export function readIndex(text: string): SnapshotIndex {
  const document = parseDocument(text);
  const { patterns, next } = document;
  if (!Array.isArray(patterns)) throw new Error('the index has no list `patterns`');
  return {
    etag: textMember(document, 'etag'),
    pollSeconds: numberMember(document, 'poll_seconds'),
    mode: textMember(document, 'mode') as ClientMode,
    entries: patterns.map(readEntry),
    next: next === undefined ? undefined : String(next),
  };
}

function readEntry(entry: unknown): IndexEntry {
  if (!isObject(entry)) throw new Error('an entry of the index is no object');
  return {
    pattern_key: textMember(entry, 'pattern_key'),
    etag: textMember(entry, 'etag'),
    generation: numberMember(entry, 'generation'),
    mode: textMember(entry, 'mode') as ClientMode,
    published_at: typeof entry.published_at === 'string' ? entry.published_at : null,
  };
}

/**
 * Reads a snapshot in either form.
 * @param pattern the pattern that was asked for; undefined takes any
 * @throws Error that says what is wrong
 */
export function readSnapshot(
  text: string,
  pattern: string | undefined,
  { keepDocuments, scorer }: ReadOptions,
): ReadSnapshot {
  const document = parseDocument(text);
  const key = textMember(document, 'pattern_key');
  if (pattern !== undefined && key !== pattern) throw new Error(`the snapshot is that of ${key}`);
  const levers = readLevers(document.levers);
  const categories = levers.map(lever => lever.category);
  const control = readPart(document, categories, scorer);
  const tried = isObject(document.candidate)
    ? readCandidate(document.candidate, categories, scorer)
    : undefined;
  const served: ServedPattern = {
    ...control.members,
    pattern: key,
    mode: textMember(document, 'mode') as ClientMode,
    levers,
    ...(tried && { candidate: tried.members }),
    etag: textMember(document, 'etag'),
    text: keepDocuments ? text : undefined,
  };
  return { served, digests: tried ? [control.digest, tried.digest] : [control.digest] };
}

/** @throws Error that says what is wrong */
function readCandidate(
  candidate: Readonly<Record<string, unknown>>,
  categories: readonly string[],
  scorer: ReadOptions['scorer'],
) {
  const { members, digest } = readPart(candidate, categories, scorer);
  const split = { share: numberMember(candidate, 'share'), salt: textMember(candidate, 'salt') };
  return { members: { ...members, ...split }, digest };
}

/** Reads the members that a snapshot and its candidate both have. @throws Error that says what is wrong */
function readPart(
  part: Readonly<Record<string, unknown>>,
  categories: readonly string[],
  scorer: ReadOptions['scorer'],
) {
  const resolution = textMember(part, 'resolution') as Resolution;
  if (!RESOLUTIONS.includes(resolution)) throw new Error(`the resolution ${resolution} is unknown`);
  const overrides = readOverrides(part.overrides);
  const members: Omit<ServedCandidate, 'share' | 'salt'> = {
    generation: numberMember(part, 'generation'),
    policy: textMember(part, 'policy'),
    resolution,
    entries: part.entries === 'halted' ? 'halted' : 'open',
    entriesReason: typeof part.entries_reason === 'string' ? part.entries_reason : undefined,
    publishedAt: typeof part.published_at === 'string' ? part.published_at : undefined,
    index: new OverrideIndex<IndexedOverride>(overrides, categories),
    score: part.score ? scorer?.(part.score) : undefined,
  };
  return { members, digest: { digested: digestText(overrides), sha256: textMember(part, 'sha256') } };
}

/** @throws Error when the overrides of a snapshot are not those that it says */
export async function checkDigests(
  { served, digests }: ReadSnapshot,
  sha256Of: (text: string) => string | Promise<string>,
): Promise<void> {
  for (const { digested, sha256 } of digests)
    if ((await sha256Of(digested)) !== sha256)
      throw new Error(`the digest of ${served.pattern} does not match`);
}

function readLevers(levers: unknown): SnapshotLever[] {
  if (!Array.isArray(levers)) throw new Error('the snapshot has no list `levers`');
  return levers.map(lever => {
    if (!isObject(lever) || !Array.isArray(lever.thresholds) || lever.thresholds.length === 0)
      throw new Error('a lever has no thresholds');
    return {
      category: textMember(lever, 'action_category'),
      thresholds: lever.thresholds.map(String),
      effect: lever.effect === 'delta' ? 'delta' : 'multiplier',
    };
  });
}

function parseDocument(text: string): Record<string, unknown> {
  const document: unknown = JSON.parse(text);
  if (!isObject(document)) throw new Error('the answer is no JSON object');
  if (document.schema !== SCHEMA) throw new Error(`the schema ${document.schema} is not ${SCHEMA}`);
  return document;
}

function textMember(object: Readonly<Record<string, unknown>>, name: string): string {
  const value = object[name];
  if (typeof value !== 'string' || value === '') throw new Error(`\`${name}\` is no text`);
  return value;
}

function numberMember(object: Readonly<Record<string, unknown>>, name: string): number {
  const value = object[name];
  if (typeof value !== 'number' || !(value >= 0)) throw new Error(`\`${name}\` is no number`);
  return value;
}
