import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contractServices } from '../support/services.js';

const ROOT = 'clients/console';

/** Methods of the operator's contract that no page calls, with the reason. At most ten. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  'otp.admin.v1.GuardService/ListRefusedSends': 'deprecated: RecipientService.ListRefusals shows the same',
};

/** Methods that come with a page, or after it: each with the page that it belongs to. */
const PAGES_TO_COME: Readonly<Record<string, string>> = {
  'AccessService/Find': 'search field',
  'ConfigurationService/ExportConfiguration': 'Configuration',
  'ConfigurationService/ApplyConfiguration': 'Configuration',
  'GuardService/ListPrefixes': 'Fraud',
  'GuardService/SimulateGuard': 'Fraud',
  'InboxService/ListInboxMessages': 'inbox',
  'InboxService/GetLastCode': 'inbox',
  'InboxService/DeleteInboxMessages': 'inbox',
  'InboxService/WatchInboxMessages': 'inbox',
  'InboxService/GetChaos': 'inbox',
  'InboxService/UpdateChaos': 'inbox',
  'ProviderService/ListProviders': 'Providers',
  'ProviderService/TestProvider': 'Providers',
  'ProviderService/SendTestMessage': 'Templates',
  'ProviderService/CreateProviderAccount': 'Providers',
  'ProviderService/GetProviderAccount': 'Providers',
  'ProviderService/ListProviderAccounts': 'Providers',
  'ProviderService/UpdateProviderAccount': 'Providers',
  'ProviderService/DeleteProviderAccount': 'Providers',
  'RecipientService/EraseRecipient': 'Recipient',
  'RecipientService/ExportRecipient': 'Recipient',
  'SponsorService/ImportBeneficiaries': 'Sponsor',
  'WebhookService/GetWebhookEvent': 'Webhook',
  'WebhookService/TriggerEvent': 'Webhook',
  'WebhookService/CreatePortalLink': 'Webhooks',
};

/** All of the console's own text. */
const source = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(ROOT, name), 'utf8'))
  .join('\n');

/** `api.<name>` by the service that it calls. */
const clients = new Map(
  [...source.matchAll(/(\w+): createClient\((\w+), transport\)/g)].map(([, name, service]) => [
    service ?? '',
    name ?? '',
  ]),
);

it('reaches every method of the operator’s contract from the console, but for a few that say why not', async () => {
  const services = (await contractServices()).filter(({ typeName }) => typeName.startsWith('otp.admin.v1.'));
  const missing = services.flatMap((service) =>
    service.methods
      .filter(({ localName }) => {
        const client = clients.get(service.name);
        const calls = [`api.${client}.${localName}(`, `createClient(${service.name}, bare).${localName}(`];
        return !calls.some((call) => source.replaceAll(/\s+/g, '').includes(call.replaceAll(/\s+/g, '')));
      })
      .map(({ name }) => `${service.typeName}/${name}`),
  );
  const without = missing.filter((name) => !(name.replace('otp.admin.v1.', '') in PAGES_TO_COME));
  expect(without.sort()).toEqual(Object.keys(NOT_CALLED).sort());
  expect(Object.keys(NOT_CALLED).length).toBeLessThanOrEqual(10);
});
