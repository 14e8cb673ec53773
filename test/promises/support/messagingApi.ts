import { expect } from 'vitest';
import { bearer, type Rest, type RestResponse, restClient } from '../../support/rest.js';
import type { TestService } from '../../support/service.js';
import { newKey } from '../../support/tenant.js';
import { deliveredCode } from '../../wire/support/delivered.js';

/** Calls with a new API key: of the workspace named, else of "default". */
export const messagingApi = async (service: TestService, workspace = 'default'): Promise<Rest> =>
  restClient(service.baseUrl, bearer(await newKey(service, workspace)));

let people = 0;

/** A phone that received no message before. */
export const newPhone = (): string => `+573${String(20_000_000 + ++people).padStart(9, '0')}`;

export const request = (api: Rest, dest: string, more: object = {}): Promise<RestResponse> =>
  api.post('/v1/messaging/otp/request', { dest, src: 'ACME', purpose: 'LOGIN', ...more });

export const verify = (api: Rest, sessionId: string, code: string): Promise<RestResponse> =>
  api.post('/v1/messaging/otp/verify', { sessionId, code });

/** Requests an OTP to a new phone and reads the message. */
export async function requested(
  service: TestService,
  api: Rest,
): Promise<{ readonly sessionId: string; readonly code: string }> {
  const { status, text, body } = await request(api, newPhone());
  expect(status, text).toBe(200);
  const { sessionId } = body.data;
  return { sessionId, code: await deliveredCode(service, sessionId, 'sms') };
}

/** The body the document prints for each status, and the HTTP status it comes with. */
export const PRINTED = {
  APPROVED: printed(200, 'APPROVED', 'OTP verification successful', 'OTP verified successfully'),
  INVALID: printed(400, 'INVALID', 'Invalid OTP', 'Invalid OTP'),
  EXPIRED: printed(410, 'EXPIRED', 'OTP expired', 'OTP expired'),
  MAX_ATTEMPTS_REACHED: printed(
    423,
    'MAX_ATTEMPTS_REACHED',
    'Maximum verification attempts reached',
    'Maximum verification attempts reached',
  ),
  ALREADY_USED: printed(409, 'ALREADY_USED', 'OTP already used', 'OTP already verified'),
  NOT_FOUND: printed(404, 'NOT_FOUND', 'OTP session not found', 'OTP session not found'),
} as const;

function printed(httpStatus: number, status: string, outside: string, inside: string) {
  const verified = status === 'APPROVED';
  return (sessionId: string) => ({
    status: httpStatus,
    body: { success: verified, message: outside, data: { sessionId, status, verified, message: inside } },
  });
}

/** What of a response is compared with a printed one. */
export const shown = ({ status, body }: RestResponse) => ({ status, body });
