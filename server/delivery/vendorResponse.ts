/** A vendor's own words about an error, safe to keep: see `vendorResponse`. */
export interface VendorResponse {
  /** Such as "21408" or "5.4.5". */
  readonly code?: string;
  readonly text?: string;
}

const MOST_CHARACTERS = 200;
/** Longest text that is read: what is beyond is not needed and costs time. */
const MOST_READ = 2_000;
const CODE = /^[\w.:#-]{1,40}$/;
/** Three digits of any script or more, with any small signs between them. */
const DIGITS = /\p{Nd}(?:[^\p{L}\p{Nd}]{0,3}\p{Nd}){2,}/gu;
/** An e-mail address, plain or in angle brackets. */
const ADDRESS = /[^\s<>"'(),:;]+@[^\s<>"'(),:;]+/g;
/** Ids, tokens, URLs: vendors put numbers into them, encoded. */
const LONG_WORD = /\S{25,}/g;

/** What must not be kept, besides what is recognised by its form. */
export interface Secrets {
  readonly to?: string;
  readonly code?: string;
  readonly text?: string;
  readonly subject?: string | undefined;
}

/**
 * A vendor's code and text as they may be stored and logged: bounded, on one
 * line, without numbers of three digits or more, addresses, long words and the
 * message itself. Vendors quote the recipient and the text they were given.
 */
export function vendorResponse(
  code: string | number | undefined,
  text: string | undefined,
  secrets: Secrets = {},
): VendorResponse | undefined {
  const kept = code === undefined ? undefined : keptCode(String(code), secrets);
  const scrubbed = text === undefined ? '' : scrub(text.slice(0, MOST_READ), secrets);
  if (kept === undefined && scrubbed === '') return undefined;
  return { ...(kept !== undefined && { code: kept }), ...(scrubbed !== '' && { text: scrubbed }) };
}

function keptCode(code: string, { to = '', code: secret }: Secrets): string | undefined {
  const digits = code.replace(/\D/g, '');
  const isSecret = digits !== '' && (digits === secret || (digits.length > 6 && to.includes(digits)));
  return CODE.test(code) && !isSecret ? code : undefined;
}

function scrub(text: string, { to = '', code, text: message, subject }: Secrets): string {
  const [local = '', domain = ''] = to.includes('@') ? to.split('@') : [];
  const literal = [message, subject, to, code, local, domain].filter(
    (one) => one !== undefined && one.length > 2,
  );
  const without = literal.reduce<string>(
    (rest, one) => rest.replaceAll(new RegExp(escaped(one ?? ''), 'gi'), '…'),
    text,
  );
  const clean = without
    .replace(ADDRESS, '…')
    .replace(LONG_WORD, '…')
    .replace(DIGITS, '…')
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/…(?:[\s…]*…)+/g, '…')
    .trim();
  return clean.length > MOST_CHARACTERS ? `${clean.slice(0, MOST_CHARACTERS - 1).trimEnd()}…` : clean;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
