import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Status } from '../../shared/http/schemas/status.ts';
import type { Answer } from './use-answer.ts';

/** The data of every screen: the status of the system, and the rights of the caller. */
export interface Session {
  readonly status: Answer<Status>;
  /** True for operators, and for callers whose role is not known. Readers see no control that steers. */
  readonly steers: boolean;
  /** Shows a sentence about what has been done. */
  readonly say: (sentence: string) => void;
  readonly steer: (change: Steering | undefined) => void;
}

/** A change that an operator is asked to confirm with a reason. */
export interface Steering {
  readonly title: string;
  /** The value in force now, and the one after the change. */
  readonly before: string;
  readonly after: string;
  /** A path to read first, such as the difference of two generations, and how it is shown. */
  readonly detail?: preact.ComponentChildren;
  readonly button: string;
  readonly reason?: string;
  /** Makes the change. Returns the sentence that tells what is true now. */
  readonly run: (reason: string) => Promise<string>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('the session is missing: render the screen inside of App');
  return session;
}

/** Returns the pattern that is looked at before one is chosen: that with most outcomes. */
export function busiest({ data }: Session['status']): string | undefined {
  const rows = data?.patterns ?? [];
  return rows.toSorted((a, b) => b.events.with_outcome - a.events.with_outcome)[0]?.pattern_key;
}
