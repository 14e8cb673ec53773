import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { signal } from '@preact/signals';
import { AccessService, type WhoAmIResponse } from '../../gen/otp/admin/v1/access_service_pb.js';
import { IS_PORTAL } from './route.js';

// A link to the portal takes nothing from a tab that is signed in to the console.
const PLACE = IS_PORTAL ? 'countersign.portal' : 'countersign.token';
const RENEW_BEFORE_MS = 5 * 60_000;

interface Token {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

/** The access token of this tab: for an hour, and gone with the tab. The key is never stored. */
export const token = signal<Token | undefined>(stored());

/** Whose token it is, once the service said so. */
export const who = signal<WhoAmIResponse | undefined>(undefined);

/** Exchanges the key for a new token, while the key that was typed is remembered. */
let renew: (() => Promise<void>) | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function stored(): Token | undefined {
  const text = sessionStorage.getItem(PLACE);
  if (!text) return undefined;
  const found = JSON.parse(text) as Token;
  return found.endsAt > Date.now() ? found : undefined;
}

const bare = createConnectTransport({ baseUrl: location.origin, defaultTimeoutMs: 10_000 });
const bearing = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

/** The key of a link, of which the address then shows nothing. */
export function keyOfLink(): string | undefined {
  const key = new URLSearchParams(location.hash.slice(1)).get('t') ?? undefined;
  if (key !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return key;
}

/** Signs this tab in. Throws ConnectError. */
export async function signIn(key: string): Promise<void> {
  const found = await createClient(AccessService, bare).whoAmI({}, bearing(key));
  renew = () => exchange(found.apiKeyId, key);
  await renew();
  who.value = found;
}

/** Learns whose token was found in the tab. */
export async function readWho(): Promise<void> {
  const current = token.peek();
  if (!current) return;
  try {
    who.value = await createClient(AccessService, bare).whoAmI({}, bearing(current.token));
  } catch (thrown) {
    if (ConnectError.from(thrown).code === Code.Unauthenticated) forget();
    else throw thrown;
  }
}

export function signOut(): void {
  renew = undefined;
  who.value = undefined;
  forget();
}

function forget(): void {
  clearTimeout(timer);
  sessionStorage.removeItem(PLACE);
  token.value = undefined;
}

async function exchange(id: string, key: string): Promise<void> {
  const response = await fetch('/v1/oauth/token', {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: key }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new ConnectError('The key was not accepted.', Code.Unauthenticated);
  const { access_token, expires_in } = (await response.json()) as {
    access_token: string;
    expires_in: number;
  };
  const lifeMs = expires_in * 1000;
  token.value = { token: access_token, endsAt: Date.now() + lifeMs };
  sessionStorage.setItem(PLACE, JSON.stringify(token.value));
  clearTimeout(timer);
  timer = setTimeout(() => void renew?.().catch(() => {}), Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2));
}

/** Signs calls. One that the service does not know is renewed once, else the tab asks for a key again. */
export const signed: Interceptor = (next) => async (request) => {
  const attempt = () => {
    request.header.set('authorization', `Bearer ${token.peek()?.token ?? ''}`);
    return next(request);
  };
  try {
    return await attempt();
  } catch (thrown) {
    if (ConnectError.from(thrown).code !== Code.Unauthenticated) throw thrown;
    try {
      if (!renew) throw thrown;
      await renew();
    } catch {
      forget();
      throw thrown;
    }
    return attempt();
  }
};
