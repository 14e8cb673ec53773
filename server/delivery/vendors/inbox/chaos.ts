import type { ChannelName } from '../../../domain/channels.js';
import type { Clock } from '../../../platform/clock.js';
import { SECOND_MS } from '../../../platform/durations.js';
import type { Random } from '../../../platform/random.js';
import type { Document, Documents } from '../../../store/documents.js';
import { insertOnce } from '../../../store/insertOnce.js';

/** Changes take effect in every process within this time. */
const FRESH_MS = SECOND_MS;
const ID = 'chaos';

/** Faults of one channel: each probability is a percentage, and together they are at most 100. */
export interface ChannelFaults {
  readonly channel: ChannelName;
  readonly refusePercent: number;
  /** The vendor's code of a refusal; empty: a temporary failure. */
  readonly vendorCode: string;
  readonly dropPercent: number;
  readonly delayPercent: number;
  readonly delayMs: number;
}

/** What happens to one message. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refuse'; readonly vendorCode: string }
  | { readonly kind: 'drop' }
  | { readonly kind: 'delay'; readonly delayMs: number };

/** The faults that the inbox simulates, in the store, so that all processes obey. */
export interface Chaos {
  /** As they are stored now. */
  read(): Promise<readonly ChannelFaults[]>;
  replace(channels: readonly ChannelFaults[]): Promise<void>;
  /** Draws what happens to a message of the channel. */
  draw(channel: ChannelName): Promise<Fault>;
}

interface StoredChaos extends Document {
  readonly channels: readonly ChannelFaults[];
}

interface Deps {
  readonly documents: Documents;
  readonly random: Random;
  readonly clock: Clock;
}

export function createChaos({ documents, random, clock }: Deps): Chaos {
  const stored = documents.collection<StoredChaos>('inboxChaos');
  let known: { readonly channels: readonly ChannelFaults[]; readonly until: number } | undefined;
  const keep = (channels: readonly ChannelFaults[]) => {
    known = { channels, until: clock.monotonic() + FRESH_MS };
    return channels;
  };

  async function read(): Promise<readonly ChannelFaults[]> {
    const found = await stored.findOne({ _id: ID });
    return keep(found?.channels ?? []);
  }

  return {
    read,
    async replace(channels) {
      const change = () => stored.findOneAndUpdate({ _id: ID }, { $set: { channels } });
      if (!(await change()) && !(await insertOnce(stored, { _id: ID, channels }))) await change();
      keep(channels);
    },
    async draw(channel) {
      const current = known && known.until > clock.monotonic() ? known.channels : await read();
      const faults = current.find((one) => one.channel === channel);
      return faults ? faultOf(faults, random.int(100)) : { kind: 'none' };
    },
  };
}

/** The fault at one of a hundred equally likely places. */
function faultOf(faults: ChannelFaults, place: number): Fault {
  const { refusePercent, dropPercent, delayPercent, vendorCode, delayMs } = faults;
  if (place < refusePercent) return { kind: 'refuse', vendorCode };
  if (place < refusePercent + dropPercent) return { kind: 'drop' };
  if (place < refusePercent + dropPercent + delayPercent) return { kind: 'delay', delayMs };
  return { kind: 'none' };
}
