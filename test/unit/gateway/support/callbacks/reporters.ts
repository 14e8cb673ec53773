import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { ChannelName } from '../../../../../server/domain/channels.js';
import { hexId } from './vendorStub.js';

/** Where the service says it is reached: behind a proxy that takes a part of the path away. */
export const PUBLIC_URL = 'https://otp.example.com/codes';

/** What is signed, and with what. */
export interface Signing {
  readonly body: string;
  readonly secret: string;
  /** Milliseconds. */
  readonly at: number;
  /** The address as the vendor knows it. */
  readonly address: string;
}

/** A vendor as it looks from outside, signatures made by hand and not by our code. */
export interface Reporter {
  /** The last part of its path at the service. */
  readonly name: string;
  readonly provider: string;
  readonly channel: ChannelName;
  readonly secret: string;
  readonly mediaType: string;
  /** Settings of a service that sends by it. */
  settings(url: string): Readonly<Record<string, string>>;
  /** Of these, what has to be there to distinguish its reports from forged ones. */
  readonly needs: readonly string[];
  newId(): string;
  accept(id: string): { readonly status: number; readonly body: unknown };
  /** The body of a report; `error` is the vendor's own code. */
  report(id: string, status: string, error?: unknown): string;
  sign(signing: Signing): Readonly<Record<string, string>>;
  /** The vendor's own words. */
  readonly delivered: readonly string[];
  readonly onTheWay: readonly string[];
  /** Status, code, and the delivery state that follows. */
  readonly failed: readonly (readonly [status: string, code: unknown, error: string])[];
  /** Whether the signature says when it was made. */
  readonly timed: boolean;
}

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const twilio: Reporter = {
  name: 'twilio',
  provider: 'twilio',
  channel: 'sms',
  secret: randomBytes(16).toString('hex'),
  mediaType: 'application/x-www-form-urlencoded',
  settings: (url) => ({
    OTP_TWILIO_ACCOUNT_SID: `AC${'a'.repeat(32)}`,
    OTP_TWILIO_AUTH_TOKEN: twilio.secret,
    OTP_TWILIO_FROM: '+15005550006',
    OTP_TWILIO_URL: url,
    OTP_PUBLIC_URL: PUBLIC_URL,
  }),
  needs: ['OTP_PUBLIC_URL'],
  newId: () => hexId('SM'),
  accept: (sid) => ({ status: 201, body: { sid, status: 'queued' } }),
  report: (MessageSid, MessageStatus, ErrorCode) =>
    new URLSearchParams({
      SmsSid: MessageSid,
      SmsStatus: MessageStatus,
      MessageStatus,
      To: '+573001234567',
      MessageSid,
      AccountSid: `AC${'a'.repeat(32)}`,
      From: '+15005550006',
      ...(ErrorCode !== undefined && { ErrorCode: String(ErrorCode) }),
      ApiVersion: '2010-04-01',
    }).toString(),
  sign({ body, secret, address }) {
    const fields = [...new URLSearchParams(body)].map(([name, value]) => name + value).sort();
    const signature = createHmac('sha1', secret).update(address + fields.join(''));
    return { 'x-twilio-signature': signature.digest('base64') };
  },
  delivered: ['delivered', 'read'],
  onTheWay: ['accepted', 'scheduled', 'queued', 'sending', 'sent'],
  failed: [
    ['undelivered', 30003, 'RECIPIENT_UNAVAILABLE'],
    ['undelivered', 21610, 'OPTED_OUT'],
    ['undelivered', 30007, 'REFUSED'],
    ['failed', 21603, 'MISCONFIGURED'],
    ['failed', 30001, 'UNDELIVERED'],
    ['undelivered', 30008, 'UNDELIVERED'],
    ['undelivered', undefined, 'UNDELIVERED'],
    ['canceled', undefined, 'UNDELIVERED'],
  ],
  timed: false,
};

