import { expect } from 'vitest';
import { parseId } from '../../../server/domain/ids.js';
import { connectJson } from '../../support/connectJson.js';
import { bearer, type Rest, type RestResponse, restClient } from '../../support/rest.js';
import type { TestService } from '../../support/service.js';
import { deliveredCode, otherThan } from '../../wire/support/delivered.js';

const SPONSORS = 'otp.admin.v1.SponsorService';

/** A beneficiary on file with a sponsor, and where it is reached. */
export interface OnFile {
  readonly sponsor_slug: string;
  readonly beneficiary_id: string;
  readonly phone: string;
  readonly email: string;
}

/** An OTP that was sent. */
export interface Sent {
  readonly otp_id: string;
  readonly response: RestResponse;
  /** As written in the delivered message. */
  readonly code: string;
}

let made = 0;

/** Registers a sponsor; `settings` as the operator's contract has them. Gives back its slug. */
export async function newSponsor(service: TestService, settings: object = {}): Promise<string> {
  const slug = `sponsor-${++made}`;
  await asOperator(service, 'CreateSponsor', {
    sponsor: { slug, displayName: slug, channels: ['CHANNEL_SMS', 'CHANNEL_EMAIL'], ...settings },
  });
  return slug;
}

/** Changes a sponsor; every field that is named is set. */
export const changeSponsor = (service: TestService, slug: string, settings: object): Promise<unknown> =>
  asOperator(service, 'UpdateSponsor', {
    sponsor: { slug, ...settings },
    updateMask: Object.keys(settings).join(','),
  });

/** Puts a new person, with a phone and a mailbox of their own, on file with a sponsor: a new one unless named. */
export async function newBeneficiary(
  service: TestService,
  sponsor_slug?: string,
  more: Partial<OnFile> = {},
): Promise<OnFile> {
  const number = ++made;
  const onFile = {
    sponsor_slug: sponsor_slug ?? (await newSponsor(service)),
    beneficiary_id: `bnf_${number}`,
    phone: `+573${String(10_000_000 + number).padStart(9, '0')}`,
    email: `beneficiary.${number}@example.com`,
    ...more,
  };
  const { sponsor_slug: sponsorSlug, beneficiary_id: beneficiaryId, phone, email } = onFile;
  await asOperator(service, 'CreateBeneficiary', {
    beneficiary: { sponsorSlug, beneficiaryId, phone, email },
  });
  return onFile;
}

async function asOperator(service: TestService, method: string, request: object): Promise<unknown> {
  const { status, body } = await connectJson(service.baseUrl, service.liveKey)(
    `${SPONSORS}/${method}`,
    request,
  );
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}

/** An integration with a client of its own, and so with budgets of its own. */
export interface Integration {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Its OAuth access token. */
  readonly token: string;
  /** Calls with that token. */
  readonly api: Rest;
}

const SCOPES = ['otp.send', 'otp.verify', 'tokens.redeem'];

/** Makes a client and obtains a token for it, as its document says. */
export async function newIntegration(
  service: TestService,
  { scopes = SCOPES, mode = 'MODE_LIVE' }: { scopes?: readonly string[]; mode?: string } = {},
): Promise<Integration> {
  const operator = connectJson(service.baseUrl, service.liveKey);
  const { body } = await operator('otp.admin.v1.ApiKeyService/CreateApiKey', {
    apiKey: { displayName: 'an integration', scopes, mode },
  });
  const { id: clientId } = body.apiKey;
  const clientSecret = body.secret;
  const granted = await requestToken(service, clientId, clientSecret);
  expect(granted.status, granted.text).toBe(200);
  const token = granted.body.access_token;
  return { clientId, clientSecret, token, api: restClient(service.baseUrl, bearer(token)) };
}

/** Asks the token endpoint, by form and HTTP Basic. */
export const requestToken = (service: TestService, clientId: string, secret: string): Promise<RestResponse> =>
  restClient(service.baseUrl).post('/v1/oauth/token', 'grant_type=client_credentials', {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
  });

/** The body of send for a person. */
export const to = ({ sponsor_slug, beneficiary_id }: OnFile, more: object = {}) => ({
  sponsor_slug,
  beneficiary_id,
  channel: 'SMS',
  ...more,
});

export const send = (api: Rest, whom: OnFile, more: object = {}): Promise<RestResponse> =>
  api.post('/v1/otp/send', to(whom, more));

export const validate = (api: Rest, otp_id: string, code: string): Promise<RestResponse> =>
  api.post('/v1/otp/validate', { otp_id, code });

export const redeem = (
  api: Rest,
  otp_verification_token: string,
  operation: object = { type: 'DISPENSATION', id: 'dsp_1' },
): Promise<RestResponse> => api.post('/v1/otp/tokens/redeem', { otp_verification_token, operation });

/** Sends and waits for the message. */
export async function sent(
  service: TestService,
  api: Rest,
  whom: OnFile,
  more: { channel?: 'SMS' | 'EMAIL'; operation?: object } = {},
): Promise<Sent> {
  const response = await send(api, whom, more);
  expect(response.status, response.text).toBe(200);
  const { otp_id, channel } = response.body;
  return { otp_id, response, code: await codeOf(service, otp_id, channel) };
}

/** The code that was delivered for an OTP. */
export const codeOf = (service: TestService, otp_id: string, channel: 'SMS' | 'EMAIL' = 'SMS') =>
  deliveredCode(service, parseId(otp_id)!, channel.toLowerCase());

/** Sends, validates and gives back the verification token. */
export async function verified(
  service: TestService,
  api: Rest,
  whom: OnFile,
  more: { operation?: object } = {},
): Promise<{ readonly otp_id: string; readonly code: string; readonly token: string }> {
  const { otp_id, code } = await sent(service, api, whom, more);
  const response = await validate(api, otp_id, code);
  expect(response.status, response.text).toBe(200);
  return { otp_id, code, token: response.body.otp_verification_token };
}

/** Well-formed codes that were not sent, all different. */
export const wrongCodes = (code: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${otherThan(code).slice(0, -1)}${(Number(code.at(-1)) + n) % 10}`);

/** Shows that a message sent after everything else has arrived, and that none went to any of these. */
export async function expectNothingSent(service: TestService, ...people: readonly OnFile[]): Promise<void> {
  const { api } = await newIntegration(service);
  await sent(service, api, await newBeneficiary(service));
  const reached = (await service.inbox()).map(({ to: address }) => address);
  const addresses = people.flatMap(({ phone, email }) => [phone, email]);
  expect(reached.filter((address) => addresses.includes(address))).toEqual([]);
}
