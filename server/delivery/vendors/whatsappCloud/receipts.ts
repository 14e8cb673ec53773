import { createHmac } from 'node:crypto';
import { parseObject } from '../../../http/body.js';
import { LIMITS } from '../../../http/limits.js';
import { isSameSecret } from '../../../secrets/isSameSecret.js';
import type { Report } from '../../reports.js';
import { DELIVERED, failedBy, headerOf, type ReceiptReader } from '../receipts.js';
import { whatsappMeaning } from './errors.js';
import { whatsappId } from './send.js';

/** A number, as Meta sends it; a longer text returned to a caller could be anyone's content under our name. */
const CHALLENGE = /^[\w-]{1,128}$/;

interface Secrets {
  readonly appSecret: string;
  /** Undefined: the URL cannot be registered; one that is registered stays in use. */
  readonly verifyToken: string | undefined;
}

/**
 * Webhooks of the WhatsApp Business Platform: a batch of everything an app has
 * subscribed to, of which the statuses of messages are read
 * (https://developers.facebook.com/docs/graph-api/webhooks/getting-started). The
 * signature covers the body and has no time: a replay is harmless because a
 * report counts once.
 */
export function whatsappReceipts({ appSecret, verifyToken }: Secrets): ReceiptReader {
  return {
    mediaType: 'application/json',
    bodyBytes: LIMITS.batchBytes.default,
    isSigned(request) {
      const expected = createHmac('sha256', appSecret).update(request.body).digest('hex');
      return isSameSecret(headerOf(request, 'x-hub-signature-256'), `sha256=${expected}`);
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
  const end = endOf(status, listOf(errors)[0]);
  return typeof id === 'string' && end ? [{ provider: 'whatsapp-cloud', vendorId: whatsappId(id), end }] : [];
}

function endOf(status: unknown, error: Fields = {}): Report['end'] | undefined {
  if (status === 'delivered' || status === 'read') return DELIVERED;
  if (status !== 'failed') return undefined;
  const { code, title, message } = error;
  const text = message ?? title;
  return failedBy(
    whatsappMeaning(code),
    typeof code === 'number' ? code : undefined,
    typeof text === 'string' ? text : undefined,
  );
}
