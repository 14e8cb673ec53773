import type { SettingGroup } from '../../config/settingGroup.js';
import { deliveryWebhook } from './deliveryWebhook/index.js';
import { inbox } from './inbox/index.js';
import { smtp } from './smtp/index.js';
import { sns } from './sns/index.js';
import { twilio } from './twilio/index.js';
import type { Vendor } from './vendor.js';
import { vonage } from './vonage/index.js';
import { whatsappCloud } from './whatsappCloud/index.js';

/** The vendors, in the order in which those of one channel are used. A new one is a folder and a line here. */
export const VENDORS: readonly Vendor[] = [smtp, whatsappCloud, twilio, vonage, sns, deliveryWebhook];

/** Replaces the providers of channels that have none, in development. */
export const INBOX = inbox;

/** The settings of them all. */
export const VENDOR_SETTINGS: readonly SettingGroup[] = [...VENDORS, INBOX].map(({ settings }) => settings);
