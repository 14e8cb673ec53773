import { timestampFromDate, timestampMs } from '@bufbuild/protobuf/wkt';
import { type RecipientService, Verdict } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { channelEnum } from '../../domain/channels.js';
import { firstIdAt } from '../../domain/ids.js';
import { partitionOf } from '../../domain/principal.js';
import { readRecipient } from '../../domain/recipients.js';
import { invalid } from '../../errors.js';
import type { Limiter } from '../../limits/limiter.js';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../../platform/durations.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredSession } from '../../session/stored.js';
import { idOf } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import {
  addUp,
  type CountedRefusal,
  createRefusalMatcher,
  pageOf,
  refusalToProto,
} from '../refusals/list.js';
import { createReadRefusals, MOST_READ } from '../refusals/read.js';
import type { Refusals } from '../refusals/refusals.js';
import { hourKey, refusalCountsOf } from '../refusals/stored.js';
import { createDetails, type DetailsDeps } from '../sessions/details.js';
import { recipientsOf } from '../sessions/recipientsOf.js';
import type { RecordRead } from '../shared/audit.js';
import { modeName } from '../shared/mode.js';
import { listedWorkspace, targetMode, targetWorkspace } from '../shared/target.js';
import { createEraseHandler, type EraseHandlerDeps } from './eraseHandler.js';
import { createRuleHandlers, type RuleHandlerDeps, ruleSubject } from './ruleHandlers.js';
import { ruleToProto } from './ruleToProto.js';
import { channelFor, verdictOfRefusal, verdictOfSession, wordsOf } from './verdict.js';

/** Shown as evidence. */
const SESSIONS = 5;
const REFUSALS = 10;

interface Deps extends DetailsDeps, RuleHandlerDeps, EraseHandlerDeps {
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
  readonly refusals: Refusals;
  readonly limiter: Pick<Limiter, 'take'>;
  readonly recordRead: RecordRead;
  readonly clock: Clock;
}

/** What is known of one recipient in a time range. */
interface Known {
  readonly fingerprints: readonly string[];
  readonly sessions: readonly StoredSession[];
  readonly refusals: readonly CountedRefusal[];
}

