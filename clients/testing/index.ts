import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { type InboxMessage, InboxService } from '../../gen/otp/admin/v1/inbox_service_pb.js';
import { Channel } from '../../gen/otp/v1/session_pb.js';
import { bearing } from '../calling/credential.js';
import { reaching } from '../calling/reaching.js';
import { readError } from '../errors/index.js';

/** The longest that one call waits; the service allows no more. */
const WAIT_MS = 20_000;
const DEFAULT_TIMEOUT_MS = 10_000;

const CHANNELS = { email: Channel.EMAIL, sms: Channel.SMS, whatsapp: Channel.WHATSAPP } as const;

/** The inbox of a service in development. */
export interface InboxOptions {
  /** `http://` or `https://`, host and port. */
  readonly baseUrl: string;
  /** The inbox token: OTP_INBOX_TOKEN of the service, or what its start prints. */
  readonly inboxToken: string;
}

/** Which code, and how long to wait for it. */
export interface CodeOptions {
  /** Default: any. */
  readonly channel?: keyof typeof CHANNELS;
  /** Only a code that arrived later, by the clock of the service: `receivedAt` of another one. */
  readonly after?: Date;
  /** Milliseconds to wait. Default 10 s. */
  readonly timeoutMs?: number;
}

/** A code, and the message it is in. */
export interface ReceivedCode {
  readonly code: string;
  readonly receivedAt: Date;
  readonly message: InboxMessage;
}

/** What end-to-end tests read. */
export interface TestInbox {
  /** The newest code for an e-mail address or phone number; waits for one if there is none. Rejects with an Error that says why. */
  lastCode(recipient: string, options?: CodeOptions): Promise<string>;
  /** The same, with its message. */
  lastMessage(recipient: string, options?: CodeOptions): Promise<ReceivedCode>;
  /** Deletes the messages to a recipient, so that the next code is a new one; without a recipient all. Returns how many. */
  clear(recipient?: string): Promise<number>;
}

/** The inbox that a product's end-to-end tests read codes from, in Playwright, Vitest or any other runner. */
export function createTestInbox({ baseUrl, inboxToken }: InboxOptions): TestInbox {
  const interceptors = [reaching, bearing(inboxToken)];
  const client = createClient(InboxService, createConnectTransport({ baseUrl, interceptors }));

  async function lastMessage(recipient: string, options: CodeOptions = {}): Promise<ReceivedCode> {
    const { channel, after, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const until = performance.now() + timeoutMs;
    for (;;) {
      const leftMs = Math.max(0, until - performance.now());
      const waitMs = Math.min(leftMs, WAIT_MS);
      try {
        const { code, message } = await client.getLastCode({
          recipient,
          ...(channel && { channel: CHANNELS[channel] }),
          ...(after && { after: timestampFromDate(after) }),
          wait: { seconds: BigInt(Math.floor(waitMs / 1000)), nanos: Math.floor(waitMs % 1000) * 1_000_000 },
        });
        return { code, receivedAt: timestampDate(message!.at!), message: message! };
      } catch (thrown) {
        const isMissing = readError(thrown).reason === 'NOT_FOUND';
        if (isMissing && leftMs > waitMs) continue;
        throw isMissing
          ? new Error(`No code for ${recipient} arrived within ${timeoutMs} ms.`, { cause: thrown })
          : explained(thrown, baseUrl);
      }
    }
  }

  return {
    lastMessage,
    lastCode: async (recipient, options) => (await lastMessage(recipient, options)).code,
    async clear(recipient = '') {
      const { deleted } = await client.deleteInboxMessages({ recipient }).catch((thrown) => {
        throw explained(thrown, baseUrl);
      });
      return deleted;
    },
  };
}

/** What a developer can do about it. */
function explained(thrown: unknown, baseUrl: string): Error {
  const { reason, code, message, violations } = readError(thrown);
  const faults = violations.map(({ field, description }) => ` ${field} ${description}.`).join('');
  const words =
    reason === 'UNAUTHENTICATED' || reason === 'PERMISSION_DENIED'
      ? `${baseUrl} has an inbox with another token.`
      : code === Code.Unimplemented
        ? `${baseUrl} has no inbox: it exists in development only.`
        : `${baseUrl}: ${message}${faults}`;
  return new Error(words, { cause: thrown });
}
