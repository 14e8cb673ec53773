import { OUTBOUND_ERRORS } from '../../server/outbound/outbound.js';
import { TOLERANCE_MS } from '../../server/secrets/tokens/standardWebhooks.js';
import type { ShownEventType, StoredSession } from '../../server/session/stored.js';
import { storedEvent } from '../../server/webhooks/event.js';
import { WEBHOOK_LIMITS } from '../../server/webhooks/limits.js';
import { testEvent } from '../../server/webhooks/testEvent.js';
import { GENERATED, table } from './markdown.js';

/** What each type means, and what of a channel stands in it. */
export const EVENT_TYPES: Readonly<Record<ShownEventType, readonly [meaning: string, more: string]>> = {
  'session.partial': ['a channel was verified, and others are still needed', 'the channel'],
  'session.approved': ['a channel was verified, and no other is needed', 'the channel'],
  'session.locked': ['no attempts are left', ''],
  'session.expired': ['its time is over', ''],
  'session.canceled': ['it was cancelled', ''],
  'delivery.accepted': ['a provider took the message of a channel', 'the channel'],
  'delivery.delivered': ['the provider says that it reached the person', 'the channel'],
  'delivery.failed': ['the message was given up', 'the channel and `error`'],
};

const WORDS: Readonly<Record<(typeof OUTBOUND_ERRORS)[number], string>> = {
  REFUSED_ADDRESS: 'the address is none that may be called',
  NAME_NOT_FOUND: 'the name does not exist',
  TLS_FAILED: 'the certificate, or the way it speaks TLS, is not acceptable',
  UNREACHABLE: 'nobody answers there, or hangs up',
  TIMEOUT: `there was no whole answer within ${WEBHOOK_LIMITS.timeoutSeconds} seconds`,
  TOO_LARGE: '',
};

const AT = new Date('2030-01-15T12:00:00Z');
const SESSION = {
  _id: 'acme/01b92571-ea00-7680-9141-a7e17e33e7c6',
  partition: 'acme.live',
  mode: 'live',
  purpose: 'login',
  metadata: '{"user_id":"u_42"}',
  channels: { sms: { masked: '+57 300 *** ** 42' } },
} as unknown as StoredSession;

const example = (body: string): string => JSON.stringify(JSON.parse(body), undefined, 2);

/** docs/guides/webhooks.md, from the limits and the events. */
export function webhooks(): string {
  const limits = WEBHOOK_LIMITS;
  const approved = { id: 'session.approved.sms', type: 'session.approved', at: AT, channel: 'sms' } as const;
  const event = storedEvent(SESSION, approved, 1, AT.getTime());
  const test = testEvent({ _id: 'acme.live/01b92571-ea00-7000-8000-3ad2c5a3e1f0' }, '', AT.getTime());
  const words = OUTBOUND_ERRORS.filter((word) => WORDS[word] !== '');
  return `# Webhooks

${GENERATED}

A workspace registers endpoints of its own with \`WebhookService\`, up to ${limits.endpoints} live ones and as many of the sandbox. They
are told what happens to the sessions that are opened from then on; live endpoints of live sessions, those of the sandbox
of sandbox sessions. \`WatchSession\` tells of the same events.

## What is sent

A POST with a JSON body for each event:

\`\`\`json
${example(event.body)}
\`\`\`

${table(
  ['type', 'when', 'besides'],
  Object.entries(EVENT_TYPES).map(([type, [meaning, more]]) => [`\`${type}\``, meaning, more]),
)}

\`timestamp\` is when it happened. In \`data\`:

* \`session_id\`, \`purpose\`, \`sandbox\`, and \`metadata\` as Send gave it, where it gave any;
* \`status\`: where the session stood with this event, of events of deliveries when they were told;
* \`channel\` (\`email\`, \`sms\`, \`whatsapp\`) and \`masked_recipient\` of events about one channel;
* \`error\` of a failed delivery: a stable word, as in \`GetSession\`.

There is never a code, a token or a full address in it. More fields may come: ignore those you do not know.

## Signatures

Signed as [Standard Webhooks](https://www.standardwebhooks.com/) has it, whose libraries verify it in any language:
\`webhook-id\` (the event's own, the same whenever it is repeated), \`webhook-timestamp\` (of this try, seconds) and
\`webhook-signature\`. Verify before reading the body, over the bytes as they came, and refuse what is more than
${TOLERANCE_MS / 60_000} minutes off. CreateWebhookEndpoint shows the secret, once. A receiver in full:

\`\`\`js
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (req, res) => {
  const body = await text(req);
  try {
    webhook.verify(body, req.headers);
  } catch {
    return res.writeHead(401).end();
  }
  res.writeHead(204).end();
  const { type, data } = JSON.parse(body);
  console.log(req.headers['webhook-id'], type, data);
}).listen(process.env.PORT ?? 3000, function () {
  console.log('listening on', this.address().port);
});
\`\`\`

RotateWebhookSecret makes a new secret. For ${limits.oldSecretHours} hours everything is signed with the old one as well, at most ${limits.secrets} secrets
at a time, so that receivers change over when they like.

## Taking an event

Any status from 200 to 299 within ${limits.timeoutSeconds} seconds takes it; the body is not looked at. Anything else, redirects included, is a
try that failed. Answer first and work afterwards. An event may come twice, when an answer was lost on the way: by its
\`webhook-id\` you know it.

Events of one session come in the order in which they happened, one after the other: a later one never overtakes an
earlier one that was not taken yet. Sessions do not wait for each other. At most ${limits.atOnce} tries at a time are under way from
one process, and ${limits.atOnceFailing} to an endpoint that took nothing of the last ${limits.disableAfterTries}.

## Tries

For ${limits.retryHours} hours: after ${limits.firstWaitSeconds} seconds, and each time after twice as long, up to ${limits.longestWaitSeconds / 3_600} hours, a fifth more or less; the
last try is at the very end. An endpoint that answers with \`Retry-After\` is left alone so long, up to
${limits.retryAfterSeconds / 60} minutes. An event that was not taken in the end is given up, and the session's next one is tried. A process that
dies loses nothing: another one, or the same when it is back, goes on with the same event.

ListWebhookDeliveries shows by session what waits, when it is tried next, and the last ${limits.triesKept} tries, with the status or
why there was no answer:

${table(
  ['error', 'why'],
  words.map((word) => [`\`${word}\``, WORDS[word]]),
)}

## Endpoints that are disabled

* \`GONE\`: it answered 410.
* \`FAILING\`: for ${limits.disableAfterDays} days, and at least ${limits.disableAfterTries} tries, it took nothing.
* \`OPERATOR\`: by UpdateWebhookEndpoint.

The log says so, \`countersign_webhook_endpoints_disabled_total\` counts it, and the endpoint shows why and since when.
What waits for a disabled endpoint is dropped, and enabling it brings nothing back by itself.

## Sending again

Events are kept for ${limits.eventDays} days, those included that happened while an endpoint was disabled. ReplayWebhookEvents puts one of
them in line again, by its \`webhook-id\`, or all since a time that the endpoint wants, up to ${limits.replayedAtOnce.toLocaleString('en')} a call and with a token to
go on with. They keep their ids and their bodies, are signed anew, and come in the order of their session.

SendTestEvent sends this, once, and says what came of it:

\`\`\`json
${example(test.body)}
\`\`\`

## Where endpoints may be

In development anywhere. With \`OTP_ENV=production\` at public addresses, over https; where a name leads is looked at for
each connection. \`OTP_WEBHOOK_NETWORKS\` names networks of your own that may be called besides, over http as well.
`;
}