const vonage: Reporter = {
  name: 'vonage',
  provider: 'vonage',
  channel: 'sms',
  secret: randomBytes(32).toString('hex'),
  mediaType: 'application/json',
  settings: (url) => ({
    OTP_VONAGE_API_KEY: 'abcd1234',
    OTP_VONAGE_API_SECRET: 'vonage-api-secret',
    OTP_VONAGE_FROM: 'Countersign',
    OTP_VONAGE_SIGNATURE_SECRET: vonage.secret,
    OTP_VONAGE_URL: url,
    OTP_PUBLIC_URL: PUBLIC_URL,
  }),
  needs: ['OTP_PUBLIC_URL', 'OTP_VONAGE_SIGNATURE_SECRET'],
  newId: () => randomUUID(),
  accept: (message_uuid) => ({ status: 202, body: { message_uuid } }),
  report: (message_uuid, status, code) =>
    JSON.stringify({
      message_uuid,
      to: '573001234567',
      from: 'Countersign',
      timestamp: '2030-01-15T12:00:00Z',
      status,
      ...(code !== undefined && {
        error: {
          type: `https://developer.vonage.com/api-errors/messages#${code}`,
          title: String(code),
          detail: 'Some words.',
          instance: randomUUID(),
        },
      }),
      channel: 'sms',
    }),
  sign({ body, secret, at }) {
    const claims = {
      iat: Math.floor(at / 1000),
      jti: randomUUID(),
      iss: 'Vonage',
      payload_hash: createHash('sha256').update(body).digest('hex'),
      api_key: 'abcd1234',
    };
    const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`;
    const mac = createHmac('sha256', secret).update(signed).digest('base64url');
    return { authorization: `Bearer ${signed}.${mac}` };
  },
  delivered: ['delivered', 'read'],
  onTheWay: ['submitted'],
  failed: [
    ['undeliverable', 1170, 'WRONG_RECIPIENT'],
    ['rejected', 1210, 'REFUSED'],
    ['rejected', 1120, 'MISCONFIGURED'],
    ['rejected', 1070, 'MISCONFIGURED'],
    ['rejected', 1000, 'UNDELIVERED'],
    ['undeliverable', undefined, 'UNDELIVERED'],
  ],
  timed: true,
};

const whatsapp: Reporter = {
  name: 'whatsapp',
  provider: 'whatsapp-cloud',
  channel: 'whatsapp',
  secret: randomBytes(16).toString('hex'),
  mediaType: 'application/json',
  settings: (url) => ({
    OTP_WHATSAPP_ACCESS_TOKEN: 'token-of-an-app',
    OTP_WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
    OTP_WHATSAPP_TEMPLATE: 'otp',
    OTP_WHATSAPP_APP_SECRET: whatsapp.secret,
    OTP_WHATSAPP_URL: url,
  }),
  needs: ['OTP_WHATSAPP_APP_SECRET'],
  newId: () => `wamid.${Buffer.from(`573001234567 ${randomUUID()}`).toString('base64')}`,
  accept: (id) => ({ status: 200, body: { messaging_product: 'whatsapp', messages: [{ id }] } }),
  report: (id, status, code) =>
    whatsappBatch([
      {
        id,
        status,
        timestamp: '1894708800',
        recipient_id: '573001234567',
        ...(code !== undefined && { errors: [{ code, title: 'Some words' }] }),
      },
    ]),
  sign({ body, secret }) {
    const mac = createHmac('sha256', secret).update(body, 'utf8').digest('hex');
    return { 'x-hub-signature-256': `sha256=${mac}` };
  },
  delivered: ['delivered', 'read'],
  onTheWay: ['sent', 'warning', 'deleted'],
  failed: [
    ['failed', 131026, 'WRONG_RECIPIENT'],
    ['failed', 131049, 'REFUSED'],
    ['failed', 131042, 'MISCONFIGURED'],
    ['failed', 131000, 'UNDELIVERED'],
    ['failed', undefined, 'UNDELIVERED'],
  ],
  timed: false,
};

export const whatsappBatch = (statuses: readonly unknown[]): string =>
  JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      { id: '102290129340398', changes: [{ field: 'messages', value: { messages: [{ id: 'wamid.in' }] } }] },
      { id: '102290129340398', changes: [{ field: 'messages', value: { statuses } }] },
    ],
  });

export const webhook: Reporter = {
  name: 'webhook',
  provider: 'delivery-webhook',
  channel: 'sms',
  secret: `whsec_${randomBytes(24).toString('base64')}`,
  mediaType: 'application/json',
  settings: (url) => ({
    OTP_DELIVERY_WEBHOOK_URL: `${url}/hook`,
    OTP_DELIVERY_WEBHOOK_SECRET: webhook.secret,
    OTP_DELIVERY_WEBHOOK_CHANNELS: 'sms',
  }),
  needs: ['OTP_DELIVERY_WEBHOOK_URL', 'OTP_DELIVERY_WEBHOOK_SECRET'],
  newId: () => randomUUID(),
  accept: (id) => ({ status: 200, body: { id } }),
  report: (id, status, error) => JSON.stringify({ id, status, ...(error !== undefined && { error }) }),
  sign({ body, secret, at }) {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const id = randomUUID();
    const time = Math.floor(at / 1000);
    const mac = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
    return {
      'webhook-id': id,
      'webhook-timestamp': String(time),
      'webhook-signature': `v1,${randomBytes(32).toString('base64')} v1,${mac}`,
    };
  },
  delivered: ['delivered'],
  onTheWay: [],
  failed: [
    ['failed', 'WRONG_RECIPIENT', 'WRONG_RECIPIENT'],
    ['failed', 'EXPIRED', 'EXPIRED'],
    ['failed', undefined, 'UNDELIVERED'],
  ],
  timed: true,
};

export const REPORTERS: readonly Reporter[] = [twilio, vonage, whatsapp, webhook];
