import type { Provider } from '../../../../../server/delivery/provider.js';
import { isWithin } from '../../../../../server/delivery/vendors/limits.js';
import { postToVendor, type VendorProtocol } from '../../../../../server/delivery/vendors/vendorRequest.js';
import type { Clock } from '../../../../../server/platform/clock.js';
import { EXAMPLE_ERRORS } from './errors.js';
import { EXAMPLE_LIMITS, EXAMPLE_SENDERS } from './limits.js';
import type { ExampleSettings } from './settings.js';

interface Deps {
  readonly clock: Clock;
  readonly callbackUrl: string | undefined;
}

export function createExampleSms(settings: ExampleSettings, { clock, callbackUrl }: Deps): Provider {
  const { url, apiKey } = settings;
  return {
    name: 'example-sms',
    channels: ['sms'],
    timeoutMs: 10_000,
    reports: callbackUrl !== undefined,
    async send(message, signal) {
      const from = message.from ?? settings.from;
      if (!EXAMPLE_SENDERS.pattern.test(from) || !isWithin(message, EXAMPLE_LIMITS))
        return { kind: 'failed', error: 'REFUSED' };
      const request = {
        url: `${url}/messages`,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ to: message.to, from, text: message.text, callback: callbackUrl }),
      };
      return postToVendor(request, { protocol, message, signal, clock });
    },
    async close() {},
  };
}

const protocol: VendorProtocol = {
  acceptedId: ({ json }) => json?.id,
  meaningOf: ({ json }) => EXAMPLE_ERRORS.meaningOf(json?.error),
};
