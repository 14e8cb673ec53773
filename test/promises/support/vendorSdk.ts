/**
 * The vendor's own client for Node as far as its types and README describe it:
 * the same calls, the same fields read, the same way to fail. A program that
 * uses it, with nothing but the base address changed, must work.
 */
export type Channel = 'email' | 'sms' | 'whatsapp';
type PerChannel<T> = Partial<Record<Channel, T>>;

export interface SendOtpParams {
  readonly channels: readonly Channel[];
  readonly recipients: PerChannel<string>;
  readonly config?: {
    readonly otp_length?: number;
    readonly expiry_minutes?: number;
    readonly max_attempts?: number;
  };
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly add_contact?: boolean;
  readonly sandbox_mode?: boolean;
}

export interface SendOtpResponse {
  readonly success: boolean;
  readonly data: {
    readonly session_id: string;
    readonly expires_at: string;
    readonly channels: readonly Channel[];
    readonly recipients: PerChannel<string>;
    readonly otps?: PerChannel<string>;
  };
}

export interface VerifyOtpParams {
  readonly session_token: string;
  readonly otps: PerChannel<string>;
}

export interface VerifyOtpResponse {
  readonly success: boolean;
  readonly data: {
    readonly verified: boolean;
    readonly verification_results: PerChannel<{ readonly success: boolean; readonly message: string }>;
  };
}

/** What its calls reject with. */
export class SdkError extends Error {
  readonly statusCode: number;
  readonly code: string | undefined;
  readonly details: unknown;

  constructor(statusCode: number, { message, error, code, details }: Readonly<Record<string, unknown>>) {
    super(String(message ?? error));
    this.statusCode = statusCode;
    this.code = code as string | undefined;
    this.details = details;
  }
}

interface SdkOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly teamId?: string;
}

export class VendorSdk {
  readonly #options: SdkOptions;

  constructor(options: SdkOptions) {
    if (!options.apiKey.startsWith('sk_')) throw new Error('Invalid API key: it must begin with sk_');
    this.#options = options;
  }

  readonly otp = {
    send: (params: SendOtpParams) => this.#post<SendOtpResponse>('/v1/otp/send', params),
    verify: (params: VerifyOtpParams) => this.#post<VerifyOtpResponse>('/v1/otp/verify', params),
    resend: (params: { readonly session_token: string }) =>
      this.#post<SendOtpResponse>('/v1/otp/resend', params),
  };

  async #post<T>(path: string, body: unknown): Promise<T> {
    const { apiKey, baseUrl, teamId } = this.#options;
    const response = await fetch(`${baseUrl}/api${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-API-Key': apiKey,
        ...(teamId && { 'X-Team-ID': teamId }),
      },
      body: JSON.stringify(body),
    });
    const json = await response.json();
    if (response.ok) return json as T;
    throw new SdkError(response.status, json as Record<string, unknown>);
  }
}
