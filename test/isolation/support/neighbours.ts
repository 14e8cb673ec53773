import { expect } from 'vitest';
import { createJobs } from '../../../server/admin/jobs/jobs.js';
import { createIds, idToOtp } from '../../../server/domain/ids.js';
import { DAY_MS } from '../../../server/platform/durations.js';
import { systemRandom } from '../../../server/platform/random.js';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { apiKey, bearer, type Rest, type RestResponse, restClient } from '../../support/rest.js';
import type { TestService } from '../../support/service.js';
import { newKey } from '../../support/tenant.js';
import { startWebhookReceiver } from '../../support/webhookReceiver.js';
import { deliveredCode } from '../../wire/support/delivered.js';

type Calls = ReturnType<typeof connectJson>;

/** One of everything that a workspace has, by names that no other workspace has. */
export interface Owned {
  readonly sessionId: string;
  readonly otpId: string;
  readonly sessionToken: string;
  /** The right code of that session. */
  readonly code: string;
  readonly email: string;
  /** Of another session. */
  readonly verificationToken: string;
  readonly sponsorSlug: string;
  readonly beneficiaryId: string;
  readonly keyId: string;
  readonly senderId: string;
  /** The reference of a verification page of that session. */
  readonly pageRef: string;
  readonly contactId: string;
  readonly ruleId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly jobId: string;
  readonly accountName: string;
}

/** A phone to which the owner's guard lets nothing go. */
export const REFUSED = '+85021234567';

/** An account with a vendor; no message is sent through it. */
export const ACCOUNT = {
  kind: 'vonage',
  settings: { api_key: 'a1b2c3d4', from: 'Acme' },
  secrets: { api_secret: 'the-secret-of-an-account' },
};

/** Credentials of a workspace. */
export interface Tenant {
  readonly key: string;
  readonly call: Calls;
  readonly byKey: Rest;
  readonly byBearer: Rest;
}

export async function tenantOf(service: TestService, workspace: string): Promise<Tenant> {
  const key = await newKey(service, workspace);
  return {
    key,
    call: connectJson(service.baseUrl, key),
    byKey: restClient(service.baseUrl, apiKey(key)),
    byBearer: restClient(service.baseUrl, bearer(key)),
  };
}

/** Asks a REST API as its document says: by GET, or with a body by POST. */
export function clientOf(
  { byKey, byBearer }: Tenant,
  { credential, method }: { readonly credential: 'apiKey' | 'bearer'; readonly method: string },
) {
  const restApi = credential === 'apiKey' ? byKey : byBearer;
  return ([path, body = {}]: readonly [path: string, body?: object]): Promise<RestResponse> => {
    if (method === 'DELETE') return restApi.delete(path);
    return method === 'GET' ? restApi.get(path) : restApi.post(path, body);
  };
}

/** Fills a workspace with two of everything, so that lists have pages, and gives back the first. */
export async function filled(service: TestService, { call }: Tenant, name: string): Promise<Owned> {
  const receiver = await startWebhookReceiver();
  const create = async () => {
    const webhookEndpoint = { url: receiver.url };
    const { body } = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', { webhookEndpoint });
    return body.webhookEndpoint.id as string;
  };
  const endpoints = [await create(), await create()] as const;
  const [owned] = [await made(service, call, `${name}-1`), await made(service, call, `${name}-2`)];
  // Of each half a session that is approved and three whose messages were accepted.
  await eventually(() => {
    service.clock.advance(100);
    return receiver.received.length === 2 * endpoints.length * 5;
  });
  const eventId = await eventually(async () => {
    const id = endpoints[0];
    const { body } = await call('otp.admin.v1.WebhookService/ListWebhookDeliveries', { id });
    const isQuiet = body.deliveries.every(({ waiting = [] }) => waiting.length === 0);
    return isQuiet && (body.deliveries[0].attempts[0].eventId as string);
  });
  await receiver.close();
  const [jobId] = [await job(service, name), await job(service, name)];
  return { ...owned, endpointId: endpoints[0], eventId, jobId };
}

/** A job of the workspace that never begins: what a workspace could start by itself would change it. */
async function job({ documents, clock }: TestService, workspace: string): Promise<string> {
  const { id } = await createJobs(documents, clock).start({
    workspace,
    id: createIds(clock, systemRandom)(),
    type: 'PURGE_WORKSPACE',
    resource: `workspaces/${workspace}`,
    actor: 'operator',
    startsAt: new Date(clock.now() + 365 * DAY_MS),
  });
  return id;
}

