/** What can still be done about a message that met an error. */
export type NextStep =
  /** Nothing with this address: no other provider can reach it either. A fallback channel is used at once. */
  | 'channel'
  /** The next provider may accept it; this one is not asked again. */
  | 'provider'
  /** The next provider at once, and this one again after a wait. */
  | 'retry'
  /** The message has ended. */
  | 'end';

/** Who can do something about an error. */
export type Remedy = 'person' | 'application' | 'operator' | 'provider';

/** One word for why a message was not delivered. */
export interface DeliveryWord {
  readonly meaning: string;
  readonly remedy: Remedy;
  readonly next: NextStep;
}

/**
 * THE words for why a message was not delivered: in sessions, events, logs and
 * metrics. Vendors' own codes are mapped to them; see vendors/errorTable.ts.
 */
export const DELIVERY_WORDS = {
  WRONG_RECIPIENT: {
    meaning: 'The address does not exist, or cannot receive messages of this kind.',
    remedy: 'application',
    next: 'channel',
  },
  RECIPIENT_UNAVAILABLE: {
    meaning:
      'The address exists and cannot be reached now: the mailbox is full, the phone is off or out of coverage.',
    remedy: 'person',
    next: 'channel',
  },
  OPTED_OUT: {
    meaning: 'The person has asked for no more messages, for example with STOP, or has blocked the sender.',
    remedy: 'person',
    next: 'channel',
  },
  REFUSED: {
    meaning:
      'The provider or a network behind it does not accept this message, or does not serve its destination.',
    remedy: 'operator',
    next: 'provider',
  },
  MISCONFIGURED: {
    meaning: 'Account, credentials, sender, template or URL at the provider are wrong.',
    remedy: 'operator',
    next: 'provider',
  },
  QUOTA_EXCEEDED: {
    meaning: 'The account has used up a quota that does not return within minutes, such as a daily one.',
    remedy: 'operator',
    next: 'provider',
  },
  TLS_FAILED: {
    meaning:
      'No secure connection: the certificate is not valid for the host, or the provider does not offer TLS.',
    remedy: 'operator',
    next: 'provider',
  },
  RATE_LIMITED: {
    meaning: 'The provider takes no more messages at the moment.',
    remedy: 'operator',
    next: 'retry',
  },
  UNREACHABLE: {
    meaning: 'No connection to the provider, or one that broke.',
    remedy: 'provider',
    next: 'retry',
  },
  TIMEOUT: { meaning: 'The provider did not respond in time.', remedy: 'provider', next: 'retry' },
  BAD_RESPONSE: {
    meaning: 'The response is not one of the provider’s.',
    remedy: 'provider',
    next: 'retry',
  },
  PROVIDER_FAULT: { meaning: 'The provider reports a fault of its own.', remedy: 'provider', next: 'retry' },
  REQUEST_EXPIRED: {
    meaning: 'The provider found the request too old: it was delayed, or the clock is wrong.',
    remedy: 'operator',
    next: 'retry',
  },
  EXPIRED: { meaning: 'The code expired before the message was delivered.', remedy: 'provider', next: 'end' },
  OUT_OF_TRIES: {
    meaning: 'All delivery attempts were made; the reason of each is kept with the session.',
    remedy: 'provider',
    next: 'end',
  },
  UNDELIVERED: {
    meaning: 'The provider accepted the message and reported that it was not delivered, without a reason.',
    remedy: 'person',
    next: 'end',
  },
} as const satisfies Readonly<Record<string, DeliveryWord>>;

type Words = typeof DELIVERY_WORDS;
type WordsFor<N extends NextStep> = {
  [W in keyof Words]: Words[W]['next'] extends N ? W : never;
}[keyof Words];

/** Why a provider does not accept a message. */
export type FinalError = WordsFor<'channel' | 'provider'>;

/** Why a message may be accepted later; with the status of a response that says no more. */
export type RetryError = WordsFor<'retry'> | `HTTP_${number}` | `SMTP_${number}`;

/** Why a message failed that a provider had accepted. */
export type ReportedError = FinalError | 'EXPIRED' | 'UNDELIVERED';

/** Whether no other provider can reach the recipient either. */
export const endsChannel = (error: FinalError): boolean => DELIVERY_WORDS[error].next === 'channel';
