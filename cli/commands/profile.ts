import { resolve } from 'node:path';
import { Argument, type Command } from 'commander';
import { profileName } from '../arguments.ts';
import type { RunCommand } from '../command-runner.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { printable } from '../format.ts';
import { findProfile, type Profile, profilesPath, readProfiles, writeProfiles } from '../profiles.ts';
import type { Session } from '../session.ts';
import { profileOf, type WayInOptions } from '../way-in.ts';

const HELP = `
A profile keeps the URL of a service and the way in. Its file holds no secret: a
token stays in a file of its own, credentials stay with the AWS CLI.

Examples:
  $ pm-tuning profile save prod --url https://a1b2.execute-api.eu-central-1.amazonaws.com --aws-profile desk
  $ pm-tuning profile save lab --url http://10.0.0.5:8787 --token-file ~/.pm-tuning-token
  $ pm-tuning status --profile prod`;

/** Adds `profile`: saves, lists and removes services with their ways in. */
export function addProfile(program: Command, runCommand: RunCommand): void {
  const profile = program
    .command('profile')
    .description('save, list and remove services with their ways in')
    .addHelpText('after', HELP);
  const name = (): Argument => new Argument('<name>', 'name of the profile').argParser(profileName);
  profile
    .command('save')
    .description('keep the URL and the way in of this command line')
    .addArgument(name())
    .action(async (name: string, _: unknown, command: Command) =>
      runCommand(command, async session => {
        if (command.getOptionValueSourceWithGlobals('token') === 'cli')
          throw usageError('a profile keeps no token; put it into a file and give --token-file');
        return save(session, name, command.optsWithGlobals());
      }),
    );
  profile
    .command('list')
    .description('list the profiles')
    .action(async (_: unknown, command: Command) => runCommand(command, async session => list(session)));
  profile
    .command('remove')
    .description('remove a profile')
    .addArgument(name())
    .action(async (name: string, _: unknown, command: Command) =>
      runCommand(command, async session => remove(session, name)),
    );
}

function save(session: Session, name: string, options: WayInOptions): number {
  const { token_file, ...rest } = profileOf(options);
  const saved: Profile = { ...rest, ...(token_file !== undefined && { token_file: resolve(token_file) }) };
  writeProfiles(session.host, { ...readProfiles(session.host), [name]: saved });
  session.output({ [name]: saved }, () =>
    session.print(`saved ${printable(name)} in ${printable(profilesPath(session.host))}`),
  );
  return EXIT.ok;
}

function list(session: Session): number {
  const profiles = readProfiles(session.host);
  session.output(profiles, () =>
    session.table(
      [
        { title: 'profile', value: ([name]) => printable(name) },
        { title: 'url', value: ([, { url }]) => printable(url), wraps: true },
        { title: 'way in', value: ([, profile]) => printable(wayIn(profile)), wraps: true },
      ],
      Object.entries(profiles),
      'no profile; see: pm-tuning profile --help',
    ),
  );
  return EXIT.ok;
}

function wayIn({ token_file, sigv4, aws_profile }: Profile): string {
  if (sigv4) return aws_profile === undefined ? 'signature' : `signature, AWS profile ${aws_profile}`;
  return token_file === undefined ? 'PM_TUNING_TOKEN, if it is set' : `token in ${token_file}`;
}

function remove(session: Session, name: string): number {
  const profiles = readProfiles(session.host);
  findProfile(profiles, name);
  const { [name]: removed, ...others } = profiles;
  writeProfiles(session.host, others);
  session.output({ [name]: removed }, () => session.print(`removed ${printable(name)}`));
  return EXIT.ok;
}
