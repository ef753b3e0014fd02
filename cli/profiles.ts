import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { nearestName } from '../shared/suggestion.ts';
import { errorCode, errorReason } from './errors.ts';
import { usageError } from './exit-codes.ts';
import type { Host } from './host.ts';

/** A service and the way in. The file keeps no secret: a token stays in a file of its own. */
const profileSchema = z.strictObject({
  url: z.string(),
  token_file: z.string().optional(),
  sigv4: z.boolean().optional(),
  aws_profile: z.string().optional(),
});
export type Profile = z.output<typeof profileSchema>;

const profilesSchema = z.record(z.string(), profileSchema);
type Profiles = Readonly<Record<string, Profile>>;

/** Returns the path of the file of profiles, in the user's folder for settings. */
export function profilesPath({ env }: Host): string {
  return join(env.XDG_CONFIG_HOME || env.APPDATA || join(homedir(), '.config'), 'pm-tuning', 'profiles.json');
}

/** Reads the profiles; a missing file has none. @throws Failure (usage) when the file cannot be read */
export function readProfiles(host: Host): Profiles {
  const path = profilesPath(host);
  try {
    return profilesSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    const reason = errorCode(error) || 'it is not a list of profiles';
    throw usageError(`the profiles in ${path} cannot be read (${reason}); repair the file or delete it`);
  }
}

/** Replaces the profiles. Only the user may read the file. @throws Failure (usage) when it cannot be written */
export function writeProfiles(host: Host, profiles: Profiles): void {
  const path = profilesPath(host);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 });
    // The mode above applies to a new file only.
    chmodSync(path, 0o600);
  } catch (error) {
    throw usageError(`the profiles in ${path} cannot be written (${errorReason(error)})`);
  }
}

/** Returns a profile by its name. @throws Failure (usage) that names the known profiles */
export function findProfile(profiles: Profiles, name: string): Profile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile) return profile;
  const names = Object.keys(profiles);
  const near = nearestName(name, names);
  const known = near === undefined ? `known: ${names.join(', ') || 'none'}` : `did you mean \`${near}\`?`;
  throw usageError(`no profile is named ${JSON.stringify(name)}; ${known} (see: pm-tuning profile list)`);
}
