import { AwsV4Signer } from 'aws4fetch';
import type { Clock } from '../../../platform/clock.js';
import type { Provider } from '../../provider.js';
import { isWithin } from '../limits.js';
import { postToVendor, type VendorProtocol } from '../vendorRequest.js';
import { SNS_ERRORS } from './errors.js';
import { SNS_LIMITS, SNS_SENDERS } from './limits.js';
import type { SnsSettings } from './settings.js';

const TIMEOUT_MS = 10_000;

/** AWS SNS, action Publish of the query API, directly to a phone number. It sends no delivery receipts. */
export function createSns(settings: SnsSettings, { clock }: { readonly clock: Clock }): Provider {
  const { region, accessKeyId, secretAccessKey } = settings;
  const url = `${settings.url ?? `https://sns.${region}.amazonaws.com`}/`;
  // The signing key of a day costs four hashes.
  const cache = new Map<string, ArrayBuffer>();
  return {
    name: 'sns',
    channels: ['sms'],
    timeoutMs: TIMEOUT_MS,
    async send(message, signal) {
      const attributes = attributesOf(message.from ?? settings.from);
      if (!attributes || !isWithin(message, SNS_LIMITS)) return { kind: 'failed', error: 'REFUSED' };
      const body = new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        PhoneNumber: message.to,
        Message: message.text,
        ...attributes,
      }).toString();
      const { headers } = await new AwsV4Signer({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
        service: 'sns',
        region,
        accessKeyId,
        secretAccessKey,
        cache,
        datetime: new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      }).sign();
      const request = { url, headers: Object.fromEntries(headers), body };
      return postToVendor(request, { protocol, message, signal, clock });
    },
    async close() {},
  };
}

/** The message attributes of a sender; undefined for one that SNS does not accept. */
function attributesOf(from: string | undefined): Record<string, string> | undefined {
  if (from !== undefined && !SNS_SENDERS.pattern.test(from)) return undefined;
  const named: [string, string][] = [['AWS.SNS.SMS.SMSType', 'Transactional']];
  if (from !== undefined)
    named.push([/^\+?\d+$/.test(from) ? 'AWS.MM.SMS.OriginationNumber' : 'AWS.SNS.SMS.SenderID', from]);
  return Object.fromEntries(
    named.flatMap(([name, value], index) => {
      const entry = `MessageAttributes.entry.${index + 1}`;
      return [
        [`${entry}.Name`, name],
        [`${entry}.Value.DataType`, 'String'],
        [`${entry}.Value.StringValue`, value],
      ];
    }),
  );
}

const PARAMETER_CODES: ReadonlySet<string> = new Set(
  SNS_ERRORS.others.flatMap(({ codes }) => codes.map(String)),
);

const protocol: VendorProtocol = {
  acceptedId: ({ status, body }) =>
    status === 200 && body.includes('</PublishResponse>') ? element(body, 'MessageId') : undefined,
  meaningOf({ body }) {
    const code = element(body, 'Code');
    // One code covers every invalid parameter; which one is named at the start of the message.
    if (code !== undefined && PARAMETER_CODES.has(code))
      return /PhoneNumber/.test(element(body, 'Message') ?? '') ? 'WRONG_RECIPIENT' : 'REFUSED';
    return SNS_ERRORS.meaningOf(code);
  },
  errorIn: ({ body }) => ({ code: element(body, 'Code'), text: element(body, 'Message') }),
};

/** The text of the only element of that name in a small XML document. */
const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
