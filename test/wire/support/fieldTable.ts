import type { ChannelName } from '../../../server/domain/channels.js';

/** One way of filling in a field, and what comes of it. */
export interface Case {
  readonly what: string;
  /** Put over a request that is good otherwise. `undefined` leaves a field out. */
  readonly request: Readonly<Record<string, unknown>>;
  /** The path named in BadRequest, where it is not the field's own: one item of it, say. */
  readonly at?: string | readonly string[];
  readonly reason?: string;
}

/** What is refused, and what is just about accepted. */
export interface FieldRow {
  readonly refused: readonly Case[];
  readonly accepted?: readonly Case[];
}

const chars = (length: number) => 'x'.repeat(length);

/** A text of one field: every length up to `most` is taken, one more is not. */
function text(
  field: string,
  most: number,
  put: (value: unknown) => Record<string, unknown>,
  required = false,
): FieldRow {
  return {
    refused: [
      { what: 'a number', request: put(1) },
      { what: `${most + 1} characters`, request: put(chars(most + 1)) },
      ...(required
        ? [
            { what: 'nothing', request: put(undefined) },
            { what: 'an empty text', request: put('') },
          ]
        : []),
    ],
    accepted: [{ what: `${most} characters for ${field}`, request: put(chars(most)) }],
  };
}

/** A text of any length: what names nothing is unknown, not invalid. */
const id = (field: string): FieldRow => ({
  refused: text(field, 0, top(field), true).refused.filter(({ what }) => what !== '1 characters'),
  accepted: [],
});

const top = (field: string) => (value: unknown) => ({ [field]: value });
const flag = (field: string): FieldRow => ({
  refused: [
    { what: 'a text', request: { [field]: 'yes' } },
    { what: 'a number', request: { [field]: 1 } },
  ],
  accepted: [{ what: 'true', request: { [field]: true } }],
});
const object = (field: string): Case => ({ what: 'a text', request: { [field]: 'text' } });

const endUserIp = (): FieldRow => ({
  refused: [
    { what: 'a number', request: { endUserIp: 1 } },
    ...['localhost', '192.0.2', '192.0.2.256', '192.0.2.1:port', '2001:db8::g'].map((endUserIp) => ({
      what: endUserIp,
      request: { endUserIp },
    })),
  ],
  accepted: ['192.0.2.1', '192.0.2.1:80', '2001:db8::1', '198.51.100.1, 10.0.0.1'].map((endUserIp) => ({
    what: endUserIp,
    request: { endUserIp },
  })),
});

const to = (recipients: object) => ({ recipients });
const config = (field: string) => (value: unknown) => ({ config: { [field]: value } });
const policy = (value: object) => ({ policy: value });
let phones = 1_000_000;
/** Three new recipients, and what is done where those without a step do not help. */
const fallback = (...steps: readonly object[]) => {
  const number = `+57302${phones++}`;
  return {
    ...to({ email: `steps.${phones}@example.com`, sms: number, whatsapp: number }),
    fallback: steps,
  };
};
const step = (channel: ChannelName, wait = '30s') => ({ channel: `CHANNEL_${channel.toUpperCase()}`, wait });
const operation = (field: string) => (value: unknown) => ({
  operation: { type: 'payment', id: '1', [field]: value },
});
const beneficiary = (field: string) => (value: unknown) => ({
  recipients: undefined,
  beneficiary: { sponsorSlug: 'unknown', beneficiaryId: '1', [field]: value },
});

const INVALID_RECIPIENT = { reason: 'INVALID_RECIPIENT' };
const phone = (channel: 'sms' | 'whatsapp'): FieldRow => ({
  refused: [
    { what: 'a number', request: to({ [channel]: 573001234542 }) },
    { what: 'no country', request: to({ [channel]: '3001234542' }), ...INVALID_RECIPIENT },
    {
      what: 'a country code that does not exist',
      request: to({ [channel]: '+999123456789' }),
      ...INVALID_RECIPIENT,
    },
    { what: '16 digits', request: to({ [channel]: '+4912345678901234' }), ...INVALID_RECIPIENT },
    { what: '33 characters', request: to({ [channel]: `+57 300 123 4542${' '.repeat(17)}` }) },
  ],
  accepted: [{ what: '15 digits', request: to({ [channel]: '+491234567890123' }) }],
});
/** A local part of 64 characters and a domain of 189 make 254. */
const longestEmail = `${chars(64)}@${[chars(63), chars(63), chars(57), 'com'].join('.')}`;
const longerEmail = longestEmail.replace('.com', 'x.com');

