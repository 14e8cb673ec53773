import { createHash } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { toUpdate } from '../shared/update.js';
import type { RecipientRules } from './rules.js';
import { changedKey, rulesOf, type StoredRule } from './stored.js';

/** Rules that have ended are kept this long. */
const ENDED_KEPT_MS = 30 * DAY_MS;
/** Rules that were deleted, without what they matched: every process has read that by then. */
const DELETED_KEPT_MS = DAY_MS;

/** A rule to be made. */
export type NewRule = Omit<
  StoredRule,
  '_id' | 'id' | 'listedAs' | 'changedKey' | 'createdAt' | 'deletedAt' | 'purgeAt'
>;

interface Deps {
  readonly documents: Documents;
  readonly rules: Pick<RecipientRules, 'forget'>;
  readonly newId: () => string;
  readonly clock: Clock;
}

/** Makes, changes and deletes rules. */
export interface RuleWriter {
  /** Undefined where there is such a rule already. */
  create(rule: NewRule): Promise<StoredRule | undefined>;
  /** Changes note and end. Undefined where the rule is gone. */
  update(rule: StoredRule, values: Pick<StoredRule, 'note' | 'expiresAt'>): Promise<StoredRule | undefined>;
  /** False where the rule is gone. */
  delete(rule: StoredRule): Promise<boolean>;
}

/** When a rule that ends then is removed from the store. */
const purgeAt = (expiresAt: Date | undefined): Date | undefined =>
  expiresAt && new Date(expiresAt.getTime() + ENDED_KEPT_MS);

export function createRuleWriter({ documents, rules, newId, clock }: Deps): RuleWriter {
  const stored = rulesOf(documents);

  return {
    async create(rule) {
      const now = clock.now();
      const { partition, type, channel, recipient, emailDomain, phonePrefix, prefix, expiresAt } = rule;
      const match = JSON.stringify([type, channel ?? '', recipient, emailDomain, phonePrefix, prefix]);
      const _id = `${partition}/${createHash('sha256').update(match).digest('base64url')}`;
      const id = newId();
      const purge = purgeAt(expiresAt);
      const made: StoredRule = {
        ...rule,
        _id,
        id,
        listedAs: `${partition}/${id}`,
        changedKey: changedKey(partition, now),
        createdAt: new Date(now),
        ...(purge && { purgeAt: purge }),
      };
      const insert = async () => {
        if (await insertOnce(stored, made)) return made;
        const before = await stored.findOne({ _id });
        const isOver =
          before && (before.deletedAt || (before.expiresAt && before.expiresAt.getTime() <= now));
        if (!isOver) return undefined;
        const { _id: _same, ...fields } = made;
        const gone = Object.keys(before).filter((field) => field !== '_id' && !(field in fields));
        return stored.findOneAndUpdate(
          { _id, id: before.id, changedKey: before.changedKey },
          toUpdate({ ...fields, ...Object.fromEntries(gone.map((field) => [field, undefined])) }),
        );
      };
      const result = (await insert()) ?? undefined;
      if (result) rules.forget(partition);
      return result;
    },

    async update({ _id, id, partition }, values) {
      const changed = await stored.findOneAndUpdate(
        { _id, id, listedAs: `${partition}/${id}` },
        toUpdate({
          note: values.note,
          expiresAt: values.expiresAt,
          purgeAt: purgeAt(values.expiresAt),
          changedKey: changedKey(partition, clock.now()),
        }),
      );
      rules.forget(partition);
      return changed ?? undefined;
    },

    async delete({ _id, id, partition }) {
      const now = clock.now();
      const deleted = await stored.findOneAndUpdate(
        { _id, id, listedAs: `${partition}/${id}` },
        {
          $set: {
            changedKey: changedKey(partition, now),
            deletedAt: new Date(now),
            purgeAt: new Date(now + DELETED_KEPT_MS),
          },
          $unset: { listedAs: '', recipient: '', masked: '', note: '' },
        },
      );
      rules.forget(partition);
      return deleted !== null;
    },
  };
}
