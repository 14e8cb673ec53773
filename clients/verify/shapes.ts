/** A channel of a session in the contract's JSON. */
export interface ChannelJson {
  readonly channel: string;
  readonly maskedRecipient?: string;
  readonly verified?: boolean;
  readonly deliveryState?: string;
  readonly dueAt?: string;
}

/** The part of a session in the contract's JSON that the page reads. */
export interface SessionJson {
  readonly id: string;
  readonly status: string;
  readonly channels?: readonly ChannelJson[];
  readonly policy?: { readonly strategy?: string };
  readonly codeLength?: number;
  readonly resendAvailableAt?: string;
}

/** GetVerificationPageResponse in JSON. */
export interface PageJson {
  readonly session: SessionJson;
  readonly returnMode?: string;
  readonly returnUrl?: string;
  readonly state?: string;
  readonly allowRecipientChange?: boolean;
}

/** The detail of an error that says why. */
export interface ErrorFacts {
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}
