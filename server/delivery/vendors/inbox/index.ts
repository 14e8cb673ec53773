import { CHANNELS } from '../../../domain/channels.js';
import { defineVendor } from '../vendor.js';
import { INBOX_SETTINGS } from './settings.js';

export const inbox = defineVendor({
  name: 'inbox',
  channels: CHANNELS,
  settings: INBOX_SETTINGS,
  developmentOnly: true,
  guide:
    'Keeps messages in the store for a day, sealed, for channels without another provider. `GET /inbox` is a page that shows them, `GET /inbox.json` the list, to callers with the inbox token (`OTP_INBOX_TOKEN`).',
  create: async ({ from }, deps) => (await import('./inbox.js')).createInbox({ ...deps, from }),
});
