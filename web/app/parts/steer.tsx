import { useEffect, useRef, useState } from 'preact/hooks';
import { CallError } from '../service.ts';
import type { Steering } from '../session.ts';

interface SteerProps {
  readonly change: Steering;
  readonly close: (sentence?: string) => void;
}

/** Asks for the reason of a change, and shows what it changes before it is made. */
export function SteerDialog({ change, close }: SteerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [reason, setReason] = useState(change.reason ?? '');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    input.current?.focus();
    // A dialog that is taken out of the document does not give the focus back by itself.
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (reason.trim() === '') return setProblem('Give a reason: it stays in the list of changes.');
    setBusy(true);
    try {
      close(await change.run(reason.trim()));
    } catch (error) {
      setProblem(error instanceof CallError ? error.sentence : String(error));
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="steer-title" onClose={() => close()}>
      <form onSubmit={event => void submit(event)}>
        <h2 id="steer-title">{change.title}</h2>
        <dl class="before-after">
          <div>
            <dt>Now</dt>
            <dd>{change.before}</dd>
          </div>
          <span aria-hidden="true">→</span>
          <div>
            <dt>Then</dt>
            <dd>{change.after}</dd>
          </div>
        </dl>
        {change.detail}
        <label>
          Reason
          <input
            ref={input}
            value={reason}
            maxLength={500}
            required
            autocomplete="off"
            onInput={event => setReason(event.currentTarget.value)}
          />
        </label>
        {problem && (
          <p class="notice bad" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={() => close()}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Working …' : change.button}
          </button>
        </div>
      </form>
    </dialog>
  );
}
