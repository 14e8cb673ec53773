import { toJsonString } from '@bufbuild/protobuf';
import { durationMs, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Mode as ModeEnum } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import {
  type ListWebhookDeliveriesRequest,
  type TriggerEventRequest,
  TriggerEventRequestSchema,
  type WebhookEndpoint,
  WebhookEndpointSchema,
  type WebhookService,
} from '../../gen/otp/admin/v1/webhook_service_pb.js';
import type { ApiKeys } from '../admin/keys/apiKeys.js';
import { modeName } from '../admin/shared/mode.js';
import { readPage } from '../admin/shared/paging.js';
import { targetMode, targetWorkspace } from '../admin/shared/target.js';
import { applyUpdateMask, toUpdate } from '../admin/shared/update.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Call } from '../call/call.js';
import type { Handlers } from '../call/handlers.js';
import { parseId } from '../domain/ids.js';
import type { Mode } from '../domain/mode.js';
import { partitionOf } from '../domain/principal.js';
import { Failure, invalid } from '../errors.js';
import type { Outbound } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Encryption } from '../secrets/encryption.js';
import { below, splitLast } from '../store/documentId.js';
import type { Collection, Documents } from '../store/documents.js';
import { newSecret, rotateSecrets } from './endpointSecrets.js';
import type { Enqueue } from './enqueue.js';
import { createEventBodies } from './eventBodies.js';
import { WEBHOOK_LIMITS } from './limits.js';
import { createPortalLinks } from './portalLink.js';
import type { Post } from './post.js';
import { createReplay } from './replay.js';
import type { StoredEndpoint, StoredEvent, StoredWebhookDelivery } from './stored.js';
import { testEvent } from './testEvent.js';
import { attemptToProto, deliveryToProto, endpointToProto, eventToProto } from './toProto.js';
import { createTriggerEvent } from './triggerEvent.js';
import { endpointsOf, type Webhooks } from './webhooks.js';

const CHANGEABLE = ['url', 'event_types', 'description', 'disabled'];

interface Deps {
  readonly documents: Documents;
  readonly workspaces: Workspaces;
  readonly webhooks: Pick<Webhooks, 'forget'>;
  readonly enqueue: Enqueue;
  readonly offer: (queue: StoredWebhookDelivery) => void;
  readonly post: Post;
  readonly outbound: Pick<Outbound, 'faultOf'>;
  readonly encryption: Encryption;
  readonly random: Random;
  readonly newId: () => string;
  /** The id that belongs to a request id, which is `sessionId` where it is used for the first time. */
  readonly claimId: (keyed: KeyedRequest) => Promise<string>;
  readonly keys: Pick<ApiKeys, 'create'>;
  /** Where browsers reach the portal; undefined where they cannot. */
  readonly portalUrl: () => string | undefined;
  readonly clock: Clock;
}

/** A call with a request id; see otp/idempotency. */
interface KeyedRequest {
  readonly workspace: string;
  readonly scope: string;
  readonly requestId: string;
  readonly request: string;
  readonly sessionId: string;
}

/** Which endpoints a request is about. */
interface Target {
  readonly workspace: string;
  readonly mode: Mode;
  /** workspace.mode */
  readonly partition: string;
}

