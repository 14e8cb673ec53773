import { idToOtp } from '../../server/domain/ids.js';
import { jsonRequest, type Request } from './load/request.js';
import type { Scenario } from './scenarios.js';
import { beneficiaryId, newRecipient } from './seed.js';

/** The sponsor of the bench's beneficiaries. */
export const SPONSOR = 'bench-sponsor';

/** A call of one of the documented APIs, and what the Go service otpgateway with Redis reaches of the same echo (measured apart). */
export interface TransportScenario extends Scenario {
  readonly goal: { readonly atLeast: number };
}

const SEND = { atLeast: 0.15 };
const RIGHT = { atLeast: 0.26 };
const WRONG = { atLeast: 0.35 };

let beneficiaries = 0;

/** One after the other, from the first again after `count`: a round has each of them once, so no limit is met. */
const nextBeneficiary = (count: number): string => beneficiaryId(beneficiaries++ % count);

function keyed(path: string, apiKey: string, body: unknown): Request {
  const { headers, ...rest } = jsonRequest(path, apiKey, body);
  const { authorization: _bearer, ...others } = headers;
  return { ...rest, headers: { ...others, 'x-api-key': apiKey } };
}

/** Send, right code and wrong code over each documented API. `registered`: how many beneficiaries there are. */
export const scenariosOf = (registered: number): readonly TransportScenario[] => [
  {
    name: 'beneficiary, send',
    request: (apiKey) =>
      jsonRequest('/v1/otp/send', apiKey, {
        beneficiary_id: nextBeneficiary(registered),
        sponsor_slug: SPONSOR,
        channel: 'SMS',
      }),
    expect: { status: 200, holds: '"masked_destination":' },
    leaves: 'deliverAt',
    goal: SEND,
  },
  {
    name: 'beneficiary, right code',
    request: (apiKey, { sessionId, code }) =>
      jsonRequest('/v1/otp/validate', apiKey, { otp_id: idToOtp(sessionId), code }),
    expect: { status: 200, holds: '"otp_verification_token":' },
    leaves: 'eventsAt',
    goal: RIGHT,
  },
  {
    name: 'beneficiary, wrong code',
    request: (apiKey, { sessionId, wrongCode }) =>
      jsonRequest('/v1/otp/validate', apiKey, { otp_id: idToOtp(sessionId), code: wrongCode }),
    expect: { status: 422, holds: '"071-206"' },
    goal: WRONG,
  },
  {
    name: 'multi-channel, send',
    request: (apiKey) =>
      keyed('/api/v1/otp/send', apiKey, { channels: ['sms'], recipients: { sms: newRecipient() } }),
    expect: { status: 200, holds: '"session_token":' },
    leaves: 'deliverAt',
    goal: SEND,
  },
  {
    name: 'multi-channel, right code',
    request: (apiKey, { sessionToken, code }) =>
      keyed('/api/v1/otp/verify', apiKey, { token: sessionToken, otps: { sms: code } }),
    expect: { status: 200, holds: '"verified":true' },
    leaves: 'eventsAt',
    goal: RIGHT,
  },
  {
    name: 'multi-channel, wrong code',
    request: (apiKey, { sessionToken, wrongCode }) =>
      keyed('/api/v1/otp/verify', apiKey, { token: sessionToken, otps: { sms: wrongCode } }),
    expect: { status: 400, holds: '"Invalid OTP"' },
    goal: WRONG,
  },
  {
    name: 'messaging, request',
    request: (apiKey) =>
      jsonRequest('/v1/messaging/otp/request', apiKey, {
        dest: newRecipient(),
        src: 'Countersign',
        purpose: 'LOGIN',
      }),
    expect: { status: 200, holds: '"sessionId":' },
    leaves: 'deliverAt',
    goal: SEND,
  },
  {
    name: 'messaging, right code',
    request: (apiKey, { sessionId, code }) =>
      jsonRequest('/v1/messaging/otp/verify', apiKey, { sessionId, code }),
    expect: { status: 200, holds: '"APPROVED"' },
    leaves: 'eventsAt',
    goal: RIGHT,
  },
  {
    name: 'messaging, wrong code',
    request: (apiKey, { sessionId, wrongCode }) =>
      jsonRequest('/v1/messaging/otp/verify', apiKey, { sessionId, code: wrongCode }),
    expect: { status: 400, holds: '"INVALID"' },
    goal: WRONG,
  },
];
