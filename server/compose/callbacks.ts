import type { Config } from '../config/config.js';
import { createTakeReports } from '../delivery/reports.js';
import { deliveryWebhookCallbacks } from '../gateway/callbacks/deliveryWebhook.js';
import { callbackRoutes } from '../gateway/callbacks/index.js';
import { twilioCallbacks } from '../gateway/callbacks/twilio.js';
import type { CallbackVendor } from '../gateway/callbacks/vendor.js';
import { vonageCallbacks } from '../gateway/callbacks/vonage.js';
import { whatsappCallbacks } from '../gateway/callbacks/whatsapp.js';
import type { ExactRoute } from '../http/router.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Clock } from '../platform/clock.js';
import type { StoredSession } from '../session/stored.js';
import type { Documents } from '../store/documents.js';
import type { Queues } from './queues.js';

interface Parts {
  readonly config: Config;
  readonly documents: Documents;
  readonly queues: Pick<Queues, 'outbox' | 'events'>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'deliveryReports'>;
  readonly log: Logger;
}

/** The addresses at which vendors report; see compose/providers.ts for those who are asked to. */
export function composeCallbacks(parts: Parts): ExactRoute[] {
  const { config, documents, queues, clock } = parts;
  const take = createTakeReports({
    ...parts,
    sessions: documents.collection<StoredSession>('sessions'),
    changed(session) {
      // A channel may have waited for this one to fail; and there are refunds and those who subscribed.
      if (session.deliverAt) queues.outbox.offer(session);
      if (session.eventsAt) queues.events.offer(session);
    },
  });
  return callbackRoutes(reporting(config, clock), take);
}

/** Vendors that are in use and can be told from whoever pretends to be one. The others have no address here. */
function reporting(config: Config, clock: Clock): CallbackVendor[] {
  const { publicUrl, twilioAccountSid, twilioAuthToken, vonageApiKey, vonageSignatureSecret } = config;
  const { whatsappAccessToken, whatsappAppSecret, whatsappVerifyToken } = config;
  const { deliveryWebhookUrl, deliveryWebhookSecret } = config;
  return [
    publicUrl &&
      twilioAccountSid &&
      twilioAuthToken &&
      twilioCallbacks({ authToken: twilioAuthToken, publicUrl }),
    publicUrl && vonageApiKey && vonageSignatureSecret && vonageCallbacks(vonageSignatureSecret, clock),
    whatsappAccessToken &&
      whatsappAppSecret &&
      whatsappCallbacks({ appSecret: whatsappAppSecret, verifyToken: whatsappVerifyToken }),
    deliveryWebhookUrl && deliveryWebhookSecret && deliveryWebhookCallbacks(deliveryWebhookSecret, clock),
  ].filter((vendor) => vendor !== undefined && vendor !== '');
}
