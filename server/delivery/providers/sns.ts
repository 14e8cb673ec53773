import { AwsV4Signer } from 'aws4fetch';
import { SMS_SENDERS } from '../../config/smsSenders.js';
import type { Clock } from '../../platform/clock.js';
import type { Outcome, Provider } from '../provider.js';
import { askVendor, outcomeOf, type VendorAnswer, type Verdicts } from '../vendorRequest.js';

const TIMEOUT_MS = 10_000;
export const SNS_LIMITS = {
  /** Of all the parts of a text together. */
  bytes: 1_600,
} as const;

export interface SnsSettings {
  /** Undefined: the region's own. */
  readonly url: string | undefined;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined: the account's default. */
  readonly from: string | undefined;
}

/** AWS SNS, action Publish of the query API, straight to a phone number. It does not report to us what becomes of messages. */
export function createSns(settings: SnsSettings, clock: Clock): Provider {
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
      if (!attributes || Buffer.byteLength(message.text) > SNS_LIMITS.bytes)
        return { kind: 'failed', error: 'REFUSED' };
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
      return askVendor(request, signal, clock, judge);
    },
    async close() {},
  };
}

/** The message attributes of a sender; undefined for one that SNS does not take. */
function attributesOf(from: string | undefined): Record<string, string> | undefined {
  if (from !== undefined && !SMS_SENDERS.sns.test(from)) return undefined;
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

/** SNS' error codes that do not mean what their HTTP status says. */
export const SNS_VERDICTS: Verdicts = {
  Throttled: { retry: 'RATE_LIMITED' },
  ThrottledException: { retry: 'RATE_LIMITED' },
  Throttling: { retry: 'RATE_LIMITED' },
  ThrottlingException: { retry: 'RATE_LIMITED' },
  InternalError: { retry: 'HTTP_500' },
  InternalFailure: { retry: 'HTTP_500' },
  ServiceUnavailable: { retry: 'HTTP_503' },
  // Our clock is wrong, or the request was long under way: another one may do.
  RequestExpired: { retry: 'REQUEST_EXPIRED' },
  AuthorizationError: 'MISCONFIGURED',
  AccessDenied: 'MISCONFIGURED',
  ExpiredToken: 'MISCONFIGURED',
  IncompleteSignature: 'MISCONFIGURED',
  InvalidClientTokenId: 'MISCONFIGURED',
  InvalidSecurity: 'MISCONFIGURED',
  MissingAuthenticationToken: 'MISCONFIGURED',
  OptInRequired: 'MISCONFIGURED',
  SignatureDoesNotMatch: 'MISCONFIGURED',
  UnrecognizedClientException: 'MISCONFIGURED',
  OptedOut: 'WRONG_RECIPIENT',
};

function judge(answer: VendorAnswer): Outcome | undefined {
  const { status, body } = answer;
  if (status === 200) {
    const vendorId = element(body, 'MessageId');
    return vendorId && body.includes('</PublishResponse>') ? { kind: 'accepted', vendorId } : undefined;
  }
  const code = element(body, 'Code');
  if (code === undefined || status < 400) return undefined;
  // One code stands for every parameter that is not valid; which one is said at the start of the message.
  const isParameter = code === 'InvalidParameter' || code === 'InvalidParameterValue';
  if (isParameter && /PhoneNumber/.test(element(body, 'Message') ?? ''))
    return { kind: 'failed', error: 'WRONG_RECIPIENT' };
  const verdict = Object.hasOwn(SNS_VERDICTS, code) ? SNS_VERDICTS[code] : undefined;
  return verdict && outcomeOf(verdict, answer);
}

/** The text of the only element of that name in a small XML document. */
const element = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
