import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Opens a session, runs a command with it, and records the returned code as the exit code of the program. */
export type RunCommand = (command: Command, run: (session: Session) => Promise<ExitCode>) => Promise<void>;
