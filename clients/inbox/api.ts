import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { signal } from '@preact/signals';
import { InboxService } from '../../gen/otp/admin/v1/inbox_service_pb.js';

const PLACE = 'countersign.inbox-token';

/** The inbox token, for as long as the tab is open. */
export const token = signal(sessionStorage.getItem(PLACE) ?? '');

export function keepToken(text: string): void {
  sessionStorage.setItem(PLACE, text);
  token.value = text;
}

/** Takes the token out of the fragment of a link, which reaches no server. */
function takeFragment(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get('t');
  if (given === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  keepToken(given);
}
takeFragment();
// A link that is opened in a tab with the page in it loads nothing again.
addEventListener('hashchange', takeFragment);

export function forgetToken(): void {
  sessionStorage.removeItem(PLACE);
  token.value = '';
}

const signed: Interceptor = (next) => (request) => {
  request.header.set('authorization', `Bearer ${token.peek()}`);
  return next(request);
};

export const inbox = createClient(
  InboxService,
  createConnectTransport({ baseUrl: location.origin, defaultTimeoutMs: 15_000, interceptors: [signed] }),
);
