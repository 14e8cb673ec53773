import type { Owned } from './neighbours.js';

/** How a route would be used to reach another workspace's things, and the status that a stranger gets. */
export interface Route {
  readonly status: number;
  /** The path with its query filled in, and the body of a POST. */
  readonly request: (owned: Owned) => readonly [path: string, body?: object];
}

const DISPENSATION = { type: 'DISPENSATION', id: 'dsp_1' };

/** Every route of every REST API. */
export const ROUTES: Readonly<Record<string, Route>> = {
  'POST /v1/otp/send': {
    status: 403,
    request: ({ sponsorSlug, beneficiaryId }) => [
      '/v1/otp/send',
      { beneficiary_id: beneficiaryId, sponsor_slug: sponsorSlug, channel: 'SMS' },
    ],
  },
  'POST /v1/otp/validate': {
    status: 404,
    request: ({ otpId, code }) => ['/v1/otp/validate', { otp_id: otpId, code }],
  },
  'POST /v1/otp/tokens/redeem': {
    status: 404,
    request: ({ verificationToken }) => [
      '/v1/otp/tokens/redeem',
      { otp_verification_token: verificationToken, operation: DISPENSATION },
    ],
  },
  'POST /v1/otp/tokens/introspect': {
    status: 404,
    request: ({ verificationToken }) => [
      '/v1/otp/tokens/introspect',
      { otp_verification_token: verificationToken },
    ],
  },
  'GET /v1/sponsors/{slug}/configuration': {
    status: 403,
    request: ({ sponsorSlug }) => [`/v1/sponsors/${sponsorSlug}/configuration?product_type=LAB`],
  },
  'GET /v1/dispensations/{id}/verification-status': {
    status: 403,
    request: ({ sponsorSlug }) => [`/v1/dispensations/dsp_1/verification-status?sponsor_slug=${sponsorSlug}`],
  },
  'POST /v1/oauth/token': {
    status: 401,
    request: ({ keyId }) => [
      '/v1/oauth/token',
      { grant_type: 'client_credentials', client_id: keyId, client_secret: `sk_otp_live_${'A'.repeat(43)}` },
    ],
  },
  'POST /api/v1/otp/send': {
    status: 200,
    request: ({ email }) => ['/api/v1/otp/send', { recipients: { email: `my.${email}` } }],
  },
  'POST /api/v1/otp/verify': {
    status: 404,
    request: ({ sessionToken, code }) => [
      '/api/v1/otp/verify',
      { token: sessionToken, otps: { email: code } },
    ],
  },
  'POST /api/v1/otp/resend': {
    status: 404,
    request: ({ sessionToken }) => ['/api/v1/otp/resend', { token: sessionToken }],
  },
  'GET /api/v1/otp/sessions': {
    status: 200,
    request: ({ email }) => [`/api/v1/otp/sessions?recipient=${encodeURIComponent(email)}`],
  },
  'GET /api/v1/otp/sessions/{id}': {
    status: 404,
    request: ({ sessionId }) => [`/api/v1/otp/sessions/${sessionId}`],
  },
  'DELETE /api/v1/otp/sessions/{id}': {
    status: 404,
    request: ({ sessionId }) => [`/api/v1/otp/sessions/${sessionId}`],
  },
  'POST /v1/messaging/otp/request': {
    status: 200,
    request: () => ['/v1/messaging/otp/request', { dest: '+573001234542', src: 'ACME', purpose: 'LOGIN' }],
  },
  'POST /v1/messaging/otp/verify': {
    status: 404,
    request: ({ sessionId, code }) => ['/v1/messaging/otp/verify', { sessionId, code }],
  },
};
