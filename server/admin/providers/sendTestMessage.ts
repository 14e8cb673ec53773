import { create } from '@bufbuild/protobuf';
import type { SendTestMessageRequest } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import {
  CancelSessionRequestSchema,
  type OtpService,
  SendRequestSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import type { Call, Handler } from '../../call/call.js';
import type { ChannelName } from '../../domain/channels.js';
import { parseId } from '../../domain/ids.js';
import type { SessionHub } from '../../otp/watch/hub.js';
import type { Clock } from '../../platform/clock.js';
import { SECOND_MS } from '../../platform/durations.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';
import { namedRecipient } from '../shared/recipient.js';

/** How much longer than its request may take a provider is waited for: the message may have to wait, and its outcome is stored. */
const MORE_MS = 2 * SECOND_MS;
/** What sessions of test messages are for: lists can be filtered by it. */
export const TEST_PURPOSE = 'test-message';

export interface SendTestDeps {
  readonly sessions: Collection<StoredSession>;
  readonly send: Handler<typeof OtpService.method.send>;
  readonly cancel: Handler<typeof OtpService.method.cancelSession>;
  readonly hub: SessionHub;
  readonly clock: Clock;
}

/** Where a test message goes. */
export interface TestTarget {
  readonly workspace: string;
  readonly channel: ChannelName;
  readonly provider: string | undefined;
  /** How long the request to a provider may take at most. */
  readonly timeoutMs: number;
}

/**
 * Sends as any Send does, so that its rules, limits and prices hold, and cancels
 * the session once the provider has responded. Returns it as it is then: a message
 * that would have been tried again is not sent.
 */
export function createSendTest({ sessions, send, cancel, hub, clock }: SendTestDeps) {
  return async (
    call: Call,
    request: SendTestMessageRequest,
    { workspace, channel, provider, timeoutMs }: TestTarget,
  ): Promise<StoredSession> => {
    const { address } = namedRecipient(request.recipient);
    const inWorkspace: Call = {
      ...call,
      principal: { ...call.principal, workspace },
      ...(provider !== undefined && { onlyProvider: provider }),
    };
    const { session } = await send(
      inWorkspace,
      create(SendRequestSchema, {
        recipients: { [channel]: address },
        purpose: TEST_PURPOSE,
        locale: request.locale,
        senderId: request.senderId,
        requestId: request.requestId,
      }),
    );
    const _id = `${workspace}/${parseId(session!.id!)!}`;
    const sent = await attempted(_id, { channel, waitMs: timeoutMs + MORE_MS, signal: call.signal });
    if (sent.status !== 'PENDING') return sent;
    await cancel(inWorkspace, create(CancelSessionRequestSchema, { sessionId: session!.id! }));
    return (await sessions.findOne({ _id }))!;
  };

  /** The session once a provider has responded, or as it is when that takes too long. */
  async function attempted(
    _id: string,
    wait: { readonly channel: ChannelName; readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<StoredSession> {
    const { channel, waitMs, signal } = wait;
    const isDecided = ({ channels, attempts = [] }: StoredSession) =>
      channels[channel]?.delivery.state !== 'QUEUED' || attempts.length > 0;
    const undo: (() => void)[] = [];
    const decided = new Promise<void>((resolve) => {
      const leave = () => resolve();
      undo.push(
        hub.subscribe(_id, (session) => isDecided(session) && resolve()),
        clock.after(waitMs, resolve),
        () => signal.removeEventListener('abort', leave),
      );
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      const found = (await sessions.findOne({ _id }))!;
      if (isDecided(found)) return found;
      await decided;
      return (await sessions.findOne({ _id }))!;
    } finally {
      for (const step of undo) step();
    }
  }
}
