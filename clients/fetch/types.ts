/** A time as RFC 3339, such as `2030-01-31T12:00:00Z`. */
type Time = string;

/** The JSON of a session as its own token sees it. Fields at their default, such as `false` and `0`, are left out. */
export interface SessionJson {
  readonly id?: string;
  /** `SESSION_STATUS_APPROVED` and so on. */
  readonly status?: string;
  readonly channels?: readonly ChannelStateJson[];
  readonly policy?: { readonly strategy?: string; readonly channels?: readonly string[] };
  readonly purpose?: string;
  readonly attemptsRemaining?: number;
  readonly createdAt?: Time;
  readonly expiresAt?: Time;
  readonly resendAvailableAt?: Time;
  readonly approvedAt?: Time;
  readonly redeemedAt?: Time;
  readonly sandbox?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly operation?: { readonly type?: string; readonly id?: string; readonly productType?: string };
  readonly codeLength?: number;
  readonly beneficiary?: { readonly sponsorSlug?: string; readonly beneficiaryId?: string };
}

export interface ChannelStateJson {
  readonly channel?: string;
  readonly maskedRecipient?: string;
  readonly verified?: boolean;
  readonly verifiedAt?: Time;
  readonly deliveryState?: string;
  readonly deliveryError?: string;
  readonly dueAt?: Time;
  readonly codeCreatedAt?: Time;
}

/** One code of a session with one channel, or one for each channel: `{codes: {sms: '123456'}}`. */
export interface VerifyRequestJson {
  readonly code?: string;
  readonly codes?: Readonly<Record<string, string>>;
  /** Makes repeating a success safe. */
  readonly requestId?: string;
  readonly deviceId?: string;
}

export interface VerifyResponseJson {
  readonly session?: SessionJson;
  readonly results?: readonly { readonly channel?: string; readonly result?: string }[];
  /** The proof, once the session is approved. */
  readonly verificationToken?: string;
  readonly tokenExpiresAt?: Time;
}

export interface ResendRequestJson {
  /** `CHANNEL_SMS` and so on. Default: all that are not verified. */
  readonly channels?: readonly string[];
  readonly requestId?: string;
  readonly deviceId?: string;
}

export interface ResendResponseJson {
  readonly session?: SessionJson;
  readonly sandboxCodes?: Readonly<Record<string, string>>;
}
