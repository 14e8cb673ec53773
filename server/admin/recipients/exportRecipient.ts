import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { LimitService } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import { GetRecipientBlockRequestSchema } from '../../../gen/otp/admin/v1/limit_service_pb.js';
import type {
  ExportRecipientResponseSchema,
  RecipientService,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Handler, StreamHandler } from '../../call/call.js';
import { partitionOf } from '../../domain/principal.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { StoredSession } from '../../session/stored.js';
import { below } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import { auditEntryToProto } from '../audit/toProto.js';
import type { StoredContact } from '../contacts/stored.js';
import { addUp, refusalToProto } from '../refusals/list.js';
import { createReadRefusals } from '../refusals/read.js';
import type { Refusals } from '../refusals/refusals.js';
import type { RecipientRules } from '../rules/rules.js';
import { createDetails, type DetailsDeps } from '../sessions/details.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import { timelineOf } from '../sessions/timeline.js';
import type { WebhooksOf } from '../sessions/webhooks.js';
import type { RecordRead } from '../shared/audit.js';
import { chainOf, type StoredAuditEntry } from '../shared/auditChain.js';
import { modeName } from '../shared/mode.js';
import { namedRecipient } from '../shared/recipient.js';
import { targetMode, targetWorkspace } from '../shared/target.js';
import { createEraseBeneficiaries, type EraseBeneficiariesDeps } from './eraseBeneficiaries.js';
import { ruleToProto } from './ruleToProto.js';

interface Deps extends DetailsDeps, EraseBeneficiariesDeps {
  readonly documents: Documents;
  readonly refusals: Pick<Refusals, 'flush'>;
  readonly rules: Pick<RecipientRules, 'matching'>;
  readonly webhooksOf: WebhooksOf;
  readonly blockOf: Handler<typeof LimitService.method.getRecipientBlock>;
  readonly recordRead: RecordRead;
  readonly clock: Clock;
}

type Export = StreamHandler<typeof RecipientService.method.exportRecipient>;
type Exported = MessageInitShape<typeof ExportRecipientResponseSchema>;

/** Streams everything that is stored about a person: one record after the other, so that a long life costs no memory. */
export function createExportRecipient(deps: Deps): Export {
  const { documents, fingerprints } = deps;
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const contacts: Collection<StoredContact> = documents.collection('contacts');
  const entries: Collection<StoredAuditEntry> = documents.collection('audit');
  const details = createDetails(deps);
  const readRefusals = createReadRefusals(deps);
  const beneficiaries = createEraseBeneficiaries(deps);

  return async function* exportRecipient(call, request) {
    const workspace = targetWorkspace(call, request.workspace);
    const mode = targetMode(call, modeName(request.mode));
    const partition = partitionOf({ workspace, mode });
    const names = recipientsOf(fingerprints, request)?.(workspace);
    if (!names) throw invalid('recipient', 'is required');
    await deps.recordRead(call, { workspace, resource: `recipients/${names[0]}` });
    const identity = request.recipient ? namedRecipient(request.recipient).identity : undefined;
    const masked = new Set<string>();
    let isKnown = identity !== undefined;
    const record = (one: NonNullable<Exported['record']>): Exported => {
      isKnown = true;
      return { record: one };
    };

    const theirs = sessions.find(
      {
        _id: below(workspace),
        partition,
        recipients: { $in: names },
      },
      { sort: { _id: -1 } },
    );
    for await (const session of theirs) {
      if (call.signal.aborted) return 'LEFT';
      for (const one of Object.values(session.channels))
        if (names.includes(one.recipient)) masked.add(one.masked);
      yield record({ case: 'session', value: await details(session, true) });
      for (const { event } of timelineOf(session, await deps.webhooksOf(session)))
        yield record({ case: 'event', value: event });
    }
    for (const row of addUp(await readRefusals({ workspace, mode, recipients: names })))
      if (names.includes(row.recipient)) yield record({ case: 'refusal', value: refusalToProto(row) });
    const subject = { fingerprints: () => names, prefix: () => undefined, identity: () => undefined };
    for (const rule of await deps.rules.matching(partition, subject))
      yield record({ case: 'recipientRule', value: ruleToProto(rule) });
    for (const name of names) {
      const contact = await contacts.findOne({ _id: `${partition}/${name}` });
      if (contact) masked.add(contact.masked);
      if (contact) yield record({ case: 'contactId', value: name });
    }
    const onFile = await beneficiaries.find({ workspace, names, masked: [...masked], identity });
    for (const { beneficiary } of onFile)
      yield record({ case: 'beneficiary', value: beneficiary._id.slice(workspace.length + 1) });
    for (const name of names) {
      for await (const entry of entries.find({ ...chainOf(workspace), fingerprint: name })) {
        // This very export would make everyone known.
        if (!isKnown && entry.method.endsWith('/ExportRecipient')) continue;
        yield record({ case: 'auditEntry', value: auditEntryToProto(entry) });
      }
    }
    if (!isKnown) throw new Failure('NOT_FOUND');
    const named = request.recipient ? { recipient: request.recipient } : { fingerprint: names[0]! };
    const { block } = await deps.blockOf(
      call,
      create(GetRecipientBlockRequestSchema, { workspace: request.workspace, mode: request.mode, ...named }),
    );
    if (block) yield record({ case: 'block', value: block });
    return 'FINAL';
  };
}
