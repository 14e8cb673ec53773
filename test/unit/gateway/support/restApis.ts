import { expect } from 'vitest';
import { beneficiary } from '../../../../server/gateway/beneficiary/index.js';
import type { Dialect } from '../../../../server/gateway/dialect.js';
import { messaging } from '../../../../server/gateway/messaging/index.js';
import { createMultichannel } from '../../../../server/gateway/multichannel/index.js';
import { createOAuth } from '../../../../server/gateway/oauth/index.js';
import { apiKey, bearer } from '../../../support/rest.js';

/** A REST API: what it takes, how a credential is presented there, and where it says why it refuses. */
export interface RestApi {
  readonly name: string;
  readonly dialect: Dialect;
  /** A request of the right shape for each POST path. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  credential(key: string): Readonly<Record<string, string>>;
  /** The reason of the error table that a refusal carries. */
  // biome-ignore lint/suspicious/noExplicitAny: a body has the fields of the dialect.
  reasonIn(body: any): string;
}

const UNKNOWN_OTP = 'otp_01HX9NPQ12ABCDEFGH34567890';
const UNKNOWN_SESSION = 'feab6011-2469-4804-ace5-ee9dcb5b9ef2';

// What dialects are built of is not needed to know what they refuse with.
const nothing = {} as never;

export const REST_APIS: readonly RestApi[] = [
  {
    name: 'beneficiary',
    dialect: beneficiary,
    requests: {
      '/v1/otp/send': {
        beneficiary_id: 'bnf_1',
        sponsor_slug: 'sponsor-sandbox',
        channel: 'SMS',
        operation: { type: 'DISPENSATION', id: 'dsp_1', product_type: 'LAB' },
      },
      '/v1/otp/validate': { otp_id: UNKNOWN_OTP, code: '482913' },
      '/v1/otp/tokens/redeem': {
        otp_verification_token: 'otvt_1',
        operation: { type: 'DISPENSATION', id: 'dsp_1' },
        recipient: '+573001234542',
        accept_sandbox: false,
      },
      '/v1/otp/tokens/introspect': { otp_verification_token: 'otvt_1', accept_sandbox: false },
    },
    credential: bearer,
    reasonIn: ({ code }) => code,
  },
  {
    name: 'multichannel',
    dialect: createMultichannel(nothing),
    requests: {
      '/api/v1/otp/send': {
        channels: ['email'],
        recipients: { email: 'a@example.com' },
        config: { otp_length: 6, expiry_minutes: 5, max_attempts: 3 },
        verification: { strategy: 'specific', channels: ['email'] },
        metadata: { purpose: 'login' },
        add_contact: false,
        sandbox_mode: false,
        sender_id: 'no-reply@example.com',
        locale: 'en',
      },
      '/api/v1/otp/verify': { token: 'x', otps: { email: '123456' } },
      '/api/v1/otp/resend': { token: 'x', channels: ['email'] },
    },
    credential: apiKey,
    reasonIn: ({ code }) => code,
  },
  {
    name: 'messaging',
    dialect: messaging,
    requests: {
      '/v1/messaging/otp/request': {
        dest: '+573001234542',
        src: 'ACME',
        purpose: 'LOGIN',
        messageTemplate: 'Your code is <OTP>',
      },
      '/v1/messaging/otp/verify': { sessionId: UNKNOWN_SESSION, code: '123456' },
    },
    credential: bearer,
    reasonIn: ({ code, data }) => code ?? data.status,
  },
  {
    name: 'oauth',
    dialect: createOAuth(nothing),
    requests: {
      '/v1/oauth/token': {
        grant_type: 'client_credentials',
        client_id: 'a-client',
        client_secret: 'a-secret',
        scope: 'otp.send',
      },
    },
    credential: () => ({}),
    reasonIn: ({ error_code }) => error_code,
  },
];

/** Every POST path of every restApi. */
export const POSTS = REST_APIS.flatMap((restApi) =>
  Object.entries(restApi.requests).map(([path, request]) => ({ path, request, restApi })),
);

/** Holds a refusal against the dialect's own form: every field it has, and none besides. */
export function expectRefusal(
  restApi: RestApi,
  { status, headers, body }: { status: number; headers: Headers; body: unknown },
  wanted: { status: number; reason: string },
): void {
  expect({ status, reason: restApi.reasonIn(body) }).toEqual(wanted);
  expect(restApi.dialect.refusal.parse(body)).toEqual(body);
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('x-request-id')).toMatch(/^[\w.:-]{1,64}$/);
  expect(headers.get('cache-control')).toBe('no-store');
}
