import { create } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { DiagnoseRecipientRequestSchema } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { api, target } from '../api.js';
import { link } from '../route.js';

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

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const isRecipient = (text: string): boolean => text.includes('@') || /^\+?[\d\s().-]{6,}$/.test(text);

/** Where what was typed leads to. Throws ConnectError. */
async function placeOf(text: string): Promise<string | undefined> {
  const id = UUID.exec(text)?.[0];
  if (text.startsWith('whe_')) return link('/webhooks');
  if (text.startsWith('key_')) return link('/keys');
  if (id && !text.includes('@')) return link(`/sessions/${id.toLowerCase()}`);
  if (isRecipient(text)) return link(`/recipients/${await fingerprintOf(text)}`);
  return undefined;
}

/** What is looked up from any page, Ctrl K. */
export function Find() {
  const { route } = useLocation();
  const input = useRef<HTMLInputElement>(null);
  const problem = useSignal('');
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
  const find = async (event: Event) => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? '';
    if (!text) return;
    problem.value = '';
    try {
      const place = await placeOf(text);
      if (!place) {
        problem.value = 'This is no phone number, e-mail address or session id.';
        return;
      }
      if (input.current) input.current.value = '';
      route(place);
    } catch (thrown) {
      problem.value = ConnectError.from(thrown).rawMessage;
    }
  };
  return (
    <search>
      <form class="find" onSubmit={find}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          aria-label="Find by phone, e-mail or session"
          aria-describedby="find-problem"
          placeholder="Phone, e-mail or session id"
          autocomplete="off"
          spellcheck={false}
          onInput={() => {
            problem.value = '';
          }}
        />
        <kbd>Ctrl K</kbd>
      </form>
      <p id="find-problem" class="find-problem" role="alert">
        {problem}
      </p>
    </search>
  );
}
