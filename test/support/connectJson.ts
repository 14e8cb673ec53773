/** A response over Connect with JSON: the message, or the error with its google.rpc details read. */
export interface JsonResponse {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of the contract.
  readonly body: any;
  readonly reason: string | undefined;
  /** Fields named in BadRequest. */
  readonly fields: readonly string[];
}

/** Calls methods over Connect with JSON, as curl does: `call('otp.v1.OtpService/Send', {…})`. */
export function connectJson(baseUrl: string, credential?: string) {
  return async (
    method: string,
    message: unknown,
    headers: Record<string, string> = {},
  ): Promise<JsonResponse> => {
    const response = await fetch(`${baseUrl}/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
        ...headers,
      },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    });
    const body = await response.json();
    const detail = (type: string) =>
      (body.details ?? []).find((one: { type: string }) => one.type === type)?.debug as
        | Record<string, unknown>
        | undefined;
    const violations = (detail('google.rpc.BadRequest')?.fieldViolations ?? []) as { field: string }[];
    return {
      status: response.status,
      headers: response.headers,
      body,
      reason: detail('google.rpc.ErrorInfo')?.reason as string | undefined,
      fields: violations.map(({ field }) => field),
    };
  };
}
