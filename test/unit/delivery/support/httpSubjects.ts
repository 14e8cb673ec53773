import { randomBytes } from 'node:crypto';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { createDeliveryWebhook } from '../../../../server/delivery/vendors/deliveryWebhook/send.js';
import { createSns } from '../../../../server/delivery/vendors/sns/send.js';
import { createTwilio } from '../../../../server/delivery/vendors/twilio/send.js';
import { createVonage } from '../../../../server/delivery/vendors/vonage/send.js';
import { createWhatsappCloud } from '../../../../server/delivery/vendors/whatsappCloud/send.js';
import type { Clock } from '../../../../server/platform/clock.js';
import { messageTo, type Subject } from './subject.js';
import { deliveryWebhookWire } from './vendors/deliveryWebhook.js';
import {
  SNS_ERRORS,
  STATUS_ERRORS,
  TWILIO_ERRORS,
  VONAGE_ERRORS,
  WEBHOOK_ERRORS,
  WHATSAPP_ERRORS,
} from './vendors/errorTables.js';
import { snsWire } from './vendors/sns.js';
import { twilioWire } from './vendors/twilio.js';
import { type Misbehaviour, startVendorStub, type VendorWire, WAIT_SECONDS } from './vendors/vendorStub.js';
import { vonageWire } from './vendors/vonage.js';
import { whatsappCloudWire } from './vendors/whatsappCloud.js';

type Made = Omit<Subject, 'start' | 'misbehaviours' | 'hanging'> & {
  create(url: string, clock: Clock): Provider;
  wire(now: () => number): VendorWire;
  /** Where its responses mean something else. */
  readonly otherwise?: Partial<Record<Misbehaviour, Outcome>>;
};

const retryAfterMs = WAIT_SECONDS * 1000;

/** The outcome of every vendor's misbehaviour. */
const OUTCOMES: Readonly<Partial<Record<Misbehaviour, Outcome>>> = {
  cut: { kind: 'retry', error: 'UNREACHABLE' },
  'half a response': { kind: 'retry', error: 'UNREACHABLE' },
  'half a document': { kind: 'retry', error: 'BAD_RESPONSE' },
  'another document': { kind: 'retry', error: 'BAD_RESPONSE' },
  'a page': { kind: 'retry', error: 'BAD_RESPONSE' },
  nothing: { kind: 'retry', error: 'BAD_RESPONSE' },
  'too long a response': { kind: 'retry', error: 'BAD_RESPONSE' },
  elsewhere: { kind: 'failed', error: 'MISCONFIGURED' },
  'elsewhere for good': { kind: 'failed', error: 'MISCONFIGURED' },
  '429 with a wait': { kind: 'retry', error: 'RATE_LIMITED', retryAfterMs },
  '429 with a date': { kind: 'retry', error: 'RATE_LIMITED', retryAfterMs },
  '500': { kind: 'retry', error: 'HTTP_500' },
  '503 with a wait': { kind: 'retry', error: 'HTTP_503', retryAfterMs },
};

function httpSubject({ create, wire, otherwise, ...subject }: Made): Subject {
  return {
    ...subject,
    misbehaviours: Object.entries({ ...OUTCOMES, ...otherwise }),
    hanging: ['silence', 'silence after the head'],
    async start(clock) {
      const now = () => clock.now();
      const stub = await startVendorStub({ wire: wire(now), now });
      const provider = create(stub.url, clock);
      return {
        ...stub,
        provider,
        misbehave: (how) => stub.misbehave(how as Misbehaviour | undefined),
        vanish: () => stub.close(),
        async close() {
          await provider.close();
          await stub.close();
        },
      };
    },
  };
}

const hex = (length: number) => randomBytes(length / 2).toString('hex');
const secret = () => randomBytes(24).toString('base64url');

const TWILIO_CALLBACK = 'https://otp.example/callbacks/twilio';
const VONAGE_CALLBACK = 'https://otp.example/callbacks/vonage';

export const TWILIO = {
  accountSid: `AC${hex(32)}`,
  authToken: hex(32),
  contentSid: `HX${hex(32)}`,
} as const;
const createTwilioOf = (contentSid: string | undefined) => (url: string, clock: Clock) =>
  createTwilio(
    {
      ...TWILIO,
      url,
      from: '+15005550006',
      whatsappFrom: '+15005550007',
      whatsappContentSid: contentSid,
    },
    { clock, callbackUrl: TWILIO_CALLBACK },
  );
const twilio = {
  create: createTwilioOf(TWILIO.contentSid),
  wire: () => twilioWire({ ...TWILIO, statusCallback: TWILIO_CALLBACK }),
  errors: TWILIO_ERRORS,
  secrets: [TWILIO.authToken],
};

