import type { ChannelName } from '../../domain/channels.js';
import { Failure } from '../../errors.js';
import { createBoundedMap } from '../../platform/boundedMap.js';
import type { Clock } from '../../platform/clock.js';
import { SECOND_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import { changedKey, rulesOf, type StoredRule } from './stored.js';

/** A rule takes effect in every process within this time. */
const FRESH_MS = 5 * SECOND_MS;
/** What another process wrote may be stamped so much earlier than what was read before it. */
const OVERLAP_MS = 60 * SECOND_MS;
/** Workspaces whose rules are kept at once. */
const CAPACITY = 1_000;

/** A recipient, as rules look at it. */
export interface RuleSubject {
  readonly channel?: ChannelName;
  /** Every fingerprint that it may be named by. Only asked where there is a rule. */
  readonly fingerprints: () => readonly string[];
  /** The fingerprint of its prefix. Only asked where a rule is for a prefix. */
  readonly prefix: () => string | undefined;
  /** The e-mail address or number. Only asked where a rule is for a domain or the first digits. */
  readonly identity: () => string | undefined;
}

/** The recipients that a rule lets pass. */
export interface Allowed {
  has(subject: RuleSubject): boolean;
}

/** The rules of workspaces for single recipients, prefixes and domains. */
export interface RecipientRules {
  /** Throws SEND_REFUSED where a rule is against one of the recipients, and returns those that are allowed. */
  check(partition: string, subjects: readonly RuleSubject[]): Promise<Allowed>;
  /** The rules in force that match, the one that decides first. */
  matching(partition: string, subject: RuleSubject): Promise<readonly StoredRule[]>;
  /** How many rules there are. */
  count(partition: string): Promise<number>;
  /** This process has changed a rule: it is read the next time. */
  forget(partition: string): void;
}

/** What a process knows of one workspace's rules. */
interface Known {
  readonly byId: Map<string, StoredRule>;
  readonly byRecipient: Map<string, Map<string, StoredRule>>;
  /** Rules that are not for one recipient. */
  readonly others: Map<string, StoredRule>;
  /** Changes up to this millisecond have been read. */
  readTo: number;
  freshUntil: number;
  reading?: Promise<void>;
}

/**
 * All rules of a workspace are read once; after that, every few seconds in which
 * something is sent, only those that have changed. So a Send asks the store
 * nothing, however many rules there are.
 */
export function createRecipientRules(documents: Documents, clock: Clock): RecipientRules {
  const stored = rulesOf(documents);
  const known = createBoundedMap<string, Known>(CAPACITY);

  function keep({ byId, byRecipient, others }: Known, rule: StoredRule): void {
    const before = byId.get(rule._id);
    byId.delete(rule._id);
    others.delete(rule._id);
    if (before?.recipient) byRecipient.get(before.recipient)?.delete(rule._id);
    if (rule.deletedAt) return;
    byId.set(rule._id, rule);
    if (!rule.recipient) others.set(rule._id, rule);
    else byRecipient.set(rule.recipient, (byRecipient.get(rule.recipient) ?? new Map()).set(rule._id, rule));
  }

  async function read(partition: string, here: Known): Promise<void> {
    const began = { now: clock.now(), monotonic: clock.monotonic() };
    const from = here.readTo === 0 ? `${partition}/` : changedKey(partition, here.readTo - OVERLAP_MS);
    const range = { $gte: from, $lt: `${partition}0` };
    for await (const rule of stored.find({ changedKey: range }, { sort: { changedKey: 1 } }))
      keep(here, rule);
    here.readTo = began.now;
    here.freshUntil = began.monotonic + FRESH_MS;
  }

  async function rulesIn(partition: string): Promise<Known> {
    const here: Known = known.get(partition) ?? {
      byId: new Map(),
      byRecipient: new Map(),
      others: new Map(),
      readTo: 0,
      freshUntil: Number.NEGATIVE_INFINITY,
    };
    known.set(partition, here);
    if (clock.monotonic() < here.freshUntil) return here;
    here.reading ??= read(partition, here).finally(() => {
      delete here.reading;
    });
    await here.reading;
    return here;
  }

  async function matching(partition: string, subject: RuleSubject): Promise<readonly StoredRule[]> {
    const { byId, byRecipient, others } = await rulesIn(partition);
    if (byId.size === 0) return [];
    const own = subject.fingerprints().flatMap((one) => [...(byRecipient.get(one)?.values() ?? [])]);
    const shared = [...others.values()].filter((rule) => isFor(rule, subject));
    const now = clock.now();
    const inForce = ({ channel, expiresAt }: StoredRule) =>
      (channel === undefined || subject.channel === undefined || channel === subject.channel) &&
      (expiresAt === undefined || expiresAt.getTime() > now);
    return [...own.filter(inForce).sort(strictestFirst), ...shared.filter(inForce).sort(strictestFirst)];
  }

  return {
    async check(partition, subjects) {
      const decided = await Promise.all(
        subjects.map(async (subject) => [subject, (await matching(partition, subject))[0]] as const),
      );
      const against = decided.find(([, rule]) => rule && rule.type !== 'ALLOW')?.[1];
      if (against) throw new Failure('SEND_REFUSED', { rule: against.id });
      const allowed = new Set(decided.flatMap(([subject, rule]) => (rule ? [subject] : [])));
      return allowed;
    },
    matching,
    count: async (partition) => (await rulesIn(partition)).byId.size,
    forget(partition) {
      const here = known.get(partition);
      if (here) here.freshUntil = Number.NEGATIVE_INFINITY;
    },
  };
}

const strictestFirst = (a: StoredRule, b: StoredRule): number =>
  Number(a.type === 'ALLOW') - Number(b.type === 'ALLOW');

function isFor({ emailDomain, phonePrefix, prefix }: StoredRule, subject: RuleSubject): boolean {
  if (prefix !== undefined) return subject.prefix() === prefix;
  const identity = subject.identity();
  if (identity === undefined) return false;
  if (phonePrefix !== undefined) return identity.startsWith(phonePrefix);
  return emailDomain !== undefined && identity.endsWith(`@${emailDomain}`);
}
