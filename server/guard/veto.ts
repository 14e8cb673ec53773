import type { ChannelName } from '../domain/channels.js';
import { readExactJson, stringifyExact, verbatim } from '../domain/exactJson.js';
import { NoResponse, type Outbound, type OutboundResponse } from '../outbound/outbound.js';
import type { Clock } from '../platform/clock.js';
import { withTimeLimit } from '../platform/timeLimit.js';
import { signWebhook } from '../secrets/tokens/standardWebhooks.js';

/** The most of a response that is read. */
export const RESPONSE_BYTES = 16_384;
/** The most of a reason that is kept, characters. */
export const REASON_CHARACTERS = 200;

/** What a backend is asked about. */
export interface Question {
  readonly workspace: string;
  readonly client: string;
  readonly sessionId: string;
  readonly resend: boolean;
  readonly purpose: string;
  /** JSON text of an object. */
  readonly metadata: string;
  readonly recipients: readonly {
    readonly channel: ChannelName;
    readonly masked: string;
    readonly country: string;
  }[];
}

/** Whom to ask, how the question is signed, how long to wait. */
export interface Backend {
  readonly url: string;
  /** "whsec_" and base64. */
  readonly secret: string;
  readonly timeoutMs: number;
}

/** The result of asking. `detail`: the backend's reason, or why there was no response. */
export type VetoDecision =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly detail: string }
  | { readonly kind: 'unanswered'; readonly detail: string };

/**
 * Asks a workspace's backend whether a message may be sent. Rejects only with the
 * reason of a caller that left: no one waits for its message any more.
 */
export type AskVeto = (backend: Backend, question: Question, caller: AbortSignal) => Promise<VetoDecision>;

export function createAskVeto(outbound: Outbound, newId: () => string, clock: Clock): AskVeto {
  return async ({ url, secret, timeoutMs }, question, caller) => {
    const body = questionBody(question);
    const headers = {
      'content-type': 'application/json',
      ...signWebhook([secret], newId(), body, clock.now()),
    };
    try {
      const response = await withTimeLimit(clock, timeoutMs, (limit) =>
        outbound.post({
          url,
          body,
          headers,
          signal: AbortSignal.any([limit, caller]),
          maxBytes: RESPONSE_BYTES,
        }),
      );
      return read(response);
    } catch (thrown) {
      caller.throwIfAborted();
      if (!(thrown instanceof NoResponse)) throw thrown;
      return { kind: 'unanswered', detail: thrown.error };
    }
  };
}

/** The body of a question: addresses masked. */
export const questionBody = (question: Question): string => {
  const { workspace, client, sessionId, resend, purpose, metadata, recipients } = question;
  return stringifyExact({
    type: 'send.check',
    workspace,
    client,
    session_id: sessionId,
    resend,
    purpose,
    metadata: verbatim(readExactJson(metadata)),
    recipients: recipients.map(({ channel, masked, country }) => ({ channel, recipient: masked, country })),
  });
};

/** Only a plain yes is a yes. */
function read({ status, body }: OutboundResponse): VetoDecision {
  if (status !== 200) return { kind: 'unanswered', detail: `HTTP_${status}` };
  const { allow, reason } = parsed(body);
  if (allow === true) return { kind: 'allowed' };
  if (allow !== false) return { kind: 'unanswered', detail: 'NOT_UNDERSTOOD' };
  return { kind: 'denied', detail: typeof reason === 'string' ? shortened(reason) : '' };
}

function parsed(text: string): { readonly allow?: unknown; readonly reason?: unknown } {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Without half characters, which no store and no wire takes. */
const shortened = (text: string): string => text.toWellFormed().slice(0, REASON_CHARACTERS).toWellFormed();
