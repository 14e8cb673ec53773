import type { MessageShape } from '@bufbuild/protobuf';
import {
  Assurance,
  WorkspaceSchema,
  type WorkspaceService,
} from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import type { WorkspaceRoutes } from '../../delivery/accounts/workspaceRoutes.js';
import type { Routes } from '../../delivery/providerOrder.js';
import { canonicalLocale } from '../../domain/locales.js';
import { unfitForLine } from '../../domain/messageText.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { AssuranceName } from '../../session/assurance.js';
import type { Collection, Documents, Update } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import type { Jobs } from '../jobs/jobs.js';
import { jobToProto } from '../jobs/toProto.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask, toUpdate } from '../shared/update.js';
import { readPageSettings, requireOrigins } from './readPageSettings.js';
import { readRoutes } from './readRoutes.js';
import { DEFAULT_WORKSPACE, defaultWorkspace, type Workspace } from './stored.js';
import { wholeWorkspace, workspaceToProto } from './toProto.js';
import type { Workspaces } from './workspaces.js';

type Message = MessageShape<typeof WorkspaceSchema>;

/** Fields of the contract that can be changed, and where each is stored. */
const CHANGEABLE = {
  brand: 'brand',
  locale: 'locale',
  web_host: 'webHost',
  allowed_origins: 'allowedOrigins',
  return_urls: 'returnUrls',
  embed_origins: 'embedOrigins',
  brand_color: 'brandColor',
  logo: 'logo',
  support_url: 'supportUrl',
  hide_host: 'hideHost',
  long_lifetime: 'longLifetime',
  messaging_reuse: 'messagingReuse',
  routes: 'routes',
  retention_days: 'retentionDays',
  assurance: 'assurance',
  android_app_hash: 'androidAppHash',
} as const;