/** Nested `depth` objects deep. */
const nested = (depth: number): object => (depth === 1 ? {} : { a: nested(depth - 1) });
/** So many bytes of JSON. */
const sized = (bytes: number): object => ({ a: chars(bytes - '{"a":""}'.length) });

const operationRows = (method: string): Record<string, FieldRow> => ({
  [`${method}.operation.type`]: text('type', 64, operation('type'), true),
  [`${method}.operation.id`]: text('id', 128, operation('id'), true),
  [`${method}.operation.product_type`]: text('product_type', 64, operation('productType')),
  ...transactionRows(`${method}.operation.transaction`),
});

/** For methods that refuse every operation but the one of the session. */
const withoutAccepted = (rows: Record<string, FieldRow>): Record<string, FieldRow> =>
  Object.fromEntries(Object.entries(rows).map(([path, { refused }]) => [path, { refused }]));

const transaction = (field: string) => (value: unknown) => ({
  operation: {
    type: 'payment',
    id: '1',
    transaction: { amount: '20.00', currency: 'EUR', payee: 'ACME', [field]: value },
  },
});
function transactionRows(path: string): Record<string, FieldRow> {
  const refused = (field: string, values: readonly unknown[]): FieldRow => ({
    refused: values.map((value) => ({
      what: JSON.stringify(value) ?? 'nothing',
      request: transaction(field)(value),
      at: `operation.transaction.${field}`,
    })),
  });
  return {
    [path]: { refused: [{ ...object('transaction'), request: operation('transaction')('text') }] },
    [`${path}.amount`]: refused('amount', ['', '20,00', '-1', '1e3', '.5', '1.1234567', '1'.repeat(16), 20]),
    [`${path}.currency`]: refused('currency', ['', 'eur', 'EU', 'EURO', '€']),
    [`${path}.payee`]: refused('payee', ['', 'a\nb', chars(71)]),
    [`${path}.account`]: refused('account', ['a\nb', chars(65)]),
  };
}

