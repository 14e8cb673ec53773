import { z } from 'zod';
import {
  baseUrl,
  credential,
  list,
  oneLine,
  secret,
  setting,
  type ValuesOf,
} from '../../../config/setting.js';
import { settingGroup } from '../../../config/settingGroup.js';

const numbers = list
  .refine(
    (pairs) => pairs.every((pair) => /^\+[1-9]\d{6,14}=\d+$/.test(pair)),
    'must be like +573001234542=106540352242922, separated by commas',
  )
  .transform(
    (pairs): ReadonlyMap<string, string> =>
      new Map(pairs.map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? ''])),
  );

const settings = {
  accessToken: secret('OTP_WHATSAPP_ACCESS_TOKEN', credential, 'Access token.'),
  phoneNumberId: setting(
    'OTP_WHATSAPP_PHONE_NUMBER_ID',
    z.string().regex(/^\d+$/, 'must be the digits of a phone number id'),
    'Id of the phone number that messages come from.',
  ),
  numbers: setting(
    'OTP_WHATSAPP_NUMBERS',
    numbers.prefault(''),
    'Ids of further phone numbers, number=id separated by commas, for workspaces whose sender is one of them.',
  ),
  template: setting(
    'OTP_WHATSAPP_TEMPLATE',
    z.string().regex(/^[a-z0-9_]{1,512}$/, 'must be lower-case letters, digits and "_"'),
    'Name of an approved authentication template with a copy-code button.',
  ),
  languages: setting(
    'OTP_WHATSAPP_LANGUAGES',
    list
      .refine((codes) => codes.length > 0, 'must name a language')
      .refine(
        (codes) => codes.every((code) => /^[a-z]{2,3}(_[A-Za-z]{2,4})?$/.test(code)),
        'must be language codes of Meta such as en_US',
      )
      .default(['en_US']),
    'Languages the template is approved in, separated by commas; the first is used where none is closer.',
  ),
  appSecret: secret(
    'OTP_WHATSAPP_APP_SECRET',
    credential.optional(),
    'App secret, which signs its delivery receipts. Unset: they are not accepted.',
  ),
  verifyToken: secret(
    'OTP_WHATSAPP_VERIFY_TOKEN',
    oneLine.optional(),
    'The verify token entered in the app’s settings, with which Meta verifies the callback URL.',
  ),
  url: setting(
    'OTP_WHATSAPP_URL',
    baseUrl.default('https://graph.facebook.com/v25.0'),
    'URL of the API, with its version.',
  ),
};

export const WHATSAPP_SETTINGS = settingGroup({ title: 'WhatsApp Cloud', settings });

export type WhatsappCloudSettings = ValuesOf<typeof settings>;
