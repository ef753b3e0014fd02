import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type SignedFetch, signedFetch } from '../shared/aws/signed-fetch.ts';
import { errorReason } from './errors.ts';
import { usageError } from './exit-codes.ts';
import type { Host } from './host.ts';
import { findProfile, type Profile, readProfiles } from './profiles.ts';

/** The options that choose a service and the way in. */
export interface WayInOptions {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly sigv4?: boolean;
  readonly awsProfile?: string;
  readonly profile?: string;
}

/** The address of the service, and the credentials of a command's requests. */
interface WayIn {
  readonly url: string;
  readonly token?: string | undefined;
  /** Sends a request; a signature is added where it is the way in. */
  readonly send: SignedFetch;
  /** True where the way in is a signature. */
  readonly signs: boolean;
}

/**
 * Returns the way in of a command line. An option comes before the profile, the profile before the environment.
 * @throws Failure (usage) for two ways in at once, an unknown profile, or a token file that cannot be read
 */
export function wayInOf(command: Command, options: WayInOptions, host: Host): WayIn {
  const given = (name: keyof WayInOptions): boolean =>
    command.getOptionValueSourceWithGlobals(name) === 'cli';
  const token = given('token') ? options.token : undefined;
  const chosen = profileOf(options);
  if ([token, chosen.token_file, chosen.sigv4].filter(way => way !== undefined).length > 1)
    throw usageError('give one way in: --token, --token-file, or --sigv4 with --aws-profile');
  if (options.profile === undefined) return open(chosen, options.token);
  if (given('url')) throw usageError('a profile has a URL of its own; leave out --profile or --url');
  const profile = findProfile(readProfiles(host), options.profile);
  const isChosen = token !== undefined || chosen.token_file !== undefined || chosen.sigv4 === true;
  return open(isChosen ? { ...chosen, url: profile.url } : profile, token);
}

/** Returns the profile that keeps the URL and the way in of these options; it never has a token. */
export function profileOf({ url, tokenFile, sigv4, awsProfile }: WayInOptions): Profile {
  return {
    url,
    ...(tokenFile !== undefined && { token_file: tokenFile }),
    ...((sigv4 || awsProfile !== undefined) && { sigv4: true }),
    ...(awsProfile !== undefined && { aws_profile: awsProfile }),
  };
}

/** @param token used where the profile names no other way in */
function open({ url, token_file, sigv4, aws_profile }: Profile, token?: string): WayIn {
  if (sigv4) return { url, send: signedFetch({ profile: aws_profile }), signs: true };
  const text = token_file === undefined ? token : readToken(token_file);
  return { url, token: text, send: fetch, signs: false };
}

/** @throws Failure (usage), which quotes nothing of the file */
function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usageError(`the token file ${path} cannot be read (${errorReason(error)})`);
  }
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw usageError(`the token file ${path} must hold one token of printable ASCII characters`);
}
