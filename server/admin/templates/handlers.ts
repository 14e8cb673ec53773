import { create, type MessageShape } from '@bufbuild/protobuf';
import {
  type PreviewTemplateRequest,
  SmsEncoding,
  TemplateSchema,
  type TemplateService,
} from '../../../gen/otp/admin/v1/template_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { checkRules } from '../../contract/validation.js';
import { defaultTemplate } from '../../delivery/defaultTemplates.js';
import { channelOf, MESSAGE_KINDS, type MessageKind, showsTransaction } from '../../delivery/messageKind.js';
import type { Previews } from '../../delivery/previews.js';
import type { ChannelName } from '../../domain/channels.js';
import { canonicalLocale } from '../../domain/locales.js';
import { Failure, invalid } from '../../errors.js';
import type { FairPool } from '../../fairness/fairPool.js';
import type { Clock } from '../../platform/clock.js';
import type { Collection, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask, toUpdate } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { checkTemplate, renderSample } from './checkTemplate.js';
import { smsSegments } from './smsSegments.js';
import { type StoredTemplate, templateKey, templateOf } from './stored.js';
import type { Templates } from './templates.js';
import { templateToProto } from './toProto.js';

type Message = MessageShape<typeof TemplateSchema>;

const CHANGEABLE = ['subject', 'text', 'html'];

interface Deps {
  readonly documents: Documents;
  readonly templates: Templates;
  readonly workspaces: Workspaces;
  /** Admission to rendering for authors of templates. */
  readonly previews: FairPool;
  readonly htmlPreviews: Pick<Previews, 'keep'>;
  readonly clock: Clock;
}

/** The operator's side of templates. */
export function createTemplateHandlers(deps: Deps): Handlers<typeof TemplateService> {
  const { documents, templates, workspaces, previews, clock } = deps;
  const stored: Collection<StoredTemplate> = documents.collection('templates');

  /** Keeps the HTML where the request asks for a path to it. */
  async function withPath<T extends { readonly html?: string }>(
    { withHtmlPath }: PreviewTemplateRequest,
    preview: T,
  ): Promise<T & { readonly htmlPath?: string }> {
    if (!withHtmlPath || !preview.html) return preview;
    return { ...preview, htmlPath: await deps.htmlPreviews.keep(preview.html) };
  }

  /** The template a request is about, whether or not there is one. */
  async function address(
    call: Call,
    requested: string,
    { key, locale: given }: { key: string; locale: string },
    prefix = '',
  ) {
    const workspace = targetWorkspace(call, requested);
    const kind = MESSAGE_KINDS.find((name) => templateKey(name) === key);
    if (!kind) throw invalid(`${prefix}key`, `must be one of ${MESSAGE_KINDS.map(templateKey).join(', ')}`);
    const locale = canonicalLocale(given || (await workspaces.get(workspace)).locale);
    if (!locale) throw invalid(`${prefix}locale`, 'must be a BCP 47 language tag');
    call.resource = `templates/${key}/${locale}`;
    return { workspace, kind, locale, _id: `${workspace}/${key}/${locale}` };
  }

  /** Parses and renders a template in the caller's turn. */
  async function inTurn<T>({ principal, signal }: Call, task: () => T): Promise<T> {
    const slot = previews.enter(principal, signal);
    try {
      return await slot.run(async () => {
        // What has arrived meanwhile is served first.
        await new Promise(setImmediate);
        return task();
      });
    } finally {
      slot.leave();
    }
  }

  async function find(_id: string): Promise<StoredTemplate> {
    const template = await stored.findOne({ _id });
    if (!template) throw new Failure('NOT_FOUND');
    return template;
  }

  return {
    async createTemplate(call, request) {
      requireLive(call);
      const { workspace, kind, locale, _id } = await address(
        call,
        request.workspace,
        request.template!,
        'template.',
      );
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const parts = partsOf(request.template!);
      const branding = await workspaces.get(workspace);
      await inTurn(call, () => checkTemplate(kind, parts, branding));
      const now = new Date(clock.now());
      const template: StoredTemplate = {
        _id,
        ...ofKind(kind),
        locale,
        ...parts,
        createdAt: now,
        updatedAt: now,
      };
      if (!(await insertOnce(stored, template))) throw new Failure('ALREADY_EXISTS');
      templates.forget(workspace, kind);
      return { template: templateToProto(template) };
    },

    async getTemplate(call, request) {
      const { _id } = await address(call, request.workspace, request);
      return { template: templateToProto(await find(_id)) };
    },

    async listTemplates(call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const { items, nextPageToken } = await readPage(stored, { prefix }, request);
      return { templates: items.map(templateToProto), nextPageToken };
    },

    async updateTemplate(call, request) {
      requireLive(call);
      const given = request.template ?? create(TemplateSchema);
      const { workspace, kind, _id } = await address(call, request.workspace, given, 'template.');
      const before = await find(_id);
      const { resource, fields } = applyUpdateMask(TemplateSchema, {
        current: templateToProto(before),
        patch: request.template,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'template',
      });
      const parts = partsOf(resource);
      const branding = await workspaces.get(workspace);
      await inTurn(call, () => checkTemplate(kind, parts, branding));
      const changed = fields.map((field) => [field, parts[field as keyof typeof parts]]);
      const after = await stored.findOneAndUpdate(
        { _id },
        toUpdate({ ...Object.fromEntries(changed), updatedAt: new Date(clock.now()) }),
      );
      if (!after) throw new Failure('NOT_FOUND');
      templates.forget(workspace, kind);
      return { template: templateToProto(after) };
    },

    async deleteTemplate(call, request) {
      requireLive(call);
      const { workspace, kind, _id } = await address(call, request.workspace, request);
      if ((await stored.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      templates.forget(workspace, kind);
      return {};
    },

    async previewTemplate(call, request) {
      const given = request.template ?? create(TemplateSchema);
      const { workspace, kind, locale } = await address(call, request.workspace, given, 'template.');
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const branding = await workspaces.get(workspace);
      if (given.subject || given.text || given.html) {
        checkRules(TemplateSchema, given, 'template.');
        const template = templateOf({ ...ofKind(kind), locale, ...partsOf(given) });
        const rendered = await inTurn(call, () => checkTemplate(kind, template, branding));
        return withPath(request, previewed(channelOf(kind), rendered, false));
      }
      const own = await templates.find(workspace, kind, locale);
      const template = own ?? defaultTemplate(kind, locale);
      const rendered = await inTurn(call, () => renderSample(kind, template, branding));
      return withPath(request, previewed(channelOf(kind), rendered, own === undefined));
    },
  };
}

/** How a kind of message is stored. */
const ofKind = (kind: MessageKind) => ({
  channel: channelOf(kind),
  ...(showsTransaction(kind) && { transaction: true as const }),
});

/** The parts of a message that were given. */
const partsOf = ({ subject, text, html }: Message) => ({
  text,
  ...(subject && { subject }),
  ...(html && { html }),
});

function previewed(channel: ChannelName, rendered: ReturnType<typeof renderSample>, builtIn: boolean) {
  const { encoding, segments } = smsSegments(rendered.text);
  return {
    ...rendered,
    builtIn,
    ...(channel === 'sms' && { smsEncoding: SmsEncoding[encoding], smsSegments: segments }),
  };
}
