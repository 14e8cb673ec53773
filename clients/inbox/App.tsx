import { useEffect, useRef } from 'preact/hooks';
import type { InboxMessage } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { Icon } from '../look/Icon.js';
import { Problem, Skeleton } from '../look/States.js';
import { token } from './api.js';
import { Entry } from './Entry.js';
import { List } from './List.js';
import { Message } from './Message.js';
import { NoneMatch, NoneYet } from './None.js';
import { announce } from './notify.js';
import { chosen, follow, hasChaos, isFiltered, load, loadChaos, messages, move, problem } from './state.js';
import { Top } from './Top.js';

/** The form for the token, or the inbox behind it. */
export function App() {
  if (!token.value) return <Entry />;
  return <Inbox />;
}

function Inbox() {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    void load().then(loadChaos);
    const leave = follow((message: InboxMessage) => announce(message));
    const press = (event: KeyboardEvent) => onKey(event, search.current);
    addEventListener('keydown', press);
    return () => {
      leave();
      removeEventListener('keydown', press);
    };
  }, []);
  return (
    <div class="inbox">
      <a class="skip" href="#message">
        Skip to the message
      </a>
      <Top search={search} />
      {hasChaos.value && (
        <p class="banner wait chaos-banner" role="status">
          <Icon name="warning" />
          <span>Faults are simulated: some messages are refused, lost or late. They end with a restart.</span>
        </p>
      )}
      <Problem error={problem.value} again={() => void load()} />
      {messages.value ? <Panes /> : <Skeleton rows={8} />}
    </div>
  );
}

function Panes() {
  if (!chosen.value)
    return (
      <main id="message" tabIndex={-1}>
        {isFiltered.value ? <NoneMatch /> : <NoneYet />}
      </main>
    );
  return (
    <div class="panes">
      <List />
      <Message message={chosen.value} />
    </div>
  );
}

/** j and k move, c copies the newest code, / searches: where no text is being typed. */
function onKey(event: KeyboardEvent, search: HTMLInputElement | null): void {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || (target as HTMLElement).closest('input, select, textarea, dialog'))
    return;
  if (key === '/') {
    event.preventDefault();
    search?.focus();
  } else if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else if (key === 'c') document.querySelector<HTMLButtonElement>('.message-row .code-button')?.click();
}
