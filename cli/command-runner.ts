import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';

/** Hands a command's work to the program, which makes the session and keeps the exit code. */
export type RunCommand = (command: Command, run: (session: Session) => Promise<ExitCode>) => Promise<void>;
