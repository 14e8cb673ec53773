/**
 * What limits count a recipient by: one person's spellings of one phone or
 * mailbox share it, so that none of them is a fresh budget. Never used for
 * delivery, listings or redeeming: two people may share it, and then they share
 * a limit and nothing else.
 *
 * `identity` is the normalised address of a Recipient.
 */
export const limitIdentity = (identity: string): string =>
  identity.startsWith('+') ? phoneFamily(identity) : mailboxFamily(identity);

/** Numbers that are written with and without a digit of an older or a mobile numbering plan. */
const OLD_FORMS: readonly (readonly [RegExp, string])[] = [
  // Mexico dropped the 1 of mobiles, Argentina writes its 9 only from abroad.
  [/^\+521(\d{10})$/, '+52$1'],
  [/^\+549(\d{10})$/, '+54$1'],
  // Brazil put a 9 before its mobiles, Benin 01 before every number.
  [/^(\+55\d\d)9([6-9]\d{7})$/, '$1$2'],
  [/^\+229(\d{8})$/, '+22901$1'],
];

function phoneFamily(number: string): string {
  const form = OLD_FORMS.find(([from]) => from.test(number));
  return form ? number.replace(...form) : number;
}

/** Without the tag after "+"; dots and the other name of its domain count only at Gmail, which ignores them. */
function mailboxFamily(address: string): string {
  const lower = address.toLowerCase();
  const at = lower.lastIndexOf('@');
  const [untagged] = lower.slice(0, at).split('+');
  const local = untagged || lower.slice(0, at);
  const domain = lower.slice(at + 1);
  if (domain !== 'gmail.com' && domain !== 'googlemail.com') return `${local}@${domain}`;
  return `${local.replaceAll('.', '') || local}@gmail.com`;
}
