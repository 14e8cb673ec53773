import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import type { SuiteConsole } from './consoleForSuite.js';

/** Ids of what a workspace has in which every page of the console shows something. */
export interface Filled {
  readonly sessionId: string;
  readonly fingerprint: string;
  readonly endpointId: string;
  readonly jobId: string;
}

/** A page of the console with data in it. */
export interface ConsolePage {
  /** Of clients/console/routes.ts. */
  readonly route: string;
  readonly path: (filled: Filled) => string;
  /** Stands on it once it is loaded. */
  readonly text: string | RegExp;
}

const page = (
  route: string,
  text: string | RegExp,
  path: ConsolePage['path'] = () => route,
): ConsolePage => ({
  route,
  path,
  text,
});

/** At least one for each route: a test compares. */
export const CONSOLE_PAGES: readonly ConsolePage[] = [
  page('', 'Lowest conversion'),
  page('/sessions', '+57'),
  page('/sessions', 'Timeline and actions', ({ sessionId }) => `/sessions?session=${sessionId}`),
  page('/sessions/:id', 'Session created', ({ sessionId }) => `/sessions/${sessionId}`),
  page('/recipients', 'asked by phone'),
  page('/recipients/:fingerprint', 'asked by phone', ({ fingerprint }) => `/recipients/${fingerprint}`),
  page('/analytics', 'From asked to approved'),
  page('/fraud', 'Blocked countries'),
  page('/limits', 'recipient-daily'),
  page('/audit', 'UpdateGuard'),
  page('/providers', 'Not configured: '),
  page('/templates', 'pt'),
  page('/templates/:key/:locale', 'es tu clave', () => '/templates/otp-sms/es'),
  page('/templates/:key/:locale', 'Subject', () => '/templates/otp-email/en'),
  page('/senders', '+573007777777'),
  page('/webhooks', /^http:/),
  page('/webhooks/:id', 'Show body', ({ endpointId }) => `/webhooks/${endpointId}`),
  page('/keys', 'first live key'),
  page('/sponsors', 'Acme Insurance'),
  page('/sponsors/:slug', 'p-1', () => '/sponsors/acme'),
  page('/contacts', 'verified'),
  page('/wallet', 'Ledger'),
  page('/jobs', 'Scheduled', ({ jobId }) => `/jobs?workspace=-&job=${jobId}`),
  page('/workspace', 'Settings'),
  page('/configuration', 'Nothing is compared yet'),
];

/** Few pages a test, so that none takes long on a busy machine. */
export const PAGE_GROUPS = Array.from({ length: Math.ceil(CONSOLE_PAGES.length / 3) }, (_, at) =>
  CONSOLE_PAGES.slice(at * 3, at * 3 + 3),
).map((pages) => [pages.map(({ route }) => route || '/').join(' '), pages] as const);

/** Goes to a page and waits for what it shows; it does not change by itself then. */
export async function visitConsole(
  page: Page,
  { baseUrl }: { readonly baseUrl: string },
  { path, text }: { readonly path: string; readonly text: string | RegExp },
): Promise<void> {
  const url = new URL(`/console${path}`, baseUrl);
  url.searchParams.set('live', 'off');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(url.href);
  await page.getByText(text).locator('visible=true').first().waitFor();
}

/** The routes that the console has. */
export const consoleRoutes = (): string[] =>
  [...readFileSync('clients/console/routes.ts', 'utf8').matchAll(/path: '\/console([^']*)'/g)].map(
    ([, route]) => route ?? '',
  );

/** Gives the workspace a day of traffic and something of everything. */
export async function fillConsole({ service, day }: SuiteConsole): Promise<Filled> {
  await day().seed(service);
  const call = connectJson(service.baseUrl, service.liveKey);
  const done = async (method: string, message: object) => {
    const { status, body } = await call(method, message);
    expect(status, `${method} ${JSON.stringify(body)}`).toBe(200);
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
  expect((await call('otp.v1.OtpService/Send', { recipients: { sms } })).reason).toBe('SEND_REFUSED');
  await admin('SenderService/CreateSender', {
    sender: { channel: 'CHANNEL_WHATSAPP', senderId: '+573007777777' },
  });

  await admin('WorkspaceService/CreateWorkspace', { workspace: { name: 'gone' } });
  await admin('WorkspaceService/DeleteWorkspace', { workspace: 'gone' });
  const { job } = await admin('WorkspaceService/PurgeWorkspace', { workspace: 'gone' });
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
