import { create } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { type FindResult, FindResultType } from '../../../gen/otp/admin/v1/access_service_pb.js';
import { DiagnoseRecipientRequestSchema } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { api, target } from '../api.js';
import { link } from '../route.js';
import { modeOf, nameOf } from '../words.js';

/**
 * Recipients in full by fingerprint, in the memory of this tab. A URL, the history
 * and the log of a proxy have the fingerprint only.
 */
const known = new Map<string, string>();
export const recipientOf = (fingerprint: string): string | undefined => known.get(fingerprint);

/** The fingerprint of a recipient given in full. Throws ConnectError. */
export async function fingerprintOf(recipient: string): Promise<string> {
  const request = create(DiagnoseRecipientRequestSchema, { ...target(), recipient });
  const { fingerprint } = await api.recipients.diagnoseRecipient(request);
  known.set(fingerprint, recipient);
  return fingerprint;
}

/** The page of what was found. */
const placeOf = ({ type, id }: FindResult): string => {
  if (type === FindResultType.SESSION) return link(`/sessions/${id}`);
  if (type === FindResultType.RECIPIENT) return link(`/recipients/${id}`);
  if (type === FindResultType.WEBHOOK_EVENT) return link('/webhooks', { event: id });
  return link('/keys');
};

/** Characters of a verification token that name its session; the rest is secret. */
const TOKEN_ID = 'otvt_'.length + 26;

/** What the service is asked for. Undefined for a credential, which is never sent. */
function searched(text: string): string | undefined {
  if (text.startsWith('otvt_')) return text.slice(0, TOKEN_ID);
  return /^(eyJ|sk_|whsec_|ds_)/.test(text) ? undefined : text;
}

/** Throws ConnectError. */
async function find(text: string): Promise<readonly FindResult[]> {
  const { results } = await api.access.find({ ...target(), text });
  const [only] = results;
  if (results.length === 1 && only?.type === FindResultType.RECIPIENT && only.id !== text)
    known.set(only.id, text);
  return results;
}

/** What is looked up from any page, Ctrl K. */
export function Find() {
  const { route } = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const problem = useSignal('');
  const found = useSignal<readonly FindResult[]>([]);
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
  const open = (place: string) => {
    if (input.current) input.current.value = '';
    found.value = [];
    route(place);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const typed = input.current?.value.trim() ?? '';
    if (!typed) return;
    found.value = [];
    const text = searched(typed);
    if (!text) {
      problem.value = 'This is a secret: it was not sent. Search by an id.';
      return;
    }
    try {
      const results = await find(text);
      const [only] = results;
      problem.value = only ? '' : 'Nothing is known by this phone number, e-mail address or id.';
      if (only && results.length === 1) open(placeOf(only));
      else found.value = results;
    } catch (thrown) {
      problem.value = ConnectError.from(thrown).rawMessage;
    }
  };
  return (
    <search>
      <form class="find" onSubmit={submit}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Find by phone, e-mail or id"
          aria-describedby="find-problem"
          placeholder="Phone, e-mail or any id"
          autocomplete="off"
          spellcheck={false}
          onInput={() => {
            problem.value = '';
            found.value = [];
          }}
        />
        <kbd>Ctrl K</kbd>
      </form>
      <p id="find-problem" class="find-problem" role="alert">
        {problem}
      </p>
      {found.value.length > 0 && (
        <ul class="found" aria-label="Found">
          {found.value.map((one) => (
            <li key={`${one.type} ${one.id}`}>
              <button type="button" onClick={() => open(placeOf(one))}>
                {nameOf(FindResultType, one.type)} <b>{one.label}</b>{' '}
                <span class="soft">
                  {one.workspace} {modeOf(one.mode).toLowerCase()}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}