async function made(
  service: TestService,
  call: Calls,
  name: string,
): Promise<Omit<Owned, 'endpointId' | 'eventId' | 'jobId'>> {
  const done = async (method: string, message: object) => {
    const { status, body } = await call(method, message);
    expect(status, `${method} ${JSON.stringify(body)}`).toBe(200);
    return body;
  };
  const admin = (method: string, message: object) => done(`otp.admin.v1.${method}`, message);
  const send = (more: object) => done('otp.v1.OtpService/Send', { metadata: { user_id: name }, ...more });

  const verified = await send({ recipients: { email: `verified.${name}@example.com` }, addContact: true });
  const { verificationToken } = await done('otp.v1.OtpService/Verify', {
    sessionId: verified.session.id,
    code: await deliveredCode(service, verified.session.id),
  });
  const sponsor = { slug: name, displayName: name, channels: ['CHANNEL_SMS', 'CHANNEL_EMAIL'] };
  await admin('SponsorService/CreateSponsor', { sponsor });
  const beneficiary = { sponsorSlug: name, beneficiaryId: `bnf-${name}`, phone: '+573001234542' };
  await admin('SponsorService/CreateBeneficiary', { beneficiary });
  await admin('SponsorService/CreateBeneficiary', {
    beneficiary: { ...beneficiary, beneficiaryId: `bnf-${name}-2` },
  });
  const made = await admin('ApiKeyService/CreateApiKey', {
    apiKey: { displayName: name, scopes: ['sessions.read'] },
  });
  // WhatsApp, on which nothing is sent here: a workspace with a sender uses no other.
  const senderId = `+57300${String([...name].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7) % 10_000_000).padStart(7, '0')}`;
  await admin('SenderService/CreateSender', { sender: { channel: 'CHANNEL_WHATSAPP', senderId } });
  const template = { key: 'otp-sms', locale: name.endsWith('1') ? 'en' : 'es', text: `${name} {{ code }}` };
  await admin('TemplateService/CreateTemplate', { template });
  const contactId = await eventually(async () => {
    const { contacts = [] } = await admin('ContactService/ListContacts', {
      recipient: `verified.${name}@example.com`,
    });
    return contacts[0]?.id as string | undefined;
  });
  const guard = { countryBlock: ['KP'], approvalRate: { minSends: 50, minPercent: 1 } };
  await admin('GuardService/UpdateGuard', { guard, updateMask: 'countryBlock,approvalRate' });
  const sms = `${REFUSED.slice(0, -1)}${name.at(-1)}`;
  expect((await call('otp.v1.OtpService/Send', { recipients: { sms } })).reason).toBe('SEND_REFUSED');
  // To two prefixes, so that their list has two pages.
  for (const prefix of ['+57300111', '+57300222'])
    await send({ recipients: { sms: `${prefix}000${name.at(-1)}` } });
  const { recipientRule } = await admin('RecipientService/CreateRecipientRule', {
    recipientRule: { type: 'RECIPIENT_RULE_TYPE_BLOCK', recipient: `blocked.${name}@example.com` },
  });
  await admin('ProviderService/CreateProviderAccount', { providerAccount: { ...ACCOUNT, name } });
  const email = `open.${name}@example.com`;
  const { session, sessionToken } = await send({ recipients: { email } });
  const page = { embedOrigins: ['https://shop.example'], returnMode: 'RETURN_MODE_EMBED' };
  await admin('WorkspaceService/UpdateWorkspace', {
    workspace: { embedOrigins: page.embedOrigins },
    updateMask: 'embedOrigins',
  });
  const { url } = await done('otp.v1.VerificationPageService/CreateVerificationPage', {
    ...page,
    sessionId: session.id,
  });
  return {
    pageRef: new URL(url).pathname.split('/').at(-1)!,
    sessionId: session.id,
    otpId: idToOtp(session.id),
    sessionToken,
    code: await deliveredCode(service, session.id),
    email,
    verificationToken,
    sponsorSlug: name,
    beneficiaryId: beneficiary.beneficiaryId,
    keyId: made.apiKey.id,
    senderId,
    contactId,
    accountName: name,
    ruleId: recipientRule.id,
  };
}

const UNKNOWN_ID = '01b92571-ea00-7680-9141-a7e17e33e7c6';

/** Ids of the same form that do not exist. */
export const nonexistent = (owned: Owned): Owned => ({
  sessionId: UNKNOWN_ID,
  otpId: idToOtp(UNKNOWN_ID),
  pageRef: 'A'.repeat(22),
  sessionToken: `${owned.sessionToken.slice(0, -8)}AAAAAAAA`,
  code: owned.code,
  // Masked alike.
  email: owned.email.replace('open', 'oben'),
  verificationToken: `otvt_01Q4JQ3TG0ERAVTKDW0RJWZ5R6${'0'.repeat(32)}`,
  sponsorSlug: 'nonexistent-sponsor',
  beneficiaryId: 'nonexistent-beneficiary',
  keyId: UNKNOWN_ID,
  senderId: '+573009999999',
  contactId: `${owned.contactId.slice(0, -6)}AAAAAA`,
  ruleId: UNKNOWN_ID,
  endpointId: UNKNOWN_ID,
  eventId: UNKNOWN_ID,
  jobId: UNKNOWN_ID,
  accountName: 'nonexistent-account',
});
