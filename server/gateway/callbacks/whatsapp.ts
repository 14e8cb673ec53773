import { createHmac } from 'node:crypto';
import { whatsappId, whatsappVerdict } from '../../delivery/providers/whatsappCloud.js';
import type { Report } from '../../delivery/reports.js';
import { parseObject } from '../../http/body.js';
import { LIMITS } from '../../http/limits.js';
import { isSameSecret } from '../../secrets/isSameSecret.js';
import { type CallbackVendor, DELIVERED, failedBy, headerOf } from './vendor.js';

/** A number, as Meta sends it; whatever else would be given back may be anybody's words under our name. */
const CHALLENGE = /^[\w-]{1,128}$/;

interface Settings {
  readonly appSecret: string;
  /** Undefined: the address cannot be registered, only go on being used. */
  readonly verifyToken: string | undefined;
}

/**
 * Webhooks of the WhatsApp Business Platform: a batch of everything an app has
 * subscribed to, of which the statuses of messages are read
 * (https://developers.facebook.com/docs/graph-api/webhooks/getting-started). The
 * signature is over the body and knows no time: what keeps a replay harmless is
 * that a report counts once.
 */
export function whatsappCallbacks({ appSecret, verifyToken }: Settings): CallbackVendor {
  return {
    name: 'whatsapp',
    mediaType: 'application/json',
    bodyBytes: LIMITS.batchBytes.default,
    isSigned(callback) {
      const expected = createHmac('sha256', appSecret).update(callback.body).digest('hex');
      return isSameSecret(headerOf(callback, 'x-hub-signature-256'), `sha256=${expected}`);
    },
    readReports({ body }) {
      return listOf(parseObject(body).entry)
        .flatMap(({ changes }) => listOf(changes))
        .flatMap(({ value }) => listOf((value as { readonly statuses?: unknown } | undefined)?.statuses))
        .flatMap(reportOf);
    },
    ...(verifyToken !== undefined && {
      shakeHands(query) {
        const challenge = query.get('hub.challenge') ?? '';
        const isOurs = isSameSecret(query.get('hub.verify_token') ?? '', verifyToken);
        return isOurs && query.get('hub.mode') === 'subscribe' && CHALLENGE.test(challenge)
          ? challenge
          : undefined;
      },
    }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const listOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];

function reportOf({ id, status, errors }: Fields): Report[] {
  const end = endOf(status, listOf(errors)[0]?.code);
  return typeof id === 'string' && end ? [{ provider: 'whatsapp-cloud', vendorId: whatsappId(id), end }] : [];
}

function endOf(status: unknown, code: unknown): Report['end'] | undefined {
  if (status === 'delivered' || status === 'read') return DELIVERED;
  return status === 'failed' ? failedBy(whatsappVerdict(code)) : undefined;
}
