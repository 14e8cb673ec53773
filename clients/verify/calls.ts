import type { ErrorFacts, SessionJson } from './shapes.js';

/** A call that was refused, with the reason of the contract. */
export class Refused extends Error {
  readonly reason: string;
  readonly attemptsLeft: number | undefined;

  constructor(reason: string, attemptsLeft: number | undefined) {
    super(reason);
    this.reason = reason;
    this.attemptsLeft = attemptsLeft;
  }
}

/** What the page calls, with its session token. */
export interface Calls {
  call<T>(method: string, request: object): Promise<T>;
  /** Passes every state of the session on, until it has ended. Resumes a stream that ends early. */
  watch(seen: (session: SessionJson) => boolean): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const PAUSE_MS = 3_000;

/** Connect's JSON by fetch, because a client library is ten times as large as this page. */
export function createCalls(base: string, token: string): Calls {
  const post = (path: string, type: string, body: BodyInit, signal?: AbortSignal) =>
    fetch(`${base}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': type, 'connect-protocol-version': '1' },
      body,
      ...(signal && { signal }),
    });
  return {
    async call(method, request) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await post(method, 'application/json', JSON.stringify(request), signal);
      const body = await response.json();
      if (response.ok) return body;
      const facts = ((body.details ?? []) as { debug?: ErrorFacts }[])
        .map(({ debug }) => debug)
        .find((debug) => debug?.reason);
      const left = facts?.metadata?.attempts_remaining;
      throw new Refused(facts?.reason ?? 'trouble', left === undefined ? undefined : Number(left));
    },
    async watch(seen) {
      for (;;) {
        try {
          const response = await post(
            'otp.v1.OtpService/WatchSession',
            'application/connect+json',
            enveloped('{}'),
          );
          if (!response.ok || !response.body) return;
          if (await readSessions(response.body, seen)) return;
        } catch {
          // The connection was lost.
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    },
  };
}

/** One message of a Connect stream: a byte of flags, its length, the message. */
function enveloped(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const framed = new Uint8Array(5 + bytes.length);
  new DataView(framed.buffer).setUint32(1, bytes.length);
  framed.set(bytes, 5);
  return framed;
}

/** Reads messages until `seen` says that the session has ended, then true. */
async function readSessions(
  body: ReadableStream<Uint8Array>,
  seen: (session: SessionJson) => boolean,
): Promise<boolean> {
  const reader = body.getReader();
  let rest = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    const joined = new Uint8Array(rest.length + value.length);
    joined.set(rest);
    joined.set(value, rest.length);
    rest = joined;
    while (rest.length >= 5) {
      const end = 5 + new DataView(rest.buffer, rest.byteOffset).getUint32(1);
      if (rest.length < end) break;
      const { session } = JSON.parse(new TextDecoder().decode(rest.subarray(5, end)));
      if (rest[0] === 0 && session && seen(session)) {
        await reader.cancel();
        return true;
      }
      rest = rest.slice(end);
    }
  }
}