const VONAGE = {
  apiKey: 'abcd1234',
  apiSecret: secret(),
};
const WHATSAPP = {
  accessToken: `EAA${secret()}`,
  template: 'otp_code',
  languages: ['en_US', 'es', 'pt_BR'],
};
const SNS = { region: 'eu-central-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret() };
const WEBHOOK_SECRET = `whsec_${randomBytes(24).toString('base64')}`;

const characters = (count: number) => '😀'.repeat(count);
const name = (length: number) => 'AcmeBankingOnline'.slice(0, length);

/** Errors by status that the vendor gives no other meaning. */
const plain = (own: readonly number[] = []) => STATUS_ERRORS.filter(({ status }) => !own.includes(status));

/** The providers that speak HTTP, each against its vendor's documented side. */
export const HTTP_SUBJECTS: readonly Subject[] = [
  httpSubject({
    title: 'Twilio, text messages',
    channel: 'sms',
    ...twilio,
    errors: [...TWILIO_ERRORS, ...plain()],
    limits: [
      { what: 'characters', at: { text: characters(1_600) }, beyond: { text: characters(1_601) } },
      { what: 'a sender name', at: { from: name(11) }, beyond: { from: name(12) } },
      { what: 'a short code', at: { from: '12345678' }, beyond: { from: '123456789' } },
      { what: 'a messaging service', at: { from: `MG${hex(32)}` }, beyond: { from: `MG${hex(34)}` } },
      { what: 'the signs of a name', at: { from: 'A +_&-9' }, beyond: { from: 'A.9' } },
    ],
  }),
  httpSubject({
    title: 'Twilio, WhatsApp by template',
    channel: 'whatsapp',
    ...twilio,
    limits: [],
  }),
  httpSubject({
    title: 'Twilio, WhatsApp by text',
    channel: 'whatsapp',
    ...twilio,
    create: createTwilioOf(undefined),
    wire: () => twilioWire({ ...TWILIO, statusCallback: TWILIO_CALLBACK, contentSid: undefined }),
    errors: [],
    limits: [{ what: 'characters', at: { text: characters(1_600) }, beyond: { text: characters(1_601) } }],
  }),
  httpSubject({
    title: 'Vonage',
    channel: 'sms',
    create: (url, clock) =>
      createVonage(
        { ...VONAGE, url, from: 'Acme', signatureSecret: secret() },
        { clock, callbackUrl: VONAGE_CALLBACK },
      ),
    wire: () => vonageWire({ ...VONAGE, statusCallback: VONAGE_CALLBACK }),
    errors: [...VONAGE_ERRORS, ...plain()],
    secrets: [VONAGE.apiSecret],
    limits: [
      { what: 'characters', at: { text: characters(1_000) }, beyond: { text: characters(1_001) } },
      { what: 'a sender name', at: { from: name(11) }, beyond: { from: name(12) } },
      { what: 'the signs of a name', at: { from: 'Acme9' }, beyond: { from: 'Acme 9' } },
    ],
  }),
  httpSubject({
    title: 'WhatsApp Cloud',
    channel: 'whatsapp',
    create: (url, clock) =>
      createWhatsappCloud(
        {
          ...WHATSAPP,
          url: `${url}/v25.0`,
          phoneNumberId: '106540352242922',
          numbers: new Map([['+573001234542', '106540352242923']]),
          appSecret: secret(),
          verifyToken: undefined,
        },
        { clock },
      ),
    wire: () => whatsappCloudWire({ ...WHATSAPP, phoneNumberIds: ['106540352242922', '106540352242923'] }),
    errors: [...WHATSAPP_ERRORS, ...plain()],
    secrets: [WHATSAPP.accessToken],
    limits: [
      { what: 'characters of a code', at: { code: '123456789012345' }, beyond: { code: '1234567890123456' } },
      { what: 'numbers of the account', at: { from: '+573001234542' }, beyond: { from: '+573001234543' } },
    ],
  }),
  httpSubject({
    title: 'AWS SNS',
    channel: 'sms',
    create: (url, clock) => createSns({ ...SNS, url, from: 'Acme-1' }, { clock }),
    wire: (now) => snsWire({ ...SNS, now }),
    errors: [...SNS_ERRORS, ...plain()],
    secrets: [SNS.secretAccessKey],
    limits: [
      { what: 'bytes', at: { text: 'x'.repeat(1_600) }, beyond: { text: 'x'.repeat(1_601) } },
      { what: 'bytes of any sign', at: { text: characters(400) }, beyond: { text: `${characters(400)}x` } },
      { what: 'a sender id', at: { from: name(11) }, beyond: { from: name(12) } },
      { what: 'the signs of an id', at: { from: 'Acme-9' }, beyond: { from: 'Acme-' } },
      { what: 'a number', at: { from: '+12345678901234' }, beyond: { from: '+123456789012345' } },
      { what: 'a short code', at: { from: '12345' }, beyond: { from: '1234' } },
    ],
  }),
  httpSubject({
    title: 'The delivery webhook',
    channel: 'sms',
    create: (url, clock) =>
      createDeliveryWebhook(
        { url: `${url}/hook?tenant=1`, secret: WEBHOOK_SECRET, channels: ['sms', 'email'] },
        { clock },
      ),
    wire: () => deliveryWebhookWire(WEBHOOK_SECRET),
    errors: [...WEBHOOK_ERRORS, ...plain([400, 401, 403, 422])],
    secrets: [WEBHOOK_SECRET, 'tenant=1'],
    // It may say nothing but that it took the message.
    otherwise: { nothing: { kind: 'accepted', vendorId: messageTo('sms').id } },
    limits: [],
  }),
];