/** Why no code arrived, and what was refused. */
export function createRecipientHandlers(deps: Deps): Handlers<typeof RecipientService> {
  const { documents, fingerprints, recordRead, clock } = deps;
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const refused = refusalCountsOf(documents);
  const details = createDetails(deps);
  const readRefusals = createReadRefusals(deps);

  async function known(
    partition: string,
    workspace: string,
    names: readonly string[],
    since: number,
  ): Promise<Known> {
    // What this process has refused a moment ago counts as well.
    await deps.refusals.flush();
    const recipients = { $in: names };
    const [opened, counted] = await Promise.all([
      sessions
        .find(
          {
            _id: { $gte: `${workspace}/${firstIdAt(since)}`, $lt: `${workspace}0` },
            partition,
            recipients,
          },
          { sort: { _id: -1 }, limit: SESSIONS },
        )
        .toArray(),
      refused
        .find(
          {
            _id: { $gte: `${partition}/${hourKey(since - (since % HOUR_MS))}`, $lt: `${partition}0` },
            recipients,
          },
          { sort: { _id: -1 }, limit: MOST_READ },
        )
        .toArray(),
    ]);
    const theirs = addUp(counted).filter(
      ({ recipient, lastAt }) => names.includes(recipient) && lastAt.getTime() >= since,
    );
    return { fingerprints: names, sessions: opened, refusals: theirs };
  }

  function latest({ fingerprints: names, sessions: [session], refusals: [refusal] }: Known) {
    const channel = session && channelFor(session, names);
    const sentAt = session && latestSend(session, channel?.[0]);
    const isRefused = refusal && (sentAt === undefined || refusal.lastAt.getTime() >= sentAt);
    if (refusal && isRefused && !isEnded(session)) return { verdict: verdictOfRefusal(refusal), refusal };
    if (session && channel)
      return { verdict: verdictOfSession(session, channel, clock.now()), session, channel };
    return { verdict: refusal ? verdictOfRefusal(refusal) : Verdict.NOT_ASKED, refusal };
  }

  return {
    ...createRuleHandlers(deps),
    ...createEraseHandler(deps),

    async diagnoseRecipient(call, request) {
      const workspace = targetWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const partition = partitionOf({ workspace, mode });
      if (!request.recipient && !request.fingerprint) throw invalid('recipient', 'is required');
      await deps.limiter.take(
        partitionOf(call.principal),
        [{ rule: 'recipient-lookups', key: call.principal.client }],
        {},
      );
      const named = readRecipient('email', request.recipient) ?? readRecipient('sms', request.recipient);
      if (request.recipient && !named) {
        const { sentence, reply, suggestions } = wordsOf(Verdict.INVALID_RECIPIENT);
        return {
          verdict: Verdict.INVALID_RECIPIENT,
          sentence,
          reply,
          suggestions: suggestions.map(([type, text]) => ({ type, text })),
        };
      }
      const names = recipientsOf(fingerprints, request)!(workspace);
      await recordRead(call, { workspace, resource: `recipients/${names[0]}` });
      const since = request.since ? timestampMs(request.since) : clock.now() - DAY_MS;
      const found = await known(partition, workspace, names, since);
      const { verdict, refusal, session, channel } = latest(found);
      const subject = ruleSubject(fingerprints, workspace, { names, text: request.recipient });
      const matching = await deps.rules.matching(partition, subject);
      const against = matching.find(({ type }) => type !== 'ALLOW');
      const { sentence, reply, suggestions } = wordsOf(verdict);
      const freeAt = refusal?.freeAt && refusal.freeAt.getTime() > clock.now() ? refusal.freeAt : undefined;
      const attempt = session?.attempts?.findLast((one) => one.channel === channel?.[0]);
      const masked = named?.masked ?? channel?.[1].masked ?? refusal?.masked ?? '';
      const verifiedAt = found.sessions.find(({ approvedAt }) => approvedAt)?.approvedAt;
      const sessionEvidence = await Promise.all(
        found.sessions.map(async (one) => ({
          at: timestampFromDate(one.createdAt),
          text: 'A session with its delivery attempts.',
          subject: { case: 'session' as const, value: await details(one, true) },
        })),
      );
      const refusalEvidence = found.refusals.slice(0, REFUSALS).map((one) => ({
        at: timestampFromDate(one.lastAt),
        text: `Refused ${one.count} times: ${one.reason}${one.rule && ` by ${one.rule}`}.`,
        subject: { case: 'refusal' as const, value: refusalToProto(one) },
      }));
      const ruleEvidence = matching.map((rule) => ({
        text: `A rule: ${rule.type}${rule.cause ? ` (${rule.cause})` : ''}.`,
        subject: { case: 'rule' as const, value: ruleToProto(rule) },
      }));
      return {
        verdict,
        sentence: [
          sentence,
          ...(refusal?.rule ? [`Rule: ${refusal.rule}.`] : []),
          ...(attempt?.vendorCode ? [`Provider ${attempt.provider} responded ${attempt.vendorCode}.`] : []),
          ...(freeAt ? [`A code can be sent again at ${freeAt.toISOString()}.`] : []),
        ].join(' '),
        reply,
        ...(freeAt && { freeAgainAt: timestampFromDate(freeAt) }),
        evidence: refusal
          ? [...refusalEvidence, ...ruleEvidence, ...sessionEvidence]
          : [...sessionEvidence, ...refusalEvidence, ...ruleEvidence],
        suggestions: suggestions.map(([type, text]) => ({
          type,
          text,
          ...(freeAt && { until: timestampFromDate(freeAt) }),
          ...(session && { sessionId: idOf(session) }),
          ...(channel && { channel: channelEnum(channel[0]) }),
          provider: attempt?.provider ?? '',
          ruleId: (verdict === Verdict.RULE_REFUSED && (refusal?.rule || against?.id)) || '',
        })),
        fingerprint: names[0]!,
        maskedRecipient: masked,
        country: named?.country ?? channel?.[1].country ?? refusal?.country ?? '',
        ...(found.sessions.length > 0 && {
          firstSeenAt: timestampFromDate(found.sessions.at(-1)!.createdAt),
        }),
        ...(verifiedAt && { lastVerifiedAt: timestampFromDate(verifiedAt) }),
      };
    },

    async listRefusals(call, request) {
      const workspace = listedWorkspace(call, request.workspace);
      const mode = targetMode(call, modeName(request.mode));
      const recipients = recipientsOf(fingerprints, request);
      const names = recipients?.(workspace ?? call.principal.workspace);
      if (names) {
        await recordRead(call, {
          workspace: workspace ?? call.principal.workspace,
          resource: `recipients/${names[0]}`,
        });
      }
      const { apiKeyId } = request;
      const found = await readRefusals({ workspace, mode, recipients: names, apiKeyId });
      const matches = createRefusalMatcher(request, names);
      const { page, nextPageToken } = pageOf(addUp(found).filter(matches), request);
      return { refusals: page.map(refusalToProto), nextPageToken };
    },
  };
}

/** When the newest code of the session was made, milliseconds. */
function latestSend({ createdAt, marks = [] }: StoredSession, channel: string | undefined): number {
  const resent = marks.findLast((one) => one.type === 'resent' && one.channel === channel);
  return (resent?.at ?? createdAt).getTime();
}

/** A session that was decided: what was refused about it afterwards says nothing new. */
const isEnded = (session: StoredSession | undefined): boolean =>
  session?.status === 'APPROVED' || session?.status === 'CANCELED';
