import { beneficiary } from '../../server/gateway/beneficiary/index.js';
import { messaging } from '../../server/gateway/messaging/index.js';
import { createMultichannel } from '../../server/gateway/multichannel/index.js';
import { createOAuth } from '../../server/gateway/oauth/index.js';
import { openapi } from '../../server/gateway/openapi/document.js';

// What a dialect works with is not needed to describe it.
const nothing = {} as never;

/** The description that a running service gives at /openapi.json. */
export const description = (): string =>
  `${JSON.stringify(
    openapi([beneficiary, createOAuth(nothing), createMultichannel(nothing), messaging]),
    null,
    2,
  )}\n`;
