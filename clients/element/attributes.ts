/** Detail of `verified`. The token proves nothing in the browser: redeem it at your backend. */
export interface VerifiedDetail {
  readonly sessionId: string;
  readonly verificationToken: string;
}

/** Detail of `cancelled`: why the person went no further. */
export interface CancelledDetail {
  readonly reason: string;
}

/** Detail of `ended`: how the session ended without a right code. */
export interface EndedDetail {
  readonly status: string;
}

/** Events of `<countersign-otp>` by name. They bubble. */
export interface CountersignOtpEventMap {
  readonly ready: CustomEvent<undefined>;
  readonly verified: CustomEvent<VerifiedDetail>;
  readonly cancelled: CustomEvent<CancelledDetail>;
  readonly ended: CustomEvent<EndedDetail>;
}

/** Attributes of `<countersign-otp>`, and its events as properties of JSX. */
export interface CountersignOtpAttributes {
  /** The URL from CreateVerificationPage, with its fragment. */
  readonly src: string;
  /** The form's field that takes the verification token. */
  readonly name?: string | undefined;
  /** Sends the form once the code is verified. */
  readonly submit?: boolean | undefined;
  /** Said for people who read the page's source: a form is never sent before there is a token. */
  readonly required?: boolean | undefined;
  /** What screen readers call the frame. Default: One-time code. */
  readonly label?: string | undefined;
  readonly onready?: ((event: CountersignOtpEventMap['ready']) => void) | undefined;
  readonly onverified?: ((event: CountersignOtpEventMap['verified']) => void) | undefined;
  readonly oncancelled?: ((event: CountersignOtpEventMap['cancelled']) => void) | undefined;
  readonly onended?: ((event: CountersignOtpEventMap['ended']) => void) | undefined;
}
