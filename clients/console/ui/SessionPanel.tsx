import { create } from '@bufbuild/protobuf';
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

/** A session beside the list that it was chosen in. */
export function SessionPanel({ details }: { readonly details: SessionDetails }) {
  const query = useQuery();
  const { session } = details;
  if (!session) return null;
  const { word, tone } = statusOf(session.status);
  return (
    <aside class="detail" aria-label="The chosen session">
      <div class="detail-head">
        <Pill tone={tone}>{word}</Pill>
        <button
          type="button"
          class="button quiet square"
          aria-label="Close"
          onClick={() => query.set({ session: '' })}
        >
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
