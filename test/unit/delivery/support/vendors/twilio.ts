import { codeIn, formed, same, within } from './expecting.js';
import type { VendorWire } from './vendorStub.js';

interface Account {
  readonly accountSid: string;
  readonly authToken: string;
  readonly statusCallback?: string | undefined;
  /** The template of WhatsApp messages. */
  readonly contentSid?: string | undefined;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const SENDER = /^(\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$/;

/** Twilio's Messages resource, version 2010-04-01: "Create a Message". */
export function twilioWire(account: Account): VendorWire {
  const { accountSid, authToken, statusCallback, contentSid } = account;
  return {
    read({ method, path, headers, body }) {
      same('request', `${method} ${path}`, `POST /2010-04-01/Accounts/${accountSid}/Messages.json`);
      const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
      same('authorization', headers.authorization, `Basic ${basic}`);
      formed('content-type', headers['content-type'], /^application\/x-www-form-urlencoded/);
      const fields = new URLSearchParams(body);
      const { To, From, MessagingServiceSid, ValidityPeriod, StatusCallback, ...content } =
        Object.fromEntries(fields);
      same('fields given twice', [...fields].length, new Set(fields.keys()).size);
      within('ValidityPeriod', Number(formed('ValidityPeriod', ValidityPeriod, /^\d+$/)), 36_000);
      same('StatusCallback', StatusCallback, statusCallback);
      const isWhatsapp = To?.startsWith('whatsapp:');
      const to = formed('To', isWhatsapp ? To?.slice('whatsapp:'.length) : To, E164);
      if (isWhatsapp) {
        formed('From', From, /^whatsapp:\+[1-9]\d{6,14}$/);
        same('MessagingServiceSid', MessagingServiceSid, undefined);
      } else if (MessagingServiceSid === undefined) formed('From', From, SENDER);
      else formed('MessagingServiceSid', `${From ?? ''}${MessagingServiceSid}`, /^MG[0-9a-f]{32}$/);
      if (isWhatsapp && contentSid) {
        const { ContentVariables = '{}', ...rest } = content;
        same('content', rest, { ContentSid: contentSid });
        const variables: Record<string, unknown> = JSON.parse(ContentVariables);
        same('variables', Object.keys(variables), ['1']);
        return { to, code: formed('variable 1', variables['1'], /^\d{4,8}$/) };
      }
      same('content', Object.keys(content), ['Body']);
      within('Body', [...(content.Body ?? '')].length, 1_600);
      return { to, code: codeIn(content.Body ?? ''), text: content.Body ?? '' };
    },
    accepted(n, { to, text = '' }) {
      const sid = `SM${n.toString(16).padStart(32, '0')}`;
      const reply = {
        sid,
        account_sid: accountSid,
        api_version: '2010-04-01',
        status: 'queued',
        to,
        body: text,
        error_code: null,
        error_message: null,
        num_segments: '1',
        direction: 'outbound-api',
      };
      return { status: 201, vendorId: sid, headers: JSON_TYPE, body: JSON.stringify(reply) };
    },
    refused: (status, code, { to, text }) => ({
      status,
      headers: JSON_TYPE,
      body: JSON.stringify({
        code: Number(code),
        message: `The 'To' number ${to} cannot be sent "${text}"`,
        more_info: `https://www.twilio.com/docs/errors/${code}`,
        status,
      }),
    }),
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };
