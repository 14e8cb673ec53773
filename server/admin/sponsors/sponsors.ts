import { CHANNELS, type ChannelName } from '../../domain/channels.js';
import { type Recipient, readRecipient } from '../../domain/recipients.js';
import { requirementsOf } from '../../domain/sponsorRules.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { StoredOperation } from '../../session/stored.js';
import type { Documents } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';
import {
  addressPlace,
  beneficiaryKey,
  isKeyPart,
  type StoredBeneficiary,
  type StoredSponsor,
  sponsorKey,
} from './stored.js';

/** Who asks for a beneficiary's addresses, and what for. */
export interface Resolving {
  readonly workspace: string;
  /** The API key that asks. */
  readonly client: string;
  readonly sponsorSlug: string;
  readonly beneficiaryId: string;
  /**
   * The channels asked for. Default: SMS where the sponsor supports it, else the
   * first channel it supports; one channel, even where more addresses are on file.
   */
  readonly channels: readonly ChannelName[] | 'default';
  /** Without one only the sponsor's general ban on OTPs is looked at. */
  readonly operation?: Pick<StoredOperation, 'type' | 'productType'> | undefined;
}

/** What sponsors allow, and whom they have on file. */
export interface Sponsors {
  /**
   * The addresses on file of a beneficiary, in channel order. Throws
   * OTP_NOT_ALLOWED, one and the same whether the sponsor, the beneficiary, the
   * client or the rule is at fault; CHANNEL_NOT_SUPPORTED and NO_ADDRESS_ON_FILE
   * naming the channel.
   */
  resolve(resolving: Resolving): Promise<{ readonly recipients: readonly Recipient[] }>;
  /** The sponsor, if the client may ask for it. Throws OTP_NOT_ALLOWED. */
  open(workspace: string, client: string, slug: string): Promise<StoredSponsor>;
  /** Throws OTP_NOT_ALLOWED where the sponsor, or no sponsor of that name, allows an OTP at the operation. */
  requireAllowed(workspace: string, slug: string, operation: Subject): Promise<void>;
  /** Reads the sponsor again the next time, after this process changed it. */
  forget(workspace: string, slug: string): void;
}

/** The order in which a channel is chosen where none was asked for (document A: SMS is the default). */
const PREFERRED: readonly ChannelName[] = ['sms', 'email', 'whatsapp'];

export function createSponsors(documents: Documents, encryption: Encryption, clock: Clock): Sponsors {
  const sponsors = documents.collection<StoredSponsor>('sponsors');
  const beneficiaries = documents.collection<StoredBeneficiary>('beneficiaries');
  const cached = createTtlCache((_id) => sponsors.findOne({ _id, deletingAt: null }), clock);

  const find = (workspace: string, slug: string) =>
    isKeyPart(slug) ? cached.get(sponsorKey(workspace, slug)) : Promise.resolve(null);

  async function open(workspace: string, client: string, slug: string): Promise<StoredSponsor> {
    const sponsor = await find(workspace, slug);
    const listed = sponsor && (sponsor.clients.length === 0 || sponsor.clients.includes(client));
    if (!listed) throw new Failure('OTP_NOT_ALLOWED');
    return sponsor;
  }

  return {
    open,
    async requireAllowed(workspace, slug, operation) {
      const sponsor = await find(workspace, slug);
      if (!sponsor || forbids(sponsor, operation)) throw new Failure('OTP_NOT_ALLOWED');
    },
    forget: (workspace, slug) => cached.forget(sponsorKey(workspace, slug)),
    async resolve({ workspace, client, sponsorSlug, beneficiaryId, channels, operation }) {
      const sponsor = await open(workspace, client, sponsorSlug);
      if (operation ? forbids(sponsor, operation) : sponsor.otpForbidden)
        throw new Failure('OTP_NOT_ALLOWED');
      const chosen = choose(sponsor, channels);
      const _id = beneficiaryKey(workspace, sponsorSlug, beneficiaryId);
      const onFile = isKeyPart(beneficiaryId) ? await beneficiaries.findOne({ _id }) : null;
      if (!onFile) throw new Failure('OTP_NOT_ALLOWED');
      return { recipients: chosen.map((asked) => recipientOf(onFile, asked)) };
    },
  };

  function recipientOf(onFile: StoredBeneficiary, { channel, field }: Chosen): Recipient {
    const kind = channel === 'email' ? 'email' : 'phone';
    const sealed = onFile[kind]?.sealed;
    if (sealed === undefined) {
      throw new Failure('NO_ADDRESS_ON_FILE', {
        channel,
        violations: [{ field, description: 'is a channel for which the beneficiary has no address on file' }],
      });
    }
    const recipient = readRecipient(channel, encryption.open(addressPlace(onFile._id, kind), sealed));
    if (!recipient) throw new Error(`the ${kind} on file is no recipient`);
    return recipient;
  }
}

type Rules = Pick<StoredSponsor, 'otpForbidden' | 'rules'>;
type Subject = Pick<StoredOperation, 'type' | 'productType'>;

/** Whether a sponsor allows no OTP at an operation. Where the product is not known, the strictest rule holds. */
const forbids = ({ otpForbidden, rules }: Rules, operation: Subject): boolean =>
  otpForbidden || requirementsOf(rules, operation).has('FORBIDDEN');

/** Whether a sponsor requires an OTP at an operation. Where the product is not known, the strictest rule holds. */
export const requires = ({ otpForbidden, rules }: Rules, operation: Subject): boolean =>
  !otpForbidden && requirementsOf(rules, operation).has('REQUIRED');

/** A channel and the field of the request that asked for it. */
interface Chosen {
  readonly channel: ChannelName;
  readonly field: string;
}

function choose(sponsor: StoredSponsor, asked: Resolving['channels']): Chosen[] {
  if (asked === 'default') {
    const channel = PREFERRED.find((name) => sponsor.channels.includes(name));
    return channel ? [{ channel, field: 'channels' }] : [];
  }
  asked.forEach((channel, index) => {
    if (sponsor.channels.includes(channel)) return;
    throw new Failure('CHANNEL_NOT_SUPPORTED', {
      channel,
      violations: [{ field: `channels[${index}]`, description: 'is not supported by the sponsor' }],
    });
  });
  return CHANNELS.filter((name) => asked.includes(name)).map((channel) => ({
    channel,
    field: `channels[${asked.indexOf(channel)}]`,
  }));
}
