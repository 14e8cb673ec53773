import { CHANNELS } from '../../../domain/channels.js';
import type { Provider } from '../../provider.js';
import type { VendorDeps } from '../vendor.js';
import { type Chaos, createChaos } from './chaos.js';
import { createInboxMessages, type InboxMessages } from './messages.js';
import { refusal } from './refusal.js';

/**
 * The development inbox: keeps messages in the store instead of sending them,
 * for a developer to read, and simulates faults of vendors on demand.
 */
export interface Inbox extends Provider {
  readonly messages: InboxMessages;
  readonly chaos: Chaos;
}

interface Deps extends VendorDeps {
  /** Shown as `from` where the workspace has no sender of its own. */
  readonly from: string;
}

export function createInbox(deps: Deps): Inbox {
  const messages = createInboxMessages(deps);
  const chaos = createChaos(deps);
  return {
    name: 'inbox',
    channels: CHANNELS,
    timeoutMs: 10_000,
    messages,
    chaos,
    async send(message, signal) {
      if (signal.aborted) return { kind: 'retry', error: 'TIMEOUT' };
      const fault = await chaos.draw(message.channel);
      if (fault.kind === 'refuse') return refusal(fault.vendorCode, message);
      const id = deps.newId();
      if (fault.kind !== 'drop') {
        await messages.add(id, message, {
          from: deps.from,
          delayMs: fault.kind === 'delay' ? fault.delayMs : 0,
        });
      }
      return { kind: 'accepted', vendorId: id };
    },
    async close() {},
  };
}