/** Every field of every request, by method and path. */
export const FIELDS: Readonly<Record<string, FieldRow>> = {
  'Send.recipients': {
    refused: [
      object('recipients'),
      { what: 'nothing', request: { recipients: undefined } },
      { what: 'no recipient', request: to({}) },
    ],
  },
  'Send.recipients.email': {
    refused: [
      { what: 'a number', request: to({ email: 1 }) },
      { what: 'no address', request: to({ email: 'not-an-address' }), ...INVALID_RECIPIENT },
      { what: 'two addresses', request: to({ email: 'a@example.com,b@example.com' }), ...INVALID_RECIPIENT },
      {
        what: 'a line break',
        request: to({ email: 'a@example.com\r\nBcc: b@example.com' }),
        ...INVALID_RECIPIENT,
      },
      { what: '255 characters', request: to({ email: longerEmail }) },
      {
        what: 'nothing for a channel asked for',
        request: { ...to({ sms: '+573001234542' }), channels: ['CHANNEL_EMAIL', 'CHANNEL_SMS'] },
      },
    ],
    accepted: [{ what: '254 characters', request: to({ email: longestEmail }) }],
  },
  'Send.recipients.sms': phone('sms'),
  'Send.recipients.whatsapp': phone('whatsapp'),
  'Send.channels': {
    refused: [
      { what: 'no list', request: { channels: 'CHANNEL_EMAIL' } },
      { what: 'the same twice', request: { channels: [1, 1] } },
      { what: 'four', request: { channels: [1, 2, 3, 4] } },
      { what: 'an unknown name', request: { channels: ['CHANNEL_FAX'] }, at: 'channels[0]' },
      { what: 'the unspecified one', request: { channels: [0] }, at: 'channels[0]' },
      {
        what: 'an unknown number',
        request: { channels: [9] },
        at: 'channels[0]',
        reason: 'CHANNEL_NOT_SUPPORTED',
      },
      {
        what: 'fewer than there are recipients',
        request: { ...to({ email: 'a@example.com', sms: '+573001234542' }), channels: ['CHANNEL_SMS'] },
        at: 'recipients.email',
      },
    ],
    accepted: [
      {
        what: 'three',
        request: {
          ...to({ email: 'three@example.com', sms: '+573001234542', whatsapp: '+573001234542' }),
          channels: [3, 1, 2],
        },
      },
    ],
  },
  'Send.purpose': {
    refused: [
      ...text('purpose', 64, top('purpose')).refused,
      { what: 'a line end', request: { purpose: 'log\nin' } },
    ],
    accepted: [
      { what: '64 characters', request: { purpose: chars(64) } },
      { what: 'a space', request: { purpose: 'log in' } },
    ],
  },
  'Send.config': { refused: [object('config')] },
  'Send.config.code_length': {
    refused: [3, 9, 5.5, 'six'].map((value) => ({
      what: String(value),
      request: config('codeLength')(value),
    })),
    accepted: [4, 8].map((value) => ({ what: String(value), request: config('codeLength')(value) })),
  },
  'Send.config.lifetime': {
    refused: ['59s', '3601s', '60.5s', '-60s', 'soon', 300].map((value) => ({
      what: String(value),
      request: config('lifetime')(value),
    })),
    accepted: ['60s', '3600s'].map((value) => ({ what: value, request: config('lifetime')(value) })),
  },
  'Send.config.max_attempts': {
    refused: [0, 11, 1.5, 'three'].map((value) => ({
      what: String(value),
      request: config('maxAttempts')(value),
    })),
    accepted: [
      ...[1, 10].map((value) => ({ what: String(value), request: config('maxAttempts')(value) })),
      { what: '10 for a short code', request: { config: { maxAttempts: 10, codeLength: 5 } } },
    ],
  },
  'Send.config.may_lengthen': {
    refused: [{ what: 'a text', request: config('mayLengthen')('yes') }],
    accepted: [{ what: 'true', request: config('mayLengthen')(true) }],
  },
  'Send.policy': { refused: [object('policy')] },
  'Send.policy.strategy': {
    refused: [
      { what: 'an unknown name', request: policy({ strategy: 'STRATEGY_MOST' }) },
      { what: 'an unknown number', request: policy({ strategy: 9 }) },
    ],
    accepted: [{ what: 'ANY', request: policy({ strategy: 'STRATEGY_ANY' }) }],
  },
  'Send.policy.channels': {
    refused: [
      { what: 'no list', request: policy({ channels: 1 }) },
      { what: 'an unknown name', request: policy({ channels: ['CHANNEL_FAX'] }), at: 'policy.channels[0]' },
      {
        what: 'the unspecified one',
        request: policy({ strategy: 3, channels: [0] }),
        at: 'policy.channels[0]',
      },
      {
        what: 'an unknown number',
        request: policy({ strategy: 3, channels: [9] }),
        at: 'policy.channels[0]',
      },
      { what: 'the same twice', request: policy({ strategy: 3, channels: [1, 1] }) },
      { what: 'four', request: policy({ strategy: 3, channels: [1, 2, 3, 1] }) },
      { what: 'none for SPECIFIC', request: policy({ strategy: 3 }) },
      { what: 'one that the session has not', request: policy({ strategy: 3, channels: [2] }) },
      { what: 'some without SPECIFIC', request: policy({ strategy: 1, channels: [1] }) },
    ],
    accepted: [{ what: 'one of the session', request: policy({ strategy: 3, channels: [1] }) }],
  },
  'Send.metadata': {
    refused: [
      object('metadata'),
      { what: 'a list', request: { metadata: [] } },
      { what: '8193 bytes', request: { metadata: sized(8193) } },
      { what: '17 levels', request: { metadata: nested(17) } },
    ],
    accepted: [
      { what: '8192 bytes', request: { metadata: sized(8192) } },
      { what: '16 levels', request: { metadata: nested(16) } },
    ],
  },
  'Send.sandbox': flag('sandbox'),
  'Send.locale': {
    refused: [
      { what: 'a number', request: { locale: 1 } },
      ...['e', 'english', 'en US', 'en-', '../en'].map((locale) => ({ what: locale, request: { locale } })),
    ],
    accepted: ['es-CO', 'zh-Hant-TW-x1'].map((locale) => ({ what: locale, request: { locale } })),
  },
  'Send.request_id': text('request_id', 128, top('requestId')),
  'Send.end_user_ip': endUserIp(),
  'Send.device_id': text('device_id', 128, top('deviceId')),
  'Send.vouched': flag('vouched'),
  'Send.operation': { refused: [object('operation')] },
  ...operationRows('Send'),
  'Send.beneficiary': {
    refused: [
      object('beneficiary'),
      {
        what: 'one besides recipients',
        request: { beneficiary: { sponsorSlug: 'unknown', beneficiaryId: '1' } },
      },
    ],
  },
  'Send.beneficiary.sponsor_slug': text('sponsor_slug', 64, beneficiary('sponsorSlug'), true),
  'Send.beneficiary.beneficiary_id': text('beneficiary_id', 128, beneficiary('beneficiaryId'), true),
  'Send.add_contact': flag('addContact'),
  'Send.sender_id': {
    refused: [
      { what: 'a number', request: { senderId: 1 } },
      { what: '255 characters', request: { senderId: longerEmail } },
    ],
    accepted: [{ what: 'an address of 254 characters', request: { senderId: longestEmail } }],
  },
  'Send.message_template': {
    refused: [
      { what: 'a number', request: { messageTemplate: 1 } },
      {
        what: '161 characters',
        request: { ...to({ sms: '+573001234543' }), messageTemplate: `<OTP>${chars(156)}` },
      },
      {
        what: 'no place for the code',
        request: { ...to({ sms: '+573001234543' }), messageTemplate: 'Hello' },
      },
      { what: 'one for e-mail', request: { messageTemplate: '<OTP>' } },
    ],
    accepted: [
      {
        what: '160 characters',
        request: { ...to({ sms: '+573001234543' }), messageTemplate: `<OTP>${chars(155)}` },
      },
    ],
  },
  'Send.reuse_open_session': flag('reuseOpenSession'),
  'Send.fallback': {
    refused: [
      { what: 'no list', request: { fallback: 'CHANNEL_SMS' } },
      { what: 'three steps', request: fallback(step('sms'), step('whatsapp'), step('email')) },
      { what: 'every channel', request: { ...fallback(step('email')), ...to({ email: 'a@example.com' }) } },
      {
        what: 'a policy of all channels',
        request: { ...fallback(step('sms')), ...policy({ strategy: 'STRATEGY_ALL' }) },
        at: 'policy.strategy',
      },
      {
        what: 'a policy of some channels',
        request: { ...fallback(step('sms')), ...policy({ strategy: 'STRATEGY_SPECIFIC', channels: [1] }) },
        at: 'policy.strategy',
      },
    ],
    accepted: [
      { what: 'two steps', request: fallback(step('sms'), step('email')) },
      {
        what: 'a policy of any channel',
        request: { ...fallback(step('sms')), ...policy({ strategy: 'STRATEGY_ANY' }) },
      },
    ],
  },
  'Send.fallback.channel': {
    refused: [
      ...[undefined, 0, 9].map((channel) => ({
        what: String(channel),
        request: fallback({ channel, wait: '30s' }),
        at: 'fallback[0].channel',
      })),
      {
        what: 'an unknown name',
        request: fallback({ channel: 'fax', wait: '30s' }),
        at: 'fallback[0].channel',
      },
      {
        what: 'one that the session has not',
        request: { ...fallback(step('whatsapp')), ...to({ email: 'a@example.com', sms: '+573001234542' }) },
        at: 'fallback[0].channel',
      },
      {
        what: 'the same again',
        request: fallback(step('sms'), step('sms')),
        at: 'fallback[1].channel',
      },
    ],
  },
  'Send.fallback.wait': {
    refused: [
      ...[undefined, '9s', '10.5s', '1801s', '-30s', 'soon', 30].map((wait) => ({
        what: String(wait),
        request: fallback({ ...step('sms'), wait }),
        at: 'fallback[0].wait',
      })),
      {
        what: 'one that leaves 29 seconds',
        request: { ...fallback(step('sms', '31s')), ...config('lifetime')('60s') },
        at: 'fallback[0].wait',
      },
      {
        what: 'two that leave 29 seconds together',
        request: fallback(step('sms', '200s'), step('email', '71s')),
        at: 'fallback[1].wait',
      },
    ],
    accepted: [
      { what: '10s', request: fallback(step('sms', '10s')) },
      {
        what: 'one that leaves 30 seconds',
        request: { ...fallback(step('sms', '30s')), ...config('lifetime')('60s') },
      },
      {
        what: 'two that leave 30 seconds together',
        request: fallback(step('sms', '200s'), step('email', '70s')),
      },
    ],
  },

  'Validate.session_id': id('sessionId'),
  'Validate.code': text('code', 64, top('code'), true),
  'Validate.request_id': text('request_id', 128, top('requestId')),
  'Validate.operation': { refused: [object('operation')] },
  ...withoutAccepted(operationRows('Validate')),
  'Validate.device_id': text('device_id', 128, top('deviceId')),

  'Verify.session_id': id('sessionId'),
  'Verify.code': {
    refused: [
      ...text('code', 64, top('code'), true).refused,
      { what: 'one besides codes', request: { code: '1', codes: { email: '1' } } },
    ],
    accepted: [{ what: '64 characters', request: { code: chars(64) } }],
  },
  'Verify.codes': {
    refused: [
      { what: 'a text', request: { code: undefined, codes: '1' } },
      { what: 'a number for a code', request: { code: undefined, codes: { email: 1 } } },
      { what: 'an unknown channel', request: { code: undefined, codes: { fax: '1' } }, at: 'codes["fax"]' },
      { what: 'an empty code', request: { code: undefined, codes: { email: '' } }, at: 'codes["email"]' },
      {
        what: '65 characters',
        request: { code: undefined, codes: { email: chars(65) } },
        at: 'codes["email"]',
      },
      {
        what: 'four',
        request: { code: undefined, codes: { email: '1', sms: '1', whatsapp: '1', fax: '1' } },
        at: ['codes', 'codes["fax"]'],
      },
      {
        what: 'a channel the session has not',
        request: { code: undefined, codes: { sms: '1' } },
        at: 'codes["sms"]',
        reason: 'CHANNEL_NOT_IN_SESSION',
      },
    ],
    accepted: [{ what: '64 characters', request: { code: undefined, codes: { email: chars(64) } } }],
  },
  'Verify.request_id': text('request_id', 128, top('requestId')),
  'Verify.operation': { refused: [object('operation')] },
  ...withoutAccepted(operationRows('Verify')),
  'Verify.device_id': text('device_id', 128, top('deviceId')),

  'Resend.session_id': id('sessionId'),
  'Resend.channels': {
    refused: [
      { what: 'no list', request: { channels: 1 } },
      { what: 'an unknown name', request: { channels: ['fax'] }, at: 'channels[0]' },
      { what: 'the unspecified one', request: { channels: [0] }, at: 'channels[0]' },
      { what: 'the same twice', request: { channels: [1, 1] } },
      { what: 'four', request: { channels: [1, 2, 3, 4] } },
      {
        what: 'one that the session has not',
        request: { channels: [2] },
        at: 'channels[0]',
        reason: 'CHANNEL_NOT_IN_SESSION',
      },
      {
        what: 'an unknown number',
        request: { channels: [9] },
        at: 'channels[0]',
        reason: 'CHANNEL_NOT_IN_SESSION',
      },
    ],
    accepted: [{ what: 'one of the session', request: { channels: [1] } }],
  },
  'Resend.request_id': text('request_id', 128, top('requestId')),
  'Resend.end_user_ip': endUserIp(),
  'Resend.device_id': text('device_id', 128, top('deviceId')),

  'ListSessions.page_size': {
    refused: [-1, 101, 1.5, 'many'].map((pageSize) => ({ what: String(pageSize), request: { pageSize } })),
    accepted: [0, 100].map((pageSize) => ({ what: String(pageSize), request: { pageSize } })),
  },
  'ListSessions.page_token': {
    refused: [
      { what: 'a number', request: { pageToken: 1 } },
      { what: 'none of ours', request: { pageToken: 'next' } },
      { what: '513 characters', request: { pageToken: chars(513) } },
    ],
  },
  'ListSessions.status': {
    refused: [
      { what: 'an unknown name', request: { status: 'PENDING' } },
      { what: 'an unknown number', request: { status: 99 } },
    ],
    accepted: [{ what: 'a name', request: { status: 'SESSION_STATUS_PENDING' } }],
  },
  'ListSessions.channel': {
    refused: [
      { what: 'an unknown name', request: { channel: 'fax' } },
      { what: 'an unknown number', request: { channel: 9 } },
    ],
    accepted: [{ what: 'a name', request: { channel: 'CHANNEL_SMS' } }],
  },
  'ListSessions.purpose': text('purpose', 64, top('purpose')),
  'ListSessions.sandbox': flag('sandbox'),
  'ListSessions.recipient': {
    refused: [
      { what: 'a number', request: { recipient: 1 } },
      { what: 'no address', request: { recipient: 'not-an-address' }, ...INVALID_RECIPIENT },
      { what: '255 characters', request: { recipient: longerEmail } },
    ],
    accepted: [{ what: '254 characters', request: { recipient: longestEmail } }],
  },
  'ListSessions.created_after': time('createdAfter'),
  'ListSessions.created_before': time('createdBefore'),
  'ListSessions.metadata': {
    refused: [
      { what: 'a text', request: { metadata: 'a' } },
      { what: 'a number for a value', request: { metadata: { a: 1 } } },
      { what: 'nine pairs', request: { metadata: pairs(9) } },
      {
        what: 'a name of 129 characters',
        request: { metadata: { [chars(129)]: '' } },
        at: `metadata["${chars(129)}"]`,
      },
      { what: 'a value of 513 characters', request: { metadata: { a: chars(513) } }, at: 'metadata["a"]' },
    ],
    accepted: [
      { what: 'eight pairs', request: { metadata: pairs(8) } },
      { what: 'the longest name and value', request: { metadata: { [chars(128)]: chars(512) } } },
    ],
  },
  'ListSessions.sponsor_slug': text('sponsor_slug', 64, top('sponsorSlug')),

  'GetSession.session_id': id('sessionId'),
  'CancelSession.session_id': id('sessionId'),

  'Introspect.verification_token': id('verificationToken'),
  'Introspect.accept_sandbox': flag('acceptSandbox'),

  'Redeem.verification_token': id('verificationToken'),
  'Redeem.session_id': {
    refused: [
      { what: 'a number', request: { sessionId: 1 } },
      { what: '129 characters', request: { sessionId: chars(129) } },
      { what: 'a session together with a token', request: { sessionId: chars(128) } },
    ],
  },
  'Redeem.operation': {
    refused: [object('operation'), { what: 'nothing', request: { operation: undefined } }],
  },
  ...operationRows('Redeem'),
  'Redeem.recipient': {
    refused: [
      { what: 'a number', request: { recipient: 1 } },
      { what: '255 characters', request: { recipient: longerEmail } },
      { what: 'no address', request: { recipient: 'not-an-address' }, ...INVALID_RECIPIENT },
      { what: 'another recipient', request: { recipient: 'else@example.com' }, reason: 'OPERATION_MISMATCH' },
    ],
  },
  'Redeem.accept_sandbox': flag('acceptSandbox'),
  'Redeem.request_id': text('request_id', 128, top('requestId')),

  'GetSponsorConfiguration.sponsor_slug': text('sponsor_slug', 64, top('sponsorSlug'), true),
  'GetSponsorConfiguration.product_type': text('product_type', 64, top('productType')),

  'GetVerificationStatus.sponsor_slug': text('sponsor_slug', 64, top('sponsorSlug'), true),
  'GetVerificationStatus.operation': {
    refused: [object('operation'), { what: 'nothing', request: { operation: undefined } }],
  },
  ...operationRows('GetVerificationStatus'),
};

function time(field: string): FieldRow {
  const values = ['yesterday', '2030-01-15', '10000-01-01T00:00:00Z', 1894708800];
  return {
    refused: values.map((value) => ({ what: String(value), request: { [field]: value } })),
    accepted: [
      { what: 'the first moment', request: { [field]: '0001-01-01T00:00:00Z' } },
      { what: 'the last one', request: { [field]: '9999-12-31T23:59:59.999Z' } },
    ],
  };
}

function pairs(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
}
