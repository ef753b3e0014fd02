import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Runs a command's work with a session that the program opens; the program keeps the exit code. */
export type RunCommand = (command: Command, run: (session: Session) => Promise<ExitCode>) => Promise<void>;
