import type { FinalError } from '../../words.js';
import { codeRange, errorTable } from '../errorTable.js';

/**
 * Final errors of SMTP: enhanced status codes (RFC 3463 and the registry of
 * IANA) without their class, then reply codes, for a reply without an enhanced
 * code or with one that is undefined (x.y.0).
 */
export const SMTP_ERRORS = errorTable({
  source: 'https://www.iana.org/assignments/smtp-enhanced-status-codes',
  rows: [
    [
      ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6'],
      'WRONG_RECIPIENT',
      'the mailbox or its domain does not exist',
    ],
    ['1.10', 'WRONG_RECIPIENT', 'the domain accepts no e-mail'],
    ['2.1', 'WRONG_RECIPIENT', 'the mailbox is disabled'],
    ['2.2', 'RECIPIENT_UNAVAILABLE', 'the mailbox is full'],
    [['1.7', '1.8'], 'MISCONFIGURED', 'the address of the sender is not valid'],
    [['1.9', '2.3', '2.4'], 'REFUSED', 'not accepted for this mailbox'],
    [
      ['3.1', '3.2', '3.3', '3.4', '3.5', '3.6'],
      'REFUSED',
      'the mail system does not accept messages or this one',
    ],
    [['4.1', '4.2', '4.3', '4.4', '4.6', '4.7'], 'REFUSED', 'the network or routing failed'],
    ['4.5', 'QUOTA_EXCEEDED', 'a quota of the sender or the system is used up'],
    [['5.1', '5.2', '5.3', '5.4', '5.5', '5.6'], 'REFUSED', 'the protocol was not followed'],
    [
      ['6.1', '6.2', '6.3', '6.4', '6.5', '6.6', '6.7', '6.8', '6.9', '6.10'],
      'REFUSED',
      'the content or its encoding is not accepted',
    ],
    [['7.1', '7.2', '7.3', '7.5', '7.6', '7.7', '7.14'], 'REFUSED', 'a policy does not allow it'],
    [['7.15', '7.16'], 'REFUSED', 'the priority is too low'],
    [['7.17', '7.18', '7.19'], 'REFUSED', 'mailbox or domain may have a new owner'],
    [['7.4', '7.10', '7.30'], 'MISCONFIGURED', 'a security feature is required'],
    [
      ['7.8', '7.9', '7.11', '7.12', '7.13'],
      'MISCONFIGURED',
      'credentials or the way of signing in are not accepted',
    ],
    [
      ['7.20', '7.21', '7.22', '7.23', '7.24', '7.25', '7.26', '7.27', '7.29'],
      'MISCONFIGURED',
      'the domain of the sender is not authenticated (DKIM, SPF, reverse DNS)',
    ],
    ['7.28', 'QUOTA_EXCEEDED', 'too many messages from this sender'],
    [[530, 534, 535, 538], 'MISCONFIGURED', 'credentials are required or not accepted'],
    [codeRange(500, 504), 'REFUSED', 'the protocol was not followed'],
    [521, 'MISCONFIGURED', 'the server takes no e-mail at all (RFC 7504)'],
    [[554, 555], 'REFUSED', 'not accepted'],
    [556, 'WRONG_RECIPIENT', 'the domain accepts no e-mail'],
  ],
  others: [
    [[550, 551, 553], 'WRONG_RECIPIENT', 'after RCPT TO; at any other point `REFUSED`'],
    [552, 'RECIPIENT_UNAVAILABLE', 'after RCPT TO; at any other point `REFUSED`'],
  ],
});

/** A final reply of an SMTP server. */
interface Reply {
  readonly responseCode: number;
  /** Such as "5.1.1"; undefined where the reply has none. */
  readonly enhanced: string | undefined;
  /** The command it responds to. */
  readonly command: string | undefined;
}

/** What a final reply (5xx) means. */
export function smtpMeaning({ responseCode, enhanced, command }: Reply): FinalError {
  const detail = enhanced?.slice(2);
  const meaning =
    asFinal(detail) ??
    (command === 'RCPT TO' ? ABOUT_RECIPIENT[responseCode] : undefined) ??
    asFinal(responseCode) ??
    'REFUSED';
  // Before RCPT TO the server knows no recipient, so it is about the sender.
  return command === 'MAIL FROM' && IS_ABOUT_RECIPIENT.has(meaning) ? 'MISCONFIGURED' : meaning;
}

const ABOUT_RECIPIENT: Readonly<Record<number, FinalError>> = {
  550: 'WRONG_RECIPIENT',
  551: 'WRONG_RECIPIENT',
  552: 'RECIPIENT_UNAVAILABLE',
  553: 'WRONG_RECIPIENT',
};

const IS_ABOUT_RECIPIENT: ReadonlySet<FinalError> = new Set([
  'WRONG_RECIPIENT',
  'RECIPIENT_UNAVAILABLE',
] as const);

function asFinal(code: string | number | undefined): FinalError | undefined {
  const meaning = SMTP_ERRORS.meaningOf(code);
  return typeof meaning === 'string' && meaning !== 'EXPIRED' ? meaning : undefined;
}

/** The enhanced status code at the start of a reply. */
export const enhancedCode = (response: string): string | undefined =>
  /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})(?!\d)/.exec(response)?.[1];
