import { OUTBOUND_ERRORS } from '../../server/outbound/outbound.js';
import { TOLERANCE_MS } from '../../server/secrets/tokens/standardWebhooks.js';
import type { StoredSession } from '../../server/session/stored.js';
import type { ShownEventType } from '../../server/session/storedEvents.js';
import { storedEvent } from '../../server/webhooks/event.js';
import { WEBHOOK_LIMITS } from '../../server/webhooks/limits.js';
import { testEvent } from '../../server/webhooks/testEvent.js';
import { GENERATED, table } from './markdown.js';

/** What each type means, and the channel fields it has. */
export const EVENT_TYPES: Readonly<Record<ShownEventType, readonly [meaning: string, more: string]>> = {
  'session.partial': ['a channel was verified, and others are still needed', 'the channel'],
  'session.approved': ['a channel was verified, and no other is needed', 'the channel'],
  'session.locked': ['no attempts are left', ''],
  'session.expired': ['it has expired', ''],
  'session.canceled': ['it was cancelled', ''],
  'delivery.accepted': ['a provider accepted the message of a channel', 'the channel'],
  'delivery.delivered': ['the provider reported delivery', 'the channel'],
  'delivery.failed': ['the message could not be delivered', 'the channel and `error`'],
};

const WORDS: Readonly<Record<(typeof OUTBOUND_ERRORS)[number], string>> = {
  REFUSED_ADDRESS: 'the URL must not be called: a private address, for example',
  NAME_NOT_FOUND: 'the name does not exist',
  TLS_FAILED: 'the certificate is not valid, or the TLS handshake failed',
  UNREACHABLE: 'the connection was refused or broken',
  TIMEOUT: `no complete response within ${WEBHOOK_LIMITS.timeoutSeconds} seconds`,
  TOO_LARGE: '',
};

const AT = new Date('2030-01-15T12:00:00Z');
const SESSION = {
  _id: 'acme/01b92571-ea00-7680-9141-a7e17e33e7c6',
  partition: 'acme.live',
  mode: 'live',
  purgeAt: AT,
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

Webhooks notify your backend of events: a session was approved, a message could not be delivered. A workspace registers
up to ${limits.endpoints} live endpoints with \`WebhookService\`, and as many for the sandbox. They receive the events of sessions opened
after their registration, live endpoints those of live sessions, sandbox endpoints those of sandbox sessions.
\`WatchSession\` streams the same events.

## Events

Each event is a POST with a JSON body:

\`\`\`json
${example(event.body)}
\`\`\`

${table(
  ['type', 'when', 'additional fields'],
  Object.entries(EVENT_TYPES).map(([type, [meaning, more]]) => [`\`${type}\``, meaning, more]),
)}

\`timestamp\` is when the event happened. Fields of \`data\`:

* \`session_id\`, \`purpose\`, \`sandbox\`, and the \`metadata\` passed to Send, if any;
* \`status\`: the status of the session after this event; for delivery events, when the request was built;
* \`channel\` (\`email\`, \`sms\`, \`whatsapp\`) and \`masked_recipient\` for events of one channel;
* \`error\` for failed deliveries: a stable word, as in \`GetSession\`.

Events never contain a code, a token or a full address. Fields may be added: ignore those you do not know.

## Signatures

Requests are signed as [Standard Webhooks](https://www.standardwebhooks.com/); its libraries verify them in most languages.
The headers are \`webhook-id\` (identifies the event, the same in every delivery attempt), \`webhook-timestamp\` (of this
attempt, in seconds) and \`webhook-signature\`. Verify the signature over the raw bytes before you parse the body, and
reject timestamps more than ${TOLERANCE_MS / 60_000} minutes off. CreateWebhookEndpoint returns the secret, once. A complete receiver:

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

RotateWebhookSecret generates a new secret. For ${limits.oldSecretHours} hours requests are also signed with the old one, with at most ${limits.secrets} secrets
at a time, so that receivers can change over without downtime.

## Acknowledging an event

Acknowledge with any 2xx within ${limits.timeoutSeconds} seconds; the response body is ignored. Anything else, redirects included, is a failed
delivery attempt. Respond first and process afterwards. An event can arrive twice if a response was lost: deduplicate
by \`webhook-id\`.

Events of one session arrive in order: an event is sent only after the previous one was acknowledged or abandoned.
Sessions do not wait for each other. A process has at most ${limits.atOnce} requests to an endpoint in flight, and ${limits.atOnceFailing} if the endpoint
acknowledged none of the last ${limits.disableAfterAttempts}.

## Delivery attempts

Failed events are retried for ${limits.retryHours} hours: first after ${limits.firstWaitSeconds} seconds, then with the wait doubled each time, up to ${limits.longestWaitSeconds / 3_600} hours,
with 20 % jitter; the last attempt is at the end of that time. \`Retry-After\` in a response is respected, up to
${limits.retryAfterSeconds / 60} minutes. An event that was never acknowledged is abandoned, and the session's next event follows. If a process
crashes, another one, or the same one after its restart, resumes with the same event.

ListWebhookDeliveries lists by session the pending events, the time of their next attempt, and the last ${limits.attemptsKept} attempts, with
the status or the error:

${table(
  ['error', 'why'],
  words.map((word) => [`\`${word}\``, WORDS[word]]),
)}

