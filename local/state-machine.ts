import { readFile } from 'node:fs/promises';
import { StateMachine } from 'aws-local-stepfunctions';
import { createHandler as cycleClose } from '../functions/cycle-close.ts';
import { createHandler as cycleOpen } from '../functions/cycle-open.ts';
import { createHandler as materialize } from '../functions/materialize.ts';
import { createHandler as mine } from '../functions/mine.ts';
import type { CycleOptions } from '../shared/cycle/cycle.ts';
import type { CycleStarter } from '../shared/cycle/cycle-store.ts';
import { failureReason } from '../shared/cycle/failed-run.ts';
import { isTrial, runRecord } from '../shared/cycle/run-options.ts';
import { faultCode } from '../shared/errors.ts';
import type { Runtime } from '../shared/runtime.ts';

const DEFINITION = new URL('../infra/cycle/cycle.asl.json', import.meta.url);
/** Maximum attempts to record a failed run, and the milliseconds between them. */
const RECORD_ATTEMPTS = 10;
const RECORD_PAUSE_MS = 1000;

/** Pauses and timeouts that tests shorten; undefined uses those of the definition. */
export interface InterpreterOptions {
  readonly retryPauseMs?: number;
  readonly timeoutSeconds?: number;
}

type Task = (input: unknown) => Promise<unknown>;

/** Runs the cycle's state machine in this process, with the deployed definition and the deployed handlers. */
export class LocalStateMachine implements CycleStarter {
  readonly #runtime: Runtime;
  readonly #definition: ConstructorParameters<typeof StateMachine>[0];
  readonly #tasks: Readonly<Record<string, Task>>;
  readonly #retryPauseMs: number | undefined;
  /** The runs under way, each with what abandons it. */
  readonly #running = new Map<Promise<void>, AbortController>();

  /**
   * Reads the definition.
   * @param options.retryPauseMs pause between retries of a task, instead of the definition's
   * @param options.timeoutSeconds timeout of every task, instead of the definition's
   * @param mineElsewhere runs step Mine, instead of this thread
   */
  static async load(
    runtime: Runtime,
    options: InterpreterOptions = {},
    mineElsewhere?: Task,
  ): Promise<LocalStateMachine> {
    const text = await readFile(DEFINITION, 'utf8');
    const { timeoutSeconds, retryPauseMs } = options;
    const { TimeoutSeconds, ...rest } = JSON.parse(text);
    const states = JSON.parse(JSON.stringify(rest), (name, value) =>
      name === 'TimeoutSeconds' && timeoutSeconds !== undefined ? timeoutSeconds : value,
    );
    return new LocalStateMachine(runtime, { ...states, TimeoutSeconds }, retryPauseMs, mineElsewhere);
  }

  private constructor(
    runtime: Runtime,
    definition: ConstructorParameters<typeof StateMachine>[0],
    retryPauseMs: number | undefined,
    mineElsewhere: Task | undefined,
  ) {
    this.#runtime = runtime;
    this.#definition = definition;
    this.#retryPauseMs = retryPauseMs;
    this.#tasks = {
      Open: cycleOpen(runtime),
      Mine: mineElsewhere ?? mine(runtime),
      Materialize: materialize(runtime),
      Close: cycleClose(runtime),
      RecordFailure: cycleClose(runtime),
    };
  }

  async start(cycleId: string, who: string, options: CycleOptions): Promise<{ done: Promise<void> }> {
    const control = new AbortController();
    const done = this.#run(cycleId, who, options, control.signal);
    this.#running.set(done, control);
    void done.finally(() => this.#running.delete(done));
    return { done };
  }

  /** Resolves when no run is in progress. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.keys());
  }

  /**
   * Waits for the runs under way and abandons those that take longer. An abandoned run is recorded as failed; what it has
   * published stays in force, and its other rows expire.
   * @param graceMs milliseconds to wait
   */
  async stop(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>(resolve => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.idle(), grace]);
    clearTimeout(timer);
    for (const control of this.#running.values()) control.abort();
    await this.idle();
  }

  async #run(cycleId: string, who: string, options: CycleOptions, abandoned: AbortSignal): Promise<void> {
    const startedAt = new Date(this.#runtime.now()).toISOString();
    const setOptions = Object.entries(options).filter(([, value]) => value !== undefined);
    const input: Record<string, string | number | boolean> = {
      ...Object.fromEntries(setOptions),
      cycle_id: cycleId,
      who,
    };
    // Validation takes 0.4 s and the definition does not change; a test validates it.
    const machine = new StateMachine(this.#definition, { validationOptions: { noValidate: true } });
    try {
      const execution = machine.run(input, {
        context: { Execution: { Name: cycleId, StartTime: startedAt, Input: input } },
        overrides: { taskResourceLocalHandlers: this.#handlers(startedAt), ...this.#retryPauses() },
      });
      abandoned.addEventListener('abort', () => execution.abort());
      await execution.result;
    } catch (error) {
      // The interpreter wraps the error that ended the execution.
      const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
      // The Fail state throws this error after step Close has recorded the run.
      if (reason instanceof Error && reason.name === 'cycle_failed') return;
      if (abandoned.aborted) this.#runtime.log.warn('cycle interrupted', { cycle_id: cycleId });
      else this.#runtime.log.error('cycle failed', reason, { cycle_id: cycleId });
      const { publish = false, ...settings } = options;
      const as_of = new Date(options.as_of ?? startedAt).toISOString();
      const run = { cycle_id: cycleId, who, as_of, started_at: startedAt, trial: isTrial(options), publish };
      const code = abandoned.aborted ? 'interrupted' : faultCode(reason);
      await this.#recordFailure(runRecord({ ...settings, ...run }), code, abandoned);
    }
  }

  /** Calls handlers as `lambda:invoke` does: payload and result are JSON. */
  #handlers(startedAt: string) {
    return Object.fromEntries(
      Object.entries(this.#tasks).map(([state, task]) => [
        state,
        async (input: unknown) => {
          const { Payload } = JSON.parse(JSON.stringify(input)) as { Payload: Record<string, unknown> };
          // The interpreter sets the start time from the machine's clock; the run uses the clock of the runtime.
          if (state === 'Open')
            Payload.execution = { ...(Payload.execution as object), started_at: startedAt };
          return JSON.parse(JSON.stringify({ Payload: await task(Payload) }));
        },
      ]),
    );
  }

  #retryPauses() {
    const pause = this.#retryPauseMs;
    if (pause === undefined) return {};
    return {
      retryIntervalOverrides: Object.fromEntries(Object.keys(this.#tasks).map(state => [state, pause])),
    };
  }

  /** Records a run that ended without step Close. Retries until the store accepts the write, or the service stops. */
  async #recordFailure(
    run: ReturnType<typeof runRecord>,
    code: string,
    abandoned: AbortSignal,
  ): Promise<void> {
    const failed = failureReason(code);
    for (let attempt = 1; attempt <= RECORD_ATTEMPTS; attempt++) {
      try {
        await this.#runtime.cycles.put({
          ...run,
          status: 'failed',
          finished_at: new Date(this.#runtime.now()).toISOString(),
          patterns_total: 0,
          patterns_failed: 0,
          failure: failed.reason,
          failure_code: failed.reason_code,
          warnings: [],
        });
        return;
      } catch (error) {
        this.#runtime.log.error('failed cycle not recorded', error, { cycle_id: run.cycle_id, attempt });
        if (abandoned.aborted) return;
        await new Promise(resolve => setTimeout(resolve, RECORD_PAUSE_MS));
      }
    }
  }
}