interface Deps {
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly providers: Pick<WorkspaceRoutes, 'namesOf'>;
  readonly jobs: Jobs;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** How long a purge can be cancelled. */
const PURGE_AFTER_MS = 7 * DAY_MS;

/** The operator's side of workspaces. */
export function createWorkspaceHandlers({
  documents,
  workspaces,
  providers,
  jobs,
  newId,
  clock,
}: Deps): Handlers<typeof WorkspaceService> {
  const stored: Collection<Workspace> = documents.collection('workspaces');

  async function change(
    call: Call,
    filter: { _id: string; deletedAt?: null; purgedAt?: null },
    update: Update,
  ) {
    call.resource = `workspaces/${filter._id}`;
    const after = await stored.findOneAndUpdate(filter, update);
    workspaces.forget(filter._id);
    return after;
  }

  async function find(name: string): Promise<Workspace> {
    const workspace = await stored.findOne({ _id: name });
    if (!workspace) throw new Failure('NOT_FOUND');
    return workspace;
  }

  return {
    async createWorkspace(call, { workspace }) {
      requireLive(call);
      const { name } = workspace!;
      if (!name) throw invalid('workspace.name', 'is required');
      call.resource = `workspaces/${name}`;
      const made: Workspace = {
        ...defaultWorkspace(name),
        ...readSettings(workspace!, await providers.namesOf(name)),
        ...(workspace!.assurance && { assuredAt: new Date(clock.now()) }),
        createdAt: new Date(clock.now()),
      };
      if (!(await insertOnce(stored, made))) throw new Failure('ALREADY_EXISTS');
      workspaces.forget(name);
      return { workspace: workspaceToProto(made) };
    },

    async getWorkspace(call, request) {
      return { workspace: wholeWorkspace(await find(targetWorkspace(call, request.workspace))) };
    },

    async listWorkspaces(_call, request) {
      const filter = request.showDeleted ? {} : { deletedAt: null };
      const { items, nextPageToken } = await readPage(stored, { filter }, request);
      return { workspaces: items.map(workspaceToProto), nextPageToken };
    },

    async updateWorkspace(call, request) {
      requireLive(call);
      const before = await find(targetWorkspace(call, request.workspace?.name ?? ''));
      const { resource, fields } = applyUpdateMask(WorkspaceSchema, {
        current: wholeWorkspace(before),
        patch: request.workspace,
        mask: request.updateMask,
        changeable: Object.keys(CHANGEABLE),
        resource: 'workspace',
      });
      const values: Readonly<Record<string, unknown>> = {
        ...defaultWorkspace(before._id),
        ...readSettings(resource, await providers.namesOf(before._id)),
      };
      const named = fields.map((field) => CHANGEABLE[field as keyof typeof CHANGEABLE]);
      const isReassured = fields.includes('assurance') && values.assurance !== before.assurance;
      const changes = toUpdate({
        ...Object.fromEntries(named.map((field) => [field, values[field]])),
        ...(fields.includes('logo') && { logoHash: values.logoHash }),
        ...(isReassured && { assuredAt: new Date(clock.now()) }),
      });
      const after = await change(call, { _id: before._id, deletedAt: null }, changes);
      if (!after) throw new Failure('NOT_FOUND');
      return { workspace: workspaceToProto(after) };
    },

    async deleteWorkspace(call, { workspace }) {
      requireLive(call);
      if (workspace === DEFAULT_WORKSPACE) {
        throw invalid('workspace', 'cannot be "default": it holds the keys of the operators');
      }
      const at = { $set: { deletedAt: new Date(clock.now()) } };
      const after = await change(call, { _id: workspace, deletedAt: null }, at);
      return { workspace: workspaceToProto(after ?? (await find(workspace))) };
    },

    async undeleteWorkspace(call, { workspace }) {
      requireLive(call);
      const { purge } = await find(workspace);
      if (purge) {
        await jobs.cancelScheduled(workspace, purge.job);
        const job = await jobs.find(workspace, purge.job);
        if (job && job.state !== 'CANCELED') throw new Failure('NOT_FOUND');
      }
      const back = { $unset: { deletedAt: '', purge: '' } } as const;
      const after = await change(call, { _id: workspace, purgedAt: null }, back);
      if (!after) throw new Failure('NOT_FOUND');
      return { workspace: workspaceToProto(after) };
    },

    async purgeWorkspace(call, { workspace }) {
      requireLive(call);
      if (workspace === DEFAULT_WORKSPACE) {
        throw invalid('workspace', 'cannot be "default": it holds the keys of the operators');
      }
      const now = clock.now();
      const before = await find(workspace);
      if (before.purgedAt) throw new Failure('NOT_FOUND');
      const scheduled = before.purge && (await jobs.find(workspace, before.purge.job));
      const isOpen = before.purge && scheduled?.state !== 'CANCELED';
      // The workspace names its job before there is one: a call that was cut off in between is repeated with the same job.
      const purge = isOpen ? before.purge! : { job: newId(), at: new Date(now + PURGE_AFTER_MS) };
      const deletedAt = before.deletedAt ?? new Date(now);
      const after = await change(call, { _id: workspace, purgedAt: null }, { $set: { deletedAt, purge } });
      if (!after) throw new Failure('NOT_FOUND');
      const job = await jobs.start({
        workspace,
        id: purge.job,
        type: 'PURGE_WORKSPACE',
        resource: `workspaces/${workspace}`,
        actor: call.principal.client,
        startsAt: purge.at,
      });
      return { job: jobToProto(job), workspace: workspaceToProto(after) };
    },
  };
}

/** The settings a message gives; what it leaves out keeps its default. Throws INVALID_REQUEST. */
function readSettings(message: Message, providers: Pick<Routes, 'names'>) {
  const { brand, locale, webHost, allowedOrigins, longLifetime, messagingReuse, retentionDays } = message;
  const unfit = unfitForLine(brand);
  if (unfit) throw invalid('workspace.brand', unfit);
  const { assurance, androidAppHash } = message;
  const language = locale && canonicalLocale(locale);
  if (language === undefined) throw invalid('workspace.locale', 'must be a BCP 47 language tag');
  requireOrigins('allowed_origins', allowedOrigins);
  return {
    ...(brand && { brand }),
    ...(language && { locale: language }),
    ...(webHost && { webHost }),
    allowedOrigins,
    ...readPageSettings(message),
    longLifetime,
    messagingReuse,
    routes: readRoutes(message.routes, providers, assurance ? ASSURANCE_NAMES[assurance] : undefined),
    ...(retentionDays > 0 && { retentionDays }),
    ...(assurance && { assurance: ASSURANCE_NAMES[assurance] }),
    ...(androidAppHash && { androidAppHash }),
  };
}

const ASSURANCE_NAMES: Readonly<Record<number, AssuranceName>> = {
  [Assurance.ASVS_L2]: 'ASVS_L2',
  [Assurance.NIST_800_63B]: 'NIST_800_63B',
  [Assurance.PSD2]: 'PSD2',
};
