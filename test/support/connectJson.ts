/** An answer over Connect with JSON: the message, or the error with its google.rpc details read. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the contract says is there.
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
  ): Promise<JsonAnswer> => {
    const answer = await fetch(`${baseUrl}/${method}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential && { authorization: `Bearer ${credential}` }),
        ...headers,
      },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    });
    const body = await answer.json();
    const detail = (type: string) =>
      (body.details ?? []).find((one: { type: string }) => one.type === type)?.debug as
        | Record<string, unknown>
        | undefined;
    const violations = (detail('google.rpc.BadRequest')?.fieldViolations ?? []) as { field: string }[];
    return {
      status: answer.status,
      headers: answer.headers,
      body,
      reason: detail('google.rpc.ErrorInfo')?.reason as string | undefined,
      fields: violations.map(({ field }) => field),
    };
  };
}
