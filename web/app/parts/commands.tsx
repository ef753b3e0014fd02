import { useEffect, useRef, useState } from 'preact/hooks';
import { type Suggestion, suggest } from '../commands.ts';
import { useSession } from '../session.ts';

interface CommandsProps {
  readonly pattern: string | undefined;
}

/** The line in which a trader types what to see or to do. Ctrl+K, or / outside of a field, leads to it. */
export function Commands({ pattern }: CommandsProps) {
  const session = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  useShortcut(() => {
    input.current?.focus();
    input.current?.select();
  });
  const found = open ? suggest(text, pattern, session) : [];
  const take = (suggestion: Suggestion | undefined): void => {
    if (!suggestion) return;
    setText('');
    setOpen(false);
    input.current?.blur();
    suggestion.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) setActive((active + move + found.length) % Math.max(1, found.length));
    else if (event.key === 'Enter') take(found[active]);
    else if (event.key === 'Escape') setOpen(false);
    else return;
    event.preventDefault();
  };
  return (
    <div class="commands">
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Go to, or do"
        aria-expanded={found.length > 0}
        aria-controls="commands-list"
        aria-autocomplete="list"
        {...(found.length > 0 && { 'aria-activedescendant': `command-${active}` })}
        aria-keyshortcuts="Control+K /"
        placeholder="Go to, or do:  off · why chain=solana ts_min=0.6 · what if ts_min=0.55"
        value={text}
        autocomplete="off"
        spellcheck={false}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 120)}
        onInput={event => {
          setText(event.currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="commands-list" role="listbox" aria-label="Suggestions" hidden={found.length === 0}>
        {found.map((suggestion, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
          <div
            key={suggestion.title}
            id={`command-${i}`}
            role="option"
            aria-selected={i === active}
            onClick={() => take(suggestion)}
          >
            {suggestion.title} <span class="muted">{suggestion.hint}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function useShortcut(run: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const typing =
        event.target instanceof Element && event.target.closest('input, select, textarea, dialog') !== null;
      const wanted =
        (event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing);
      if (!wanted) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