## Endpoints that are disabled

* \`GONE\`: it responded with 410.
* \`FAILING\`: it acknowledged nothing for ${limits.disableAfterDays} days and at least ${limits.disableAfterAttempts} delivery attempts.
* \`OPERATOR\`: it was disabled with UpdateWebhookEndpoint.

The service logs it, \`countersign_webhook_endpoints_disabled_total\` counts it, and the endpoint shows the reason and
the time. Pending events of a disabled endpoint are dropped; enabling it does not restore them.

## Replaying events

Events are kept for ${limits.eventDays} days, or as long as their session where the workspace's \`retention_days\` are fewer, including those
that happened while an endpoint was disabled. ReplayWebhookEvents queues one
event again, by its \`webhook-id\`, or all events since a point in time that the endpoint subscribes to, up to ${limits.replayedAtOnce.toLocaleString('en')} per
call, with a page token for the rest. Replayed events keep their id and body, get a new signature, and arrive in the
order of their session.

Once a receiver works again, a replay also saves the wait of what is still pending: a pending event is not queued twice, it
is sent at once and not at its next attempt, also where \`Retry-After\` asked for more. Its attempts so far count, so that
it is abandoned when it would have been. The response has the number of these events in \`pending\`, and of those that were
queued again in \`replayed\`. An earlier event of the same session that is pending is sent first. Repeating a replay while
its events are pending changes nothing more.

SendTestEvent sends this event, once, and returns the result:

\`\`\`json
${example(test.body)}
\`\`\`

TriggerEvent makes an event of a chosen type in the sandbox, with \`"test": true\` in its data and a session that does not
exist, and sends it to the test endpoints as it does every other: signed, repeated until it is acknowledged, listed among
the deliveries. \`countersign webhooks trigger --event-type session.approved\` does it with a test key.

## The portal

The engineers of a tenant need no key to see why their receiver got nothing. \`WebhookService.CreatePortalLink\`,
\`countersign webhooks create-portal-link\` or “Portal link…” in the console make a link to \`/portal\`, a page with the
endpoints of one workspace and mode, their deliveries, the bodies of events, test events, replay and new secrets, and
nothing else. Your backend makes one when an engineer asks for it, and sends the browser there.

The link holds an API key of the workspace with the scope \`webhooks\` alone. It is in the fragment, which no server is
sent; the page takes it out of the URL at once and keeps only an access token, for as long as the tab is open. The link
can be used until it expires (an hour, or the \`lifetime\` asked for, at most a day, and no later than the credential that
made it) or until its key, “Portal link” among the keys of the workspace, is revoked: give it to no one else. With
\`read_only\` it shows and changes nothing. What is done through it is in the audit log under that key.

The link leads to \`OTP_PUBLIC_URL\`. With \`OTP_OPERATOR_PORT\` the administration is not on the public port, and there is no
portal.

![The portal](../pictures/portal.png)

## A receiver on your own machine

The service cannot reach a laptop. \`countersign webhooks listen --forward-to http://127.0.0.1:3000/webhooks\` reads the
events of the workspace instead and posts them to the receiver with the same bodies, signed with a secret that it prints.
Each is sent once, about two seconds after it happened, and its \`webhook-id\` is not that of a registered endpoint. It
needs a key of the scope \`support\` or \`admin\`; use a test key. \`countersign tail\` prints the events.

## Allowed URLs

In development, any URL is allowed. With \`OTP_ENV=production\`, URLs must use https and resolve to public IP addresses;
this is checked for each connection. \`OTP_WEBHOOK_NETWORKS\` lists networks of your own that are also allowed, with http
as well.
`;
}
