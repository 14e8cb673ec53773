import { limitIdentity } from '../../domain/limitIdentity.js';
import type { Mode } from '../../domain/mode.js';
import { partitionOf } from '../../domain/principal.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { StoredSession } from '../../session/stored.js';
import { below } from '../../store/documentId.js';
import type { Collection, Document, Documents } from '../../store/documents.js';
import type { StoredContact } from '../contacts/stored.js';
import type { Refusals } from '../refusals/refusals.js';
import { refusalCountsOf } from '../refusals/stored.js';
import { rulesOf } from '../rules/stored.js';
import type { RuleWriter } from '../rules/writeRule.js';
import type { AuditChain } from '../shared/auditChain.js';
import type { Wallet } from '../wallet/wallet.js';
import { createEraseBeneficiaries } from './eraseBeneficiaries.js';
import { createEraseSession, type EraseSessionDeps } from './eraseSession.js';

/** A person, by all that its workspace knows it by. */
export interface Person {
  readonly workspace: string;
  readonly mode: Mode;
  /** Every fingerprint of the recipient. */
  readonly names: readonly string[];
  /** The address, where the request gave it. */
  readonly identity: string | undefined;
}

/** Something that stays, because others rely on it. */
export interface Kept {
  readonly what: 'GUESS_BUDGET' | 'STOP_RULE';
  readonly until?: Date;
}

export interface Erased {
  /** Documents by collection. */
  readonly counts: Readonly<Record<string, number>>;
  readonly kept: readonly Kept[];
}

export interface EraseDeps extends EraseSessionDeps {
  readonly documents: Documents;
  readonly fingerprints: Fingerprints;
  readonly refusals: Pick<Refusals, 'forget'>;
  readonly ruleWriter: RuleWriter;
  readonly auditChain: Pick<AuditChain, 'forget'>;
  readonly wallet: Pick<Wallet, 'refund' | 'read'>;
}

/** What release 0.1 stored of a refused send, `_id` = workspace/uuid. */
interface OldRefusal extends Document {
  readonly recipients: readonly { readonly recipient: string }[];
}

interface StoredBudgetTime extends Document {
  readonly purgeAt: Date;
}

/**
 * Erases a person from a workspace and mode. Each step may be repeated, so an
 * erasure that was cut off is finished by asking again.
 */
export function createErasePerson(deps: EraseDeps) {
  const { documents, fingerprints, refusals, ruleWriter, auditChain } = deps;
  const sessions: Collection<StoredSession> = documents.collection('sessions');
  const contacts: Collection<StoredContact> = documents.collection('contacts');
  const oldRefusals: Collection<OldRefusal> = documents.collection('refusals');
  const budgets: Collection<StoredBudgetTime> = documents.collection('limits');
  const rules = rulesOf(documents);
  const counted = refusalCountsOf(documents);
  const eraseSession = createEraseSession(deps);
  const beneficiaries = createEraseBeneficiaries(deps);

  return async ({ workspace, mode, names, identity }: Person, isDryRun: boolean): Promise<Erased> => {
    const partition = partitionOf({ workspace, mode });
    const within = below(partition);
    const theirs = await sessions
      .find({ _id: below(workspace), partition, recipients: { $in: names } }, { sort: { _id: -1 } })
      .toArray();
    const contactIds = names.map((name) => `${partition}/${name}`);
    const known = (await Promise.all(contactIds.map((_id) => contacts.findOne({ _id })))).flatMap(
      (one) => one ?? [],
    );
    const named = await rules
      .find({ changedKey: within }, { sort: { changedKey: 1 } })
      .toArray()
      .then((all) => all.filter(({ recipient }) => recipient !== undefined && names.includes(recipient)));
    const masked = new Set([
      ...theirs.flatMap(({ channels }) =>
        Object.values(channels).flatMap((one) => (names.includes(one.recipient) ? [one.masked] : [])),
      ),
      ...known.map((one) => one.masked),
    ]);
    const onFile = await beneficiaries.find({ workspace, names, masked: [...masked], identity });
    const refused = await counted.find({ _id: within, recipients: { $in: names } }).toArray();
    const old = mode === 'live' ? await oldRefusalsOf(workspace, names) : [];
    const counts: Record<string, number> = {
      sessions: theirs.length,
      contacts: known.length,
      refusals: refused.length + old.length,
      recipientRules: named.filter(({ cause }) => cause !== 'OPTED_OUT').length,
      beneficiaries: onFile.length,
    };
    const kept = [
      ...named.flatMap(({ cause }) => (cause === 'OPTED_OUT' ? [{ what: 'STOP_RULE' as const }] : [])),
      ...(await budgetOf(partition, budgetNames(workspace, { names, identity, sessions: theirs }), isDryRun)),
    ];
    if (isDryRun) return { counts, kept };

    for (const session of theirs) {
      for (const [collection, count] of Object.entries(await eraseSession(session)))
        counts[collection] = (counts[collection] ?? 0) + count;
    }
    for (const { _id } of known) await contacts.deleteOne({ _id });
    await refusals.forget(partition, names);
    for (const { _id } of old) await oldRefusals.deleteOne({ _id });
    for (const rule of named) {
      if (rule.cause !== 'OPTED_OUT') await ruleWriter.delete(rule);
      else await rules.findOneAndUpdate({ _id: rule._id }, { $unset: { masked: '', note: '' } });
    }
    for (const one of onFile) await beneficiaries.erase(one);
    counts.audit = await auditChain.forget(workspace, names);
    return { counts, kept };
  };

  /** A refused send of release 0.1 is found by reading all of them. */
  async function oldRefusalsOf(workspace: string, names: readonly string[]): Promise<OldRefusal[]> {
    const all = await oldRefusals.find({ _id: below(workspace) }).toArray();
    return all.filter(({ recipients }) => recipients.some(({ recipient }) => names.includes(recipient)));
  }

  /** Every fingerprint under which the budget may be. */
  function budgetNames(
    workspace: string,
    {
      names,
      identity,
      sessions: theirs,
    }: Pick<Person, 'names' | 'identity'> & {
      readonly sessions: readonly StoredSession[];
    },
  ): ReadonlySet<string> {
    const fromSessions = theirs.flatMap(({ channels }) =>
      Object.values(channels).flatMap(({ recipient, budget }) =>
        names.includes(recipient) && budget ? [budget] : [],
      ),
    );
    const counted = identity ? fingerprints.recipientCandidates(workspace, limitIdentity(identity)) : [];
    return new Set([...names, ...fromSessions, ...counted]);
  }

  /** The guess budget, without where the person was: what is left counts comparisons and nothing else. */
  async function budgetOf(
    partition: string,
    names: ReadonlySet<string>,
    isDryRun: boolean,
  ): Promise<readonly Kept[]> {
    const kept: Kept[] = [];
    for (const name of names) {
      const _id = `${partition}/recipient/${name}`;
      const budget = isDryRun
        ? await budgets.findOne({ _id })
        : await budgets.findOneAndUpdate({ _id }, { $unset: { sources: '', verifiedAt: '', cleared: '' } });
      if (budget) kept.push({ what: 'GUESS_BUDGET', until: budget.purgeAt });
    }
    return kept;
  }
}
