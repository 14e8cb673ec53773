import type { Style } from './style.js';

/**
 * Clients written from the three documents alone: their paths, fields, statuses and
 * messages, and nothing that this project adds. A field that no document names is
 * never read.
 */

/** What came back: the status and the fields. */
export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: the clients read the fields that the documents print.
  readonly body: any;
}

type Post = (path: string, body: object) => Promise<Reply>;

interface Wire {
  readonly post: Post;
  readonly get: (path: string) => Promise<Reply>;
}

function wire(baseUrl: string, credential: Readonly<Record<string, string>>, { nulls, bare }: Style): Wire {
  const call = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(baseUrl + path, init);
    const body = await response.json();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
  };
  return {
    post: (path, body) => {
      // JSON.stringify leaves out what is undefined.
      const text = JSON.stringify(body, (_, value) => (value === undefined && nulls ? null : value));
      return call(path, {
        method: 'POST',
        headers: { ...credential, ...(!bare && { 'content-type': 'application/json' }) },
        // fetch gives bytes no type of their own, and a string one.
        body: new TextEncoder().encode(text),
      });
    },
    get: (path) => call(path, { headers: credential }),
  };
}

/** The beneficiary document: send, validate, attach. */
export function beneficiaryClient(baseUrl: string, accessToken: string, style: Style) {
  const { post } = wire(baseUrl, { authorization: `Bearer ${accessToken}` }, style);
  return {
    send: (beneficiary_id: string | undefined, sponsor_slug: string, channel: string) =>
      post('/v1/otp/send', { beneficiary_id, sponsor_slug, channel }),
    validate: (otp_id: string, code: string) => post('/v1/otp/validate', { otp_id, code: style.write(code) }),
  };
}

/** What a request of the multi-channel document may contain. */
export interface MultichannelSend {
  readonly channels: readonly string[];
  readonly recipients: Readonly<Record<string, string>>;
  readonly config?: {
    readonly otp_length?: number;
    readonly expiry_minutes?: number;
    readonly max_attempts?: number;
  };
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly sandbox_mode?: boolean;
  readonly add_contact?: boolean;
}

/** The multi-channel document: send, verify, resend and the list of sessions. */
export function multichannelClient(baseUrl: string, key: string, style: Style) {
  const { post, get } = wire(baseUrl, { 'x-api-key': key }, style);
  const config = ({ otp_length, expiry_minutes, max_attempts }: NonNullable<MultichannelSend['config']>) => ({
    otp_length,
    expiry_minutes,
    max_attempts,
  });
  return {
    send: (given: MultichannelSend) =>
      post('/api/v1/otp/send', {
        channels: given.channels,
        recipients: { email: undefined, sms: undefined, whatsapp: undefined, ...given.recipients },
        config: given.config && config(given.config),
        metadata: given.metadata,
        sandbox_mode: given.sandbox_mode,
        add_contact: given.add_contact,
      }),
    verify: (token: string, otps: Readonly<Record<string, string>>) =>
      post('/api/v1/otp/verify', {
        token,
        otps: {
          email: undefined,
          sms: undefined,
          whatsapp: undefined,
          ...Object.fromEntries(Object.entries(otps).map(([name, code]) => [name, style.write(code)])),
        },
      }),
    resend: (token: string) => post('/api/v1/otp/resend', { token }),
    sessions: (filter = '') => get(`/api/v1/otp/sessions${filter}`),
  };
}

/** The messaging document: verify, after an OTP request that generates and delivers a code. */
export function messagingClient(baseUrl: string, key: string, style: Style) {
  const { post } = wire(baseUrl, { authorization: `Bearer ${key}` }, style);
  return {
    request: (dest: string) => post('/v1/messaging/otp/request', { dest, src: 'ACME', purpose: 'LOGIN' }),
    verify: (sessionId: string, code: string | undefined) =>
      post('/v1/messaging/otp/verify', { sessionId, code: code && style.write(code) }),
  };
}
