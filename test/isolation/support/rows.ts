import { ACCOUNT, type Owned, REFUSED } from './neighbours.js';

/** How the service responds to a stranger about a resource of another workspace. */
export type Outcome =
  /** That there is no such resource, exactly as for one that does not exist. */
  | 'not found'
  /** The same as for a resource that does not exist. */
  | 'as unknown'
  /** Its own things, and nothing else. */
  | 'its own'
  /** That this is for operators, or for the holder of the inbox token. */
  | 'denied';

/** How a method would be used to reach another workspace's things. */
export interface Row {
  readonly outcome: Outcome;
  readonly request: (owned: Owned) => Record<string, unknown>;
}

const row = (outcome: Outcome, request: Row['request'] = () => ({})): Row => ({ outcome, request });

const OPERATION = { type: 'payment', id: '1' };
const key = ({ keyId: id }: Owned) => ({ id });
const contact = ({ contactId: id }: Owned) => ({ id });
const session = ({ sessionId }: Owned) => ({ sessionId });
const sponsor = ({ sponsorSlug: slug }: Owned) => ({ slug });
const beneficiary = ({ sponsorSlug, beneficiaryId }: Owned) => ({ sponsorSlug, beneficiaryId });
const sender = ({ senderId }: Owned) => ({ channel: 'CHANNEL_WHATSAPP', senderId });
const endpoint = ({ endpointId: id }: Owned) => ({ id });
const account = ({ accountName: name }: Owned) => ({ name });
const template = { key: 'otp-sms', locale: 'en' };
const rule = ({ ruleId: id }: Owned) => ({ id });
const recipient = ({ email }: Owned) => ({ recipient: email });

