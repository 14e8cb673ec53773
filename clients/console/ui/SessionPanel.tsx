import { create } from '@bufbuild/protobuf';
import { useLayoutEffect, useRef } from 'preact/hooks';
import {
  GetSessionRequestSchema,
  type SessionDetails,
  SessionDetailsSchema,
  SessionService,
} from '../../../gen/otp/admin/v1/session_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { target } from '../api.js';
import { link, useQuery } from '../route.js';
import { statusOf } from '../words.js';
import { Pill } from './Pill.js';
import { Raw } from './Raw.js';
import { SessionFacts } from './SessionFacts.js';

/** The panel covers the page here. */
const narrow = matchMedia('(max-width: 860px)');

/** A session beside the list that it was chosen in. */
export function SessionPanel({ details }: { readonly details: SessionDetails }) {
  const query = useQuery();
  const { session } = details;
  const panel = useRef<HTMLElement>(null);
  const close = () => query.set({ session: '' });
  // Before the panel is gone: afterwards the focus is lost.
  useLayoutEffect(() => {
    const { current } = panel;
    if (!current) return;
    const row = document.querySelector<HTMLElement>('.row-link[aria-current=true]');
    const uncover = narrow.matches ? cover(current) : () => {};
    const press = ({ key }: KeyboardEvent) => key === 'Escape' && close();
    current.addEventListener('keydown', press);
    return () => {
      current.removeEventListener('keydown', press);
      const hadFocus = current.contains(document.activeElement);
      uncover();
      if (hadFocus) row?.focus();
    };
  }, [narrow.matches, session?.id]);
  if (!session) return null;
  const { word, tone } = statusOf(session.status);
  return (
    <aside class="detail" ref={panel} aria-label="The chosen session">
      <div class="detail-head">
        <Pill tone={tone}>{word}</Pill>
        <button type="button" class="button quiet square" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <p class="mono id">{session.id}</p>
      <Raw
        label="Session as"
        schema={SessionDetailsSchema}
        message={details}
        call={{
          method: SessionService.method.getSession,
          request: create(GetSessionRequestSchema, { ...target(), sessionId: session.id }),
        }}
      >
        <SessionFacts details={details} />
      </Raw>
      <a class="button" href={link(`/sessions/${session.id}`)}>
        Timeline and actions
      </a>
    </aside>
  );
}

/** What an element covers is not reached, neither by Tab nor by screen readers, and the focus is in it. Returns the way back. */
function cover(element: HTMLElement): () => void {
  const covered: HTMLElement[] = [];
  for (let at = element; at.parentElement && at !== document.body; at = at.parentElement)
    for (const other of at.parentElement.children)
      if (other !== at && other instanceof HTMLElement && !other.inert) covered.push(other);
  for (const other of covered) other.inert = true;
  element.querySelector('button')?.focus();
  return () => {
    for (const other of covered) other.inert = false;
  };
}
