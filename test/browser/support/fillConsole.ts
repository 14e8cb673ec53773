import { connectJson } from '../../support/connectJson.js';
import type { Day } from '../../support/day.js';
import { eventually } from '../../support/eventually.js';
import type { TestService } from '../../support/service.js';

/** Ids of what a workspace has in which every page of the console shows something. */
export interface Filled {
  readonly sessionId: string;
  readonly fingerprint: string;
  readonly endpointId: string;
  readonly jobId: string;
}

/** A service and the day that it is filled with. */
export interface Fillable {
  readonly service: TestService;
  day(): Day;
}

/**
 * Gives the workspace a day of traffic and something of everything, for tests and for
 * pictures, which run without a test runner. Throws where a call fails.
 */
export async function fillConsole({ service, day }: Fillable): Promise<Filled> {
  await day().seed(service);
  const call = connectJson(service.baseUrl, service.liveKey);
  const done = async (method: string, message: object) => {
    const { status, body } = await call(method, message);
    if (status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`);
    return body;
  };
  const admin = (method: string, message: object) => done(`otp.admin.v1.${method}`, message);
  const sms = '+573005550777';

  const { webhookEndpoint } = await admin('WebhookService/CreateWebhookEndpoint', {
    webhookEndpoint: { url: `${day().env.OTP_TWILIO_URL}/hook` },
  });
  await admin('WebhookService/SendTestEvent', { id: webhookEndpoint.id });
  await admin('SponsorService/CreateSponsor', {
    sponsor: { slug: 'acme', displayName: 'Acme Insurance', channels: ['CHANNEL_SMS'] },
  });
  const beneficiary = { sponsorSlug: 'acme', beneficiaryId: 'p-1', phone: '+573001234542' };
  await admin('SponsorService/CreateBeneficiary', { beneficiary });
  await admin('TemplateService/CreateTemplate', {
    template: { key: 'otp-sms', locale: 'pt', text: 'Seu código: {{ code }}' },
  });
  await admin('WalletService/CreditWallet', { amountMicros: '5000000', reference: 'first credit' });

  const { session } = await done('otp.v1.OtpService/Send', { recipients: { sms }, addContact: true });
  await done('otp.v1.OtpService/Verify', { sessionId: session.id, code: await day().codeOf(sms) });
  const { fingerprint } = await admin('RecipientService/DiagnoseRecipient', { recipient: sms });
  await admin('RecipientService/CreateRecipientRule', {
    recipientRule: { type: 'RECIPIENT_RULE_TYPE_BLOCK', recipient: sms, note: 'asked by phone' },
  });
  const { reason } = await call('otp.v1.OtpService/Send', { recipients: { sms } });
  if (reason !== 'SEND_REFUSED') throw new Error(`a send to a blocked recipient: ${reason}`);
  await admin('SenderService/CreateSender', {
    sender: { channel: 'CHANNEL_WHATSAPP', senderId: '+573007777777' },
  });

  await admin('WorkspaceService/CreateWorkspace', { workspace: { name: 'old-shop' } });
  await admin('WorkspaceService/DeleteWorkspace', { workspace: 'old-shop' });
  const { job } = await admin('WorkspaceService/PurgeWorkspace', { workspace: 'old-shop' });
  await eventually(async () => {
    const { deliveries = [] } = await admin('WebhookService/ListWebhookDeliveries', {
      id: webhookEndpoint.id,
    });
    return deliveries.length > 0;
  });
  await eventually(async () => {
    const { contacts = [] } = await admin('ContactService/ListContacts', { recipient: sms });
    return contacts.length > 0;
  });
  return { sessionId: session.id, fingerprint, endpointId: webhookEndpoint.id, jobId: job.id };
}
