import { codeIn, formed, same, within } from './expecting.js';
import { checkSigV4 } from './sigV4.js';
import type { VendorWire } from './vendorStub.js';

interface Account {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly now: () => number;
}

/** How far the clock of a request may be off, milliseconds. */
const TOLERANCE_MS = 15 * 60_000;
const ENTRY = /^MessageAttributes\.entry\.(\d+)\.(Name|Value\.DataType|Value\.StringValue)$/;

/** AWS SNS, action Publish of the query API of 2010-03-31, with Signature Version 4. */
export function snsWire({ now, ...account }: Account): VendorWire {
  return {
    read(request) {
      const { method, path, headers, body } = request;
      same('request', `${method} ${path}`, 'POST /');
      formed('content-type', headers['content-type'], /^application\/x-www-form-urlencoded/);
      const signedAt = checkSigV4(request, { ...account, service: 'sns' });
      if (!(Math.abs(signedAt - now()) < TOLERANCE_MS)) throw new Error('signed at another time');
      const fields = Object.fromEntries(new URLSearchParams(body));
      const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !ENTRY.test(name)));
      const { PhoneNumber, Message = '', ...fixed } = rest;
      same('other fields', fixed, { Action: 'Publish', Version: '2010-03-31' });
      formed('PhoneNumber', PhoneNumber, /^\+[1-9]\d{6,14}$/);
      within('Message', Buffer.byteLength(Message), 1_600);
      const { 'AWS.SNS.SMS.SMSType': type, ...sender } = attributesOf(fields);
      same('SMSType', type, 'Transactional');
      const [[name, value] = ['none', ''], ...more] = Object.entries(sender);
      same('more attributes', more, []);
      if (name === 'AWS.SNS.SMS.SenderID') formed(name, value, /^(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}$/);
      else if (name === 'AWS.MM.SMS.OriginationNumber') formed(name, value, /^\+?\d{5,14}$/);
      else same('attribute', name, 'none');
      return { to: PhoneNumber ?? '', code: codeIn(Message), text: Message };
    },
    accepted(n) {
      const vendorId = `567910cd-659e-55d4-8ccb-${n.toString(16).padStart(12, '0')}`;
      const body = `<PublishResponse xmlns="https://sns.amazonaws.com/doc/2010-03-31/">
  <PublishResult><MessageId>${vendorId}</MessageId></PublishResult>
  <ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata>
</PublishResponse>`;
      return { status: 200, vendorId, headers: XML, body };
    },
    refused: (status, code, { to, text }) => ({
      status,
      headers: XML,
      body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>Invalid parameter: PhoneNumber Reason: ${to} is not valid to publish to: ${text}</Message></Error>
  <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId>
</ErrorResponse>`,
    }),
  };
}

const XML = { 'content-type': 'text/xml' };

/** The attributes, numbered from 1 without a gap, each a string. */
function attributesOf(fields: Readonly<Record<string, string>>): Record<string, string> {
  const count = Object.keys(fields).filter((name) => ENTRY.test(name)).length / 3;
  const entries = Array.from({ length: count }, (_, i) => {
    const field = (name: string) => fields[`MessageAttributes.entry.${i + 1}.${name}`];
    same('DataType', field('Value.DataType'), 'String');
    return [formed('Name', field('Name'), /./), formed('StringValue', field('Value.StringValue'), /./)];
  });
  return Object.fromEntries(entries);
}
