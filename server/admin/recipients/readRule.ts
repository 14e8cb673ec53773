import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { RecipientRule } from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import type { Call } from '../../call/call.js';
import { channelName } from '../../domain/channels.js';
import { readRecipient } from '../../domain/recipients.js';
import { Failure, invalid } from '../../errors.js';
import { DAY_MS } from '../../platform/durations.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { RuleMatch, RuleType, StoredRule } from '../rules/stored.js';
import { namedRecipient } from '../shared/recipient.js';

/** The longest that a rule of support or an analyst may last. */
const LONGEST_MS = 30 * DAY_MS;

/** Something in a note that may be an address. */
const ADDRESS = /@|\d(?:[\s().-]*\d){6}/;

const MATCHES = ['recipient', 'fingerprint', 'emailDomain', 'phonePrefix', 'prefix'] as const;

/** Whom a rule is for. Throws INVALID_REQUEST unless exactly one match is given, or INVALID_RECIPIENT. */
export function readMatch(
  rule: RecipientRule,
  fingerprints: Fingerprints,
  workspace: string,
): RuleMatch & Pick<StoredRule, 'masked'> {
  const given = MATCHES.filter((field) => rule[field] !== '');
  if (given.length !== 1)
    throw invalid(
      'recipient_rule',
      'must name exactly one of recipient, fingerprint, email_domain, phone_prefix and prefix',
    );
  const { recipient, fingerprint, emailDomain, phonePrefix, prefix } = rule;
  if (recipient) {
    const { identity, masked } = namedRecipient(recipient);
    return { recipient: fingerprints.recipient(workspace, identity), masked };
  }
  if (fingerprint) return { recipient: fingerprint };
  if (emailDomain) return { emailDomain };
  if (prefix) return { prefix };
  if (readRecipient('sms', phonePrefix)?.numberType !== undefined)
    throw invalid('recipient_rule.phone_prefix', 'must be shorter than a phone number; use recipient');
  return { phonePrefix };
}

/** Note and end of a rule. Throws INVALID_REQUEST. */
export function readTerms(rule: RecipientRule, now: number): Pick<StoredRule, 'note' | 'expiresAt'> {
  const expiresAt = rule.expiresAt && timestampDate(rule.expiresAt);
  if (expiresAt && expiresAt.getTime() <= now)
    throw invalid('recipient_rule.expires_at', 'must be in the future');
  if (ADDRESS.test(rule.note)) throw invalid('recipient_rule.note', 'must not contain an address');
  return { ...(expiresAt && { expiresAt }), ...(rule.note && { note: rule.note }) };
}

/** The channel that a rule is for; undefined: all. */
export const readChannel = (rule: RecipientRule) => channelName(rule.channel);

/** What decides who may have a rule. */
export interface Managed extends RuleMatch {
  readonly type: RuleType;
  readonly expiresAt?: Date;
}

/**
 * Refuses rules that the caller's scopes do not open: support allows single
 * recipients, analysts block, both with an end within 30 days. `ends`: whether
 * the end matters, as it does not for what is removed.
 */
export function requireManageable(
  { principal: { scopes } }: Call,
  { type, recipient, expiresAt }: Managed,
  { now, ends }: { readonly now: number; readonly ends: boolean },
): void {
  if (scopes.has('admin') || scopes.has('operator')) return;
  const isOwn =
    (scopes.has('support') && type === 'ALLOW' && recipient !== undefined) ||
    (scopes.has('analyst') && type === 'BLOCK');
  if (!isOwn) {
    throw new Failure('PERMISSION_DENIED', {
      message:
        'The scope support allows single recipients, the scope analyst blocks; other rules need the scope admin.',
    });
  }
  if (ends && (!expiresAt || expiresAt.getTime() > now + LONGEST_MS)) {
    throw new Failure('PERMISSION_DENIED', {
      message: 'A rule without an end within 30 days needs the scope admin.',
    });
  }
}