/** Every method of every service. */
export const ROWS: Readonly<Record<string, Row>> = {
  'otp.v1.OtpService/Send': row('as unknown', (owned) => ({
    beneficiary: beneficiary(owned),
    channels: ['CHANNEL_SMS'],
  })),
  'otp.v1.OtpService/Validate': row('not found', (owned) => ({ ...session(owned), code: owned.code })),
  'otp.v1.OtpService/Verify': row('not found', (owned) => ({ ...session(owned), code: owned.code })),
  'otp.v1.OtpService/Resend': row('not found', session),
  'otp.v1.OtpService/ListSessions': row('its own', recipient),
  'otp.v1.OtpService/GetSession': row('not found', session),
  'otp.v1.OtpService/CancelSession': row('not found', session),
  'otp.v1.OtpService/WatchSession': row('not found', session),
  'otp.v1.VerificationTokenService/Introspect': row('not found', ({ verificationToken }) => ({
    verificationToken,
  })),
  'otp.v1.VerificationTokenService/Redeem': row('not found', ({ verificationToken }) => ({
    verificationToken,
    operation: OPERATION,
  })),
  'otp.v1.VerificationPageService/CreateVerificationPage': row('not found', (owned) => ({
    ...session(owned),
    returnUrl: 'https://shop.example/otp',
  })),
  'otp.v1.VerificationPageService/GetVerificationPage': row('not found', ({ pageRef }) => ({ ref: pageRef })),
  'otp.v1.RequirementService/GetSponsorConfiguration': row('as unknown', ({ sponsorSlug }) => ({
    sponsorSlug,
  })),
  'otp.v1.RequirementService/GetVerificationStatus': row('as unknown', ({ sponsorSlug }) => ({
    sponsorSlug,
    operation: OPERATION,
  })),
  'otp.admin.v1.AccessService/WhoAmI': row('its own'),
  'otp.admin.v1.AccessService/Find': row('its own', ({ sessionId: text }) => ({ text })),
  'otp.admin.v1.ApiKeyService/CreateApiKey': row('its own', () => ({
    apiKey: { displayName: 'mine', scopes: ['sessions.read'] },
  })),
  'otp.admin.v1.ApiKeyService/GetApiKey': row('not found', key),
  'otp.admin.v1.ApiKeyService/ListApiKeys': row('its own'),
  'otp.admin.v1.ApiKeyService/UpdateApiKey': row('not found', (owned) => ({
    apiKey: { ...key(owned), displayName: 'mine now' },
    updateMask: 'displayName',
  })),
  'otp.admin.v1.ApiKeyService/DeleteApiKey': row('not found', key),
  'otp.admin.v1.ApiKeyService/RotateApiKey': row('not found', key),
  'otp.admin.v1.AuditService/ListAuditEntries': row('its own'),
  'otp.admin.v1.AuditService/ExportAuditEntries': row('its own'),
  'otp.admin.v1.AuditService/VerifyAuditLog': row('its own'),
  'otp.admin.v1.ConfigurationService/ExportConfiguration': row('its own'),
  'otp.admin.v1.ConfigurationService/ApplyConfiguration': row('its own', () => ({
    document: '{"version": 1, "workspaces": {}}',
  })),
  'otp.admin.v1.ContactService/GetContact': row('not found', contact),
  'otp.admin.v1.ContactService/ListContacts': row('its own', recipient),
  'otp.admin.v1.ContactService/DeleteContact': row('not found', contact),
  'otp.admin.v1.GuardService/GetGuard': row('its own'),
  'otp.admin.v1.GuardService/UpdateGuard': row('its own', () => ({
    guard: { countryBlock: ['KZ'] },
    updateMask: 'countryBlock',
  })),
  'otp.admin.v1.GuardService/CheckRecipient': row('its own', () => ({ recipient: REFUSED })),
  'otp.admin.v1.GuardService/ListRefusedSends': row('its own'),
  'otp.admin.v1.GuardService/ListPrefixes': row('its own'),
  'otp.admin.v1.GuardService/SimulateGuard': row('its own'),
  'otp.admin.v1.LimitService/ListLimits': row('its own'),
  'otp.admin.v1.LimitService/UpdateLimit': row('its own', () => ({
    limit: { rule: 'ip-sends', max: 1 },
    updateMask: 'max',
  })),
  'otp.admin.v1.LimitService/ResetLimit': row('its own', () => ({ rule: 'ip-sends' })),
  'otp.admin.v1.LimitService/GetRecipientBlock': row('as unknown', recipient),
  'otp.admin.v1.LimitService/ClearRecipientBlock': row('as unknown', recipient),
  'otp.admin.v1.SenderService/CreateSender': row('its own', () => ({
    sender: { channel: 'CHANNEL_WHATSAPP', senderId: '+573008888888' },
  })),
  'otp.admin.v1.SenderService/GetSender': row('not found', sender),
  'otp.admin.v1.SenderService/ListSenders': row('its own'),
  'otp.admin.v1.SenderService/UpdateSender': row('not found', (owned) => ({
    sender: { ...sender(owned), isDefault: true },
    updateMask: 'isDefault',
  })),
  'otp.admin.v1.SenderService/DeleteSender': row('not found', sender),
  // What another workspace has by the same name does not interfere.
  'otp.admin.v1.SponsorService/CreateSponsor': row('its own', (owned) => ({
    sponsor: { ...sponsor(owned), displayName: 'mine', channels: ['CHANNEL_SMS'] },
  })),
  'otp.admin.v1.SponsorService/GetSponsor': row('not found', sponsor),
  'otp.admin.v1.SponsorService/ListSponsors': row('its own'),
  'otp.admin.v1.SponsorService/UpdateSponsor': row('not found', (owned) => ({
    sponsor: { ...sponsor(owned), displayName: 'mine now' },
    updateMask: 'displayName',
  })),
  'otp.admin.v1.SponsorService/DeleteSponsor': row('not found', (owned) => ({
    ...sponsor(owned),
    force: true,
  })),
  'otp.admin.v1.SponsorService/CreateBeneficiary': row('as unknown', (owned) => ({
    beneficiary: { ...beneficiary(owned), phone: '+573001234542' },
  })),
  'otp.admin.v1.SponsorService/GetBeneficiary': row('not found', beneficiary),
  'otp.admin.v1.SponsorService/ListBeneficiaries': row('as unknown', ({ sponsorSlug }) => ({ sponsorSlug })),
  'otp.admin.v1.SponsorService/UpdateBeneficiary': row('not found', (owned) => ({
    beneficiary: { ...beneficiary(owned), phone: '+573005555555' },
    updateMask: 'phone',
  })),
  'otp.admin.v1.SponsorService/DeleteBeneficiary': row('not found', beneficiary),
  'otp.admin.v1.SponsorService/ImportBeneficiaries': row('not found', (owned) => ({
    sponsorSlug: owned.sponsorSlug,
    beneficiaries: [{ beneficiaryId: owned.beneficiaryId, phone: '+573005555555' }],
  })),
  'otp.admin.v1.RecipientService/DiagnoseRecipient': row('its own', recipient),
  'otp.admin.v1.RecipientService/ExportRecipient': row('its own', recipient),
  'otp.admin.v1.RecipientService/EraseRecipient': row('its own', recipient),
  'otp.admin.v1.RecipientService/CreateRecipientRule': row('its own', () => ({
    recipientRule: { type: 'RECIPIENT_RULE_TYPE_BLOCK', emailDomain: 'mine.example' },
  })),
  'otp.admin.v1.RecipientService/GetRecipientRule': row('not found', rule),
  'otp.admin.v1.RecipientService/ListRecipientRules': row('its own'),
  'otp.admin.v1.RecipientService/UpdateRecipientRule': row('not found', (owned) => ({
    recipientRule: { ...rule(owned), note: 'mine now' },
    updateMask: 'note',
  })),
  'otp.admin.v1.RecipientService/DeleteRecipientRule': row('not found', rule),
  'otp.admin.v1.RecipientService/ListRefusals': row('its own', recipient),
  'otp.admin.v1.SessionService/ListSessions': row('its own', recipient),
  'otp.admin.v1.SessionService/GetSession': row('not found', session),
  'otp.admin.v1.SessionService/ListSessionEvents': row('not found', session),
  'otp.admin.v1.SessionService/TailEvents': row('its own', recipient),
  'otp.admin.v1.SessionService/ResendSession': row('not found', session),
  'otp.admin.v1.SessionService/CancelSession': row('not found', session),
  'otp.admin.v1.StatsService/GetStats': row('its own'),
  'otp.admin.v1.TemplateService/CreateTemplate': row('its own', () => ({
    template: { ...template, text: 'Mine: {{ code }}' },
  })),
  'otp.admin.v1.TemplateService/GetTemplate': row('not found', () => template),
  'otp.admin.v1.TemplateService/ListTemplates': row('its own'),
  'otp.admin.v1.TemplateService/UpdateTemplate': row('not found', () => ({
    template: { ...template, text: 'Mine now: {{ code }}' },
    updateMask: 'text',
  })),
  'otp.admin.v1.TemplateService/DeleteTemplate': row('not found', () => template),
  'otp.admin.v1.TemplateService/PreviewTemplate': row('its own', () => ({ template })),
  'otp.admin.v1.WalletService/GetWallet': row('its own'),
  'otp.admin.v1.WalletService/UpdateWallet': row('denied', () => ({
    wallet: { enabled: true },
    updateMask: 'enabled',
  })),
  'otp.admin.v1.WalletService/CreditWallet': row('denied', () => ({ amountMicros: '1000000' })),
  'otp.admin.v1.WalletService/ListLedgerEntries': row('its own'),
  // No address that leads anywhere: what is called is not asked for.
  'otp.admin.v1.WebhookService/CreateWebhookEndpoint': row('its own', () => ({
    webhookEndpoint: { url: 'http://127.0.0.1:1/', disabled: true },
  })),
  'otp.admin.v1.WebhookService/GetWebhookEndpoint': row('not found', endpoint),
  'otp.admin.v1.WebhookService/ListWebhookEndpoints': row('its own'),
  'otp.admin.v1.WebhookService/UpdateWebhookEndpoint': row('not found', (owned) => ({
    webhookEndpoint: { ...endpoint(owned), url: 'http://127.0.0.1:1/mine' },
    updateMask: 'url',
  })),
  'otp.admin.v1.WebhookService/DeleteWebhookEndpoint': row('not found', endpoint),
  'otp.admin.v1.WebhookService/RotateWebhookSecret': row('not found', endpoint),
  'otp.admin.v1.WebhookService/SendTestEvent': row('not found', endpoint),
  'otp.admin.v1.WebhookService/ListWebhookDeliveries': row('not found', endpoint),
  'otp.admin.v1.WebhookService/GetWebhookEvent': row('not found', ({ eventId }) => ({ eventId })),
  'otp.admin.v1.WebhookService/CreatePortalLink': row('its own'),
  'otp.admin.v1.WebhookService/TriggerEvent': row('as unknown', ({ endpointId }) => ({
    endpointId,
    eventType: 'session.approved',
  })),
  'otp.admin.v1.WebhookService/ReplayWebhookEvents': row('not found', (owned) => ({
    ...endpoint(owned),
    eventId: owned.eventId,
  })),
  'otp.admin.v1.WorkspaceService/CreateWorkspace': row('denied', () => ({ workspace: { name: 'another' } })),
  'otp.admin.v1.WorkspaceService/GetWorkspace': row('its own'),
  'otp.admin.v1.WorkspaceService/ListWorkspaces': row('denied'),
  'otp.admin.v1.WorkspaceService/UpdateWorkspace': row('its own', () => ({
    workspace: { brand: 'Mine' },
    updateMask: 'brand',
  })),
  'otp.admin.v1.WorkspaceService/DeleteWorkspace': row('denied', () => ({ workspace: 'stranger' })),
  'otp.admin.v1.WorkspaceService/PurgeWorkspace': row('denied', () => ({ workspace: 'stranger' })),
  'otp.admin.v1.ProviderService/ListProviders': row('its own'),
  'otp.admin.v1.ProviderService/TestProvider': row('its own', () => ({ provider: 'inbox' })),
  'otp.admin.v1.ProviderService/SendTestMessage': row('its own', () => ({
    channel: 'CHANNEL_EMAIL',
    recipient: 'test.message@example.com',
  })),
  // What another workspace has by the same name does not interfere.
  'otp.admin.v1.ProviderService/CreateProviderAccount': row('its own', ({ accountName: name }) => ({
    providerAccount: { ...ACCOUNT, name },
  })),
  'otp.admin.v1.ProviderService/GetProviderAccount': row('not found', account),
  'otp.admin.v1.ProviderService/ListProviderAccounts': row('its own'),
  'otp.admin.v1.ProviderService/UpdateProviderAccount': row('not found', (owned) => ({
    providerAccount: { ...account(owned), displayName: 'mine now' },
    updateMask: 'displayName',
  })),
  'otp.admin.v1.ProviderService/DeleteProviderAccount': row('not found', account),
  'otp.admin.v1.InboxService/ListInboxMessages': row('denied', recipient),
  'otp.admin.v1.InboxService/GetLastCode': row('denied', recipient),
  'otp.admin.v1.InboxService/PreviewInboxMessage': row('denied', ({ sessionId: id }) => ({ id })),
  'otp.admin.v1.InboxService/DeleteInboxMessages': row('denied', recipient),
  'otp.admin.v1.InboxService/WatchInboxMessages': row('denied', recipient),
  'otp.admin.v1.InboxService/GetChaos': row('denied'),
  'otp.admin.v1.InboxService/UpdateChaos': row('denied', () => ({ chaos: {} })),
  'otp.admin.v1.JobService/GetJob': row('not found', ({ jobId: id }) => ({ id })),
  'otp.admin.v1.JobService/ListJobs': row('its own'),
  'otp.admin.v1.JobService/CancelJob': row('not found', ({ jobId: id }) => ({ id })),
  'otp.admin.v1.WorkspaceService/UndeleteWorkspace': row('denied', () => ({ workspace: 'stranger' })),
};