/** The operator's side of webhooks. */
export function createWebhookHandlers(deps: Deps): Handlers<typeof WebhookService> {
  const { documents, workspaces, webhooks, outbound, encryption, random, newId, clock } = deps;
  const stored: Collection<StoredEndpoint> = documents.collection('webhooks');
  const queues: Collection<StoredWebhookDelivery> = documents.collection('webhookDeliveries');
  const events: Collection<StoredEvent> = documents.collection('events');
  const replay = createReplay(deps);
  const trigger = createTriggerEvent(deps);
  const bodies = createEventBodies(encryption);
  const linkToPortal = createPortalLinks(deps);

  function target(call: Call, request: { readonly workspace: string; readonly mode: ModeEnum }): Target {
    const workspace = targetWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    return { workspace, mode, partition: partitionOf({ workspace, mode }) };
  }

  async function find(call: Call, { partition }: Target, given: string): Promise<StoredEndpoint> {
    const id = parseId(given);
    const endpoint = id && (await stored.findOne({ _id: `${partition}/${id}` }));
    if (!endpoint) throw new Failure('NOT_FOUND');
    call.resource = `webhookEndpoints/${id}`;
    return endpoint;
  }

  async function change(before: StoredEndpoint, values: Readonly<Record<string, unknown>>) {
    if (Object.keys(values).length === 0) return before;
    const after = await stored.findOneAndUpdate({ _id: before._id }, toUpdate(values));
    if (!after) throw new Failure('NOT_FOUND');
    return after;
  }

  function readUrl({ url }: WebhookEndpoint): string {
    const fault = outbound.faultOf(url);
    if (fault) throw invalid('webhook_endpoint.url', fault);
    return url;
  }

  const show = (endpoint: StoredEndpoint, { mode }: Target) => ({
    webhookEndpoint: endpointToProto(endpoint, mode, clock.now()),
  });

  /** Inserted first and looked at then, so that of two calls at once only one finds the last place. */
  async function insert(partition: string, endpoint: StoredEndpoint): Promise<void> {
    const { endpoints: most } = WEBHOOK_LIMITS;
    const full = invalid('webhook_endpoint', `would be one too many: there can be at most ${most}`);
    if ((await endpointsOf(stored, partition)).length >= most) throw full;
    await stored.insertOne(endpoint);
    const place = (await endpointsOf(stored, partition)).findIndex(({ _id }) => _id === endpoint._id);
    if (place < most) return;
    await stored.deleteOne({ _id: endpoint._id });
    throw full;
  }

  return {
    async createWebhookEndpoint(call, request) {
      const given = request.webhookEndpoint!;
      const about = target(call, { workspace: request.workspace, mode: given.mode });
      if (!(await workspaces.exists(about.workspace))) throw new Failure('NOT_FOUND');
      const url = readUrl(given);
      const id = newId();
      const _id = `${about.partition}/${id}`;
      const { secret, stored: first } = newSecret(encryption, random, _id);
      const createdAt = new Date(clock.now());
      const endpoint: StoredEndpoint = {
        _id,
        url,
        eventTypes: given.eventTypes,
        description: given.description,
        secrets: [first],
        createdAt,
        ...(given.disabled && disabledNow(createdAt)),
      };
      await insert(about.partition, endpoint);
      webhooks.forget(about.partition);
      call.resource = `webhookEndpoints/${id}`;
      return { ...show(endpoint, about), secret };
    },

    async getWebhookEndpoint(call, request) {
      const about = target(call, request);
      return show(await find(call, about, request.id), about);
    },

    async listWebhookEndpoints(call, request) {
      const { partition, mode } = target(call, request);
      const { items, nextPageToken } = await readPage(stored, { prefix: `${partition}/` }, request);
      const now = clock.now();
      return { webhookEndpoints: items.map((one) => endpointToProto(one, mode, now)), nextPageToken };
    },

    async updateWebhookEndpoint(call, request) {
      const { id = '', mode = 0 } = request.webhookEndpoint ?? {};
      const about = target(call, { workspace: request.workspace, mode });
      const before = await find(call, about, id);
      const { resource, fields } = applyUpdateMask(WebhookEndpointSchema, {
        current: endpointToProto(before, about.mode, clock.now()),
        patch: request.webhookEndpoint,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'webhook_endpoint',
      });
      const { eventTypes, description, disabled } = resource;
      const after = await change(before, {
        ...(fields.includes('url') && movedTo(readUrl(resource), before)),
        ...(fields.includes('event_types') && { eventTypes }),
        ...(fields.includes('description') && { description }),
        ...(fields.includes('disabled') && switched(disabled, before, new Date(clock.now()))),
      });
      webhooks.forget(about.partition);
      return show(after, about);
    },

    async deleteWebhookEndpoint(call, request) {
      const about = target(call, request);
      const { _id } = await find(call, about, request.id);
      if ((await stored.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      webhooks.forget(about.partition);
      await queues.deleteMany({ _id: below(_id) });
      return {};
    },

    async rotateWebhookSecret(call, request) {
      const about = target(call, request);
      for (;;) {
        const before = await find(call, about, request.id);
        const { secret, stored: fresh } = newSecret(encryption, random, before._id);
        const secrets = rotateSecrets(before.secrets, fresh, clock.now());
        // Of two calls at once each returns a secret that signs.
        const seen = { _id: before._id, 'secrets.0.id': before.secrets[0]!.id };
        const after = await stored.findOneAndUpdate(seen, { $set: { secrets } });
        if (after) return { ...show(after, about), secret };
      }
    },

    async sendTestEvent(call, request) {
      const endpoint = await find(call, target(call, request), request.id);
      const { id, type, body } = testEvent(endpoint, newId(), clock.now());
      const { retryAfterMs: _unused, ...posted } = await deps.post(endpoint, id, body);
      return { attempt: attemptToProto({ event: id, type, ...posted }) };
    },

    async listWebhookDeliveries(call, request) {
      const endpoint = await find(call, target(call, request), request.id);
      const { items, nextPageToken } = await queuesOf(endpoint, request);
      return { deliveries: items.map((queue) => deliveryToProto(endpoint, queue)), nextPageToken };
    },

    async replayWebhookEvents(call, request) {
      return replay(await find(call, target(call, request), request.id), request);
    },

    async getWebhookEvent(call, request) {
      const { partition } = target(call, request);
      const id = parseId(request.eventId);
      const event = id && (await events.findOne({ _id: `${partition}/${id}` }));
      if (!event) throw new Failure('NOT_FOUND');
      return { event: eventToProto(event, bodies.open(event)) };
    },

    async triggerEvent(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const partition = partitionOf({ workspace, mode: targetMode(call, 'test') });
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const made = await trigger(partition, request, () =>
        sessionFor(call, request, { workspace, partition }),
      );
      call.resource = `webhookEvents/${splitLast(made.event._id)[1]}`;
      return { event: eventToProto(made.event, made.event.body), endpoints: made.endpoints };
    },

    async createPortalLink(call, request) {
      const { workspace, mode } = target(call, request);
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const { lifetime, readOnly } = request;
      const lifetimeMs = lifetime && durationMs(lifetime);
      const { url, expiresAt, keyId } = await linkToPortal(call.principal, {
        workspace,
        mode,
        lifetimeMs,
        readOnly,
      });
      call.resource = `apiKeys/${keyId}`;
      return { url, expiresAt: timestampFromDate(expiresAt) };
    },
  };

  async function sessionFor(
    { principal }: Call,
    request: TriggerEventRequest,
    { workspace, partition }: Pick<Target, 'workspace' | 'partition'>,
  ): Promise<string> {
    const { requestId } = request;
    if (!requestId) return newId();
    return deps.claimId({
      workspace,
      scope: `${partition}/${principal.client}/TriggerEvent`,
      requestId,
      request: toJsonString(TriggerEventRequestSchema, { ...request, workspace, requestId: '' }),
      sessionId: newId(),
    });
  }

  async function queuesOf({ _id }: StoredEndpoint, request: ListWebhookDeliveriesRequest) {
    if (!request.sessionId) return readPage(queues, { prefix: `${_id}/`, descending: true }, request);
    const session = parseId(request.sessionId);
    const queue = session && (await queues.findOne({ _id: `${_id}/${session}` }));
    return { items: queue ? [queue] : [], nextPageToken: '' };
  }
}

const disabledNow = (now: Date) => ({ disabledAt: now, disabledReason: 'OPERATOR' as const });

/** A new URL clears the failures of the one before. */
const movedTo = (url: string, before: StoredEndpoint) => ({
  url,
  ...(url !== before.url && { failingSince: undefined, failures: undefined }),
});

/** Nothing changes for an endpoint that is so already: neither why it is disabled, nor what waits for it. */
function switched(disabled: boolean, before: StoredEndpoint, now: Date) {
  if (disabled === (before.disabledAt !== undefined)) return {};
  if (disabled) return disabledNow(now);
  return {
    disabledAt: undefined,
    disabledReason: undefined,
    failingSince: undefined,
    failures: undefined,
    enabledAt: now,
  };
}
