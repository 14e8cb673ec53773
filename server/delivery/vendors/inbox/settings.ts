import { settingGroup } from '../../../config/settingGroup.js';
import { emailFrom } from '../smtp/settings.js';

const settings = { from: emailFrom };

/** Requires nothing, so the inbox is always configured. */
export const INBOX_SETTINGS = settingGroup({ title: 'Development inbox', settings });
