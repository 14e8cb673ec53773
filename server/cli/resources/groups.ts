/** A group of commands: the methods of a service that are about one kind of resource. */
export interface Group {
  /** The command, such as `keys`. */
  readonly name: string;
  readonly summary: string;
  /** The service's full name in the contract. */
  readonly service: string;
  /** The resource as names of methods have it. */
  readonly noun: string;
  /** Where the plural is not the noun and an s. */
  readonly plural?: string;
  /** Fields that identify a resource besides its arguments: an update never changes them. */
  readonly identity?: readonly string[];
  /** Fields that are arguments, where they are not those that usually are. */
  readonly naming?: readonly string[];
}

const admin = (service: string) => `otp.admin.v1.${service}`;

/** Every group. The first of a service also has its methods that are about no resource of a group. */
export const GROUPS: readonly Group[] = [
  {
    name: 'workspaces',
    summary: 'workspaces and their settings',
    service: admin('WorkspaceService'),
    noun: 'Workspace',
  },
  { name: 'access', summary: 'what a credential may do', service: admin('AccessService'), noun: 'Access' },
  {
    name: 'recipients',
    summary: 'why no code arrived, and what was refused',
    service: admin('RecipientService'),
    noun: 'Recipient',
  },
  {
    name: 'support',
    summary: 'sessions with their delivery attempts and timeline',
    service: admin('SessionService'),
    noun: 'Session',
  },
  { name: 'keys', summary: 'API keys', service: admin('ApiKeyService'), noun: 'ApiKey' },
  {
    name: 'limits',
    summary: 'rate limits and blocked recipients',
    service: admin('LimitService'),
    noun: 'Limit',
  },
  {
    name: 'senders',
    summary: 'senders of messages',
    service: admin('SenderService'),
    noun: 'Sender',
    identity: ['channel'],
  },
  {
    name: 'templates',
    summary: 'texts of messages',
    service: admin('TemplateService'),
    noun: 'Template',
    identity: ['locale'],
  },
  {
    name: 'webhooks',
    summary: 'webhook endpoints',
    service: admin('WebhookService'),
    noun: 'WebhookEndpoint',
  },
  {
    name: 'sponsors',
    summary: 'sponsors and their rules',
    service: admin('SponsorService'),
    noun: 'Sponsor',
  },
  {
    name: 'beneficiaries',
    summary: 'people on file with a sponsor',
    service: admin('SponsorService'),
    noun: 'Beneficiary',
    plural: 'Beneficiaries',
  },
  { name: 'contacts', summary: 'verified addresses', service: admin('ContactService'), noun: 'Contact' },
  { name: 'wallet', summary: 'the balance and its ledger', service: admin('WalletService'), noun: 'Wallet' },
  { name: 'guard', summary: 'protection against fraud', service: admin('GuardService'), noun: 'Guard' },
  {
    name: 'providers',
    summary: 'delivery providers: how they do, and tests of them',
    service: admin('ProviderService'),
    noun: 'Provider',
    naming: ['recipient'],
  },
  {
    name: 'accounts',
    summary: 'a workspace’s own accounts with vendors',
    service: admin('ProviderService'),
    noun: 'ProviderAccount',
    naming: ['name'],
    identity: ['kind'],
  },
  { name: 'stats', summary: 'counts of sends and approvals', service: admin('StatsService'), noun: 'Stats' },
  {
    name: 'audit',
    summary: 'who changed what',
    service: admin('AuditService'),
    noun: 'AuditEntry',
    plural: 'AuditEntries',
  },
  {
    name: 'configuration',
    summary: 'the configuration as one document',
    service: admin('ConfigurationService'),
    noun: 'Configuration',
    plural: 'Configuration',
  },
  { name: 'jobs', summary: 'long-running work', service: admin('JobService'), noun: 'Job' },
  {
    name: 'pages',
    summary: 'verification pages, on which a person enters the code',
    service: 'otp.v1.VerificationPageService',
    noun: 'VerificationPage',
    naming: ['ref'],
  },
  {
    name: 'requirements',
    summary: 'what sponsors require',
    service: 'otp.v1.RequirementService',
    noun: 'Requirement',
  },
];

/** Names that do not follow from the method's name. */
const NAMES: Readonly<Record<string, string>> = {
  DeleteApiKey: 'revoke',
  WhoAmI: 'whoami',
  RotateWebhookSecret: 'rotate-secret',
  ListWebhookDeliveries: 'deliveries',
  ReplayWebhookEvents: 'replay',
  TriggerEvent: 'trigger',
  ListLedgerEntries: 'ledger',
  ListRefusedSends: 'refused',
  ListSessionEvents: 'timeline',
};

/** The group that a method belongs to; undefined for services that have commands of their own. */
export function groupOf(service: string, method: string): Group | undefined {
  const groups = GROUPS.filter((group) => group.service === service);
  return groups.find((group) => isAbout(group, method)) ?? groups[0];
}

/** The name of a method's command in its group: `ListApiKeys` of `keys` is `ls`. */
export function commandName(group: Group, method: string): string {
  const verb = /^[A-Z][a-z]+/.exec(method)?.[0] ?? method;
  if (NAMES[method]) return NAMES[method];
  return isAbout(group, method) ? (verb === 'List' ? 'ls' : verb.toLowerCase()) : kebab(method);
}

function isAbout({ noun, plural = `${noun}s` }: Group, method: string): boolean {
  const rest = method.replace(/^[A-Z][a-z]+/, '');
  return rest === noun || rest === plural;
}

/** `display_name` and `SendTestEvent` as they are written on a command line. */
export const kebab = (name: string): string =>
  name
    .replaceAll('_', '-')
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();
