import { create } from '@bufbuild/protobuf';
import { GuardSchema, GuardService } from '../../../gen/otp/admin/v1/guard_service_pb.js';
import { LimitSchema, LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import { SenderSchema, SenderService } from '../../../gen/otp/admin/v1/sender_service_pb.js';
import { SponsorSchema, SponsorService } from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { TemplateSchema, TemplateService } from '../../../gen/otp/admin/v1/template_service_pb.js';
import { WebhookEndpointSchema, WebhookService } from '../../../gen/otp/admin/v1/webhook_service_pb.js';
import { WorkspaceSchema, WorkspaceService } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { providerAccounts } from './accounts.js';
import { isMark, isObject, type JsonObject, MARK } from './json.js';
import { fieldOf, PAGE, pairs, paths, type Section } from './section.js';

const channelWord = (channel: number): string => ['', 'email', 'sms', 'whatsapp'][channel] ?? '';
const channelNumber = (word: string): number => ['', 'email', 'sms', 'whatsapp'].indexOf(word);

/** Splits at the first slash. */
function split(key: string): readonly [string, string] | undefined {
  const slash = key.indexOf('/');
  return slash > 0 && slash < key.length - 1 ? [key.slice(0, slash), key.slice(slash + 1)] : undefined;
}

const settings: Section = {
  name: 'settings',
  schema: WorkspaceSchema,
  cleared: (name) => create(WorkspaceSchema, { name }),
  single: true,
  fields: [
    'brand',
    'locale',
    'web_host',
    'allowed_origins',
    'return_urls',
    'embed_origins',
    'brand_color',
    'logo',
    'support_url',
    'hide_host',
    'messaging_reuse',
    'routes',
    'retention_days',
    'assurance',
    'android_app_hash',
  ],
  identity: (_key, name) => ({ name }),
  list: (workspace) => ({ method: WorkspaceService.method.getWorkspace, request: { workspace } }),
  found: (response) => [{ key: '', message: fieldOf(response, 'workspace') }],
  save: ({ workspace: name, message, before, mask }) =>
    before
      ? {
          method: WorkspaceService.method.updateWorkspace,
          request: { workspace: { ...message, name }, ...paths(mask) },
        }
      : { method: WorkspaceService.method.createWorkspace, request: { workspace: { ...message, name } } },
};

const limits: Section = {
  name: 'limits',
  schema: LimitSchema,
  cleared: () => create(LimitSchema),
  fields: ['max', 'window'],
  identity: (rule) => ({ rule }),
  list: (workspace) => ({ method: LimitService.method.listLimits, request: { workspace } }),
  found: (response) =>
    pairs(
      fieldOf<readonly { rule: string; changed: boolean; fixed: boolean }[]>(response, 'limits').filter(
        ({ changed, fixed }) => changed && !fixed,
      ),
      ({ rule }) => rule,
    ),
  save: ({ workspace, key: rule, message }) => ({
    method: LimitService.method.updateLimit,
    // The document says what is wanted, as an operator does who was warned.
    request: { workspace, limit: { ...message, rule }, ...paths(['max', 'window']), acceptWeak: true },
  }),
  remove: ({ workspace, key: rule }) => ({
    method: LimitService.method.resetLimit,
    request: { workspace, rule },
  }),
};

const guard: Section = {
  name: 'guard',
  schema: GuardSchema,
  cleared: () => create(GuardSchema),
  single: true,
  fields: GuardSchema.fields.map(({ name }) => name),
  identity: () => ({}),
  list: (workspace) => ({ method: GuardService.method.getGuard, request: { workspace } }),
  found: (response) => [{ key: '', message: fieldOf(response, 'guard') }],
  save: ({ workspace, message, mask }) => ({
    method: GuardService.method.updateGuard,
    request: { workspace, guard: message, ...paths(mask) },
  }),
  hide: (fields) => ({
    ...fields,
    ...(isObject(fields.veto) && fields.veto.url !== '' && { veto: { ...fields.veto, secret: MARK } }),
  }),
  reveal: (fields) => ({
    ...fields,
    ...(isObject(fields.veto) && { veto: withoutSecret(fields.veto) }),
  }),
};

/** Only the mark of a secret is left out: anything else in its place stays, and is refused. */
function withoutSecret({ secret, ...veto }: JsonObject): JsonObject {
  return secret === undefined || isMark(secret) ? veto : { ...veto, secret };
}

const senders: Section = {
  name: 'senders',
  schema: SenderSchema,
  cleared: () => create(SenderSchema),
  fields: ['display_name', 'is_default'],
  identity(key) {
    const [word = '', senderId = ''] = split(key) ?? [];
    const channel = channelNumber(word);
    return channel > 0 ? { channel, senderId } : undefined;
  },
  list: (workspace, { page: pageToken }) => ({
    method: SenderService.method.listSenders,
    request: { workspace, pageSize: PAGE, pageToken },
  }),
  found: (response) =>
    pairs(
      fieldOf<readonly { channel: number; senderId: string }[]>(response, 'senders'),
      ({ channel, senderId }) => `${channelWord(channel)}/${senderId}`,
    ),
  save: ({ workspace, message: sender, before, mask }) =>
    before
      ? { method: SenderService.method.updateSender, request: { workspace, sender, ...paths(mask) } }
      : { method: SenderService.method.createSender, request: { workspace, sender } },
  remove: ({ workspace, message }) => ({
    method: SenderService.method.deleteSender,
    request: { workspace, channel: fieldOf(message, 'channel'), senderId: fieldOf(message, 'senderId') },
  }),
};

const templates: Section = {
  name: 'templates',
  schema: TemplateSchema,
  cleared: () => create(TemplateSchema),
  fields: ['subject', 'text', 'html'],
  identity(key) {
    const [kind, locale] = split(key) ?? [];
    return kind ? { key: kind, locale } : undefined;
  },
  list: (workspace, { page: pageToken }) => ({
    method: TemplateService.method.listTemplates,
    request: { workspace, pageSize: PAGE, pageToken },
  }),
  found: (response) =>
    pairs(
      fieldOf<readonly { key: string; locale: string }[]>(response, 'templates'),
      ({ key, locale }) => `${key}/${locale}`,
    ),
  save: ({ workspace, message: template, before, mask }) =>
    before
      ? { method: TemplateService.method.updateTemplate, request: { workspace, template, ...paths(mask) } }
      : { method: TemplateService.method.createTemplate, request: { workspace, template } },
  remove: ({ workspace, message }) => ({
    method: TemplateService.method.deleteTemplate,
    request: { workspace, key: fieldOf(message, 'key'), locale: fieldOf(message, 'locale') },
  }),
};

const sponsors: Section = {
  name: 'sponsors',
  schema: SponsorSchema,
  cleared: () => create(SponsorSchema),
  fields: ['display_name', 'channels', 'otp_forbidden', 'rules', 'clients'],
  identity: (slug) => ({ slug }),
  list: (workspace, { page: pageToken }) => ({
    method: SponsorService.method.listSponsors,
    request: { workspace, pageSize: PAGE, pageToken },
  }),
  found: (response) => pairs(fieldOf<readonly { slug: string }[]>(response, 'sponsors'), ({ slug }) => slug),
  save: ({ workspace, message: sponsor, before, mask }) =>
    before
      ? { method: SponsorService.method.updateSponsor, request: { workspace, sponsor, ...paths(mask) } }
      : { method: SponsorService.method.createSponsor, request: { workspace, sponsor } },
  // Not by force: a sponsor with people on file stays, and the change says so.
  remove: ({ workspace, key: slug }) => ({
    method: SponsorService.method.deleteSponsor,
    request: { workspace, slug },
  }),
};

const MODES: readonly string[] = ['', 'live', 'test'];

/** Endpoints have no name: the mode and the URL, and a number where several have both in common. */
const webhookEndpoints: Section = {
  name: 'webhookEndpoints',
  schema: WebhookEndpointSchema,
  cleared: () => create(WebhookEndpointSchema),
  fields: ['event_types', 'description', 'disabled'],
  identity(key) {
    const [, word = '', url] = /^(live|test) (\S+)( #[1-9]\d*)?$/.exec(key) ?? [];
    return url === undefined ? undefined : { mode: MODES.indexOf(word), url };
  },
  byMode: true,
  list: (workspace, { page: pageToken, mode }) => ({
    method: WebhookService.method.listWebhookEndpoints,
    request: { workspace, pageSize: PAGE, pageToken, mode },
  }),
  found: (response) =>
    pairs(
      fieldOf<readonly { mode: number; url: string }[]>(response, 'webhookEndpoints'),
      ({ mode, url }) => `${MODES[mode]} ${url}`,
    ),
  save: ({ workspace, message, before, mask }) =>
    before
      ? {
          method: WebhookService.method.updateWebhookEndpoint,
          request: { workspace, webhookEndpoint: { ...message, id: fieldOf(before, 'id') }, ...paths(mask) },
        }
      : {
          method: WebhookService.method.createWebhookEndpoint,
          request: { workspace, webhookEndpoint: message },
        },
  remove: ({ workspace, message }) => ({
    method: WebhookService.method.deleteWebhookEndpoint,
    request: { workspace, id: fieldOf(message, 'id'), mode: fieldOf(message, 'mode') },
  }),
};

/** In the order in which changes are made. */
export const SECTIONS: readonly Section[] = [
  settings,
  providerAccounts,
  limits,
  guard,
  senders,
  templates,
  sponsors,
  webhookEndpoints,
];
