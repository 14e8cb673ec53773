import { VENDORS } from '../../server/delivery/vendors/index.js';
import { callbackPath } from '../../server/delivery/vendors/receipts.js';
import type { Vendor } from '../../server/delivery/vendors/vendor.js';
import { GENERATED, table } from './markdown.js';
import { receiptNeeds } from './providers.js';

/** The request lines of a vendor's receipts, and what they need besides its required settings. */
function urlRow(
  { settings: { title, settings }, receipts }: Vendor,
  needs: readonly string[],
): readonly string[] {
  const path = callbackPath(receipts?.path ?? '');
  const handshake = receipts?.handshake && settings[receipts.handshake]?.variable;
  return [
    title,
    handshake ? `\`POST\` and \`GET ${path}\`` : `\`POST ${path}\``,
    [needs.join(' and '), ...(handshake ? [`\`GET\` with \`${handshake}\``] : [])].filter(Boolean).join('; '),
    receipts?.guide.registration ?? '',
  ];
}

/** docs/operations/delivery-receipts.md, from the vendors' rooms. */
export function deliveryReceipts(vendors: readonly Vendor[] = VENDORS): string {
  const reporting = vendors.filter(({ receipts }) => receipts);
  const silent = vendors.filter(({ receipts }) => !receipts).map(({ settings: { title } }) => title);
  const notes = reporting.flatMap(({ settings: { title }, receipts }) =>
    receipts?.guide.notes ? [`## ${title}\n\n${receipts.guide.notes}`] : [],
  );
  return `# Delivery receipts

${GENERATED}

A provider that accepts a message has not delivered it yet; vendors with delivery receipts report later whether they
did. The service receives these reports as status callbacks and moves the session's channel from \`ACCEPTED\` to
\`DELIVERED\` or \`FAILED\`: in \`GetSession\`, \`WatchSession\`, webhooks, statistics and metrics. A message that failed is
refunded, and a fallback channel that waits for it is used at once.

## Callback URLs

The paths are below \`OTP_PUBLIC_URL\`, the URL under which the service is reached from outside. Callbacks of vendors that
are not configured return 404.

${table(
  ['vendor', 'path', 'requires, besides the vendor’s settings', 'registration'],
  reporting.map((vendor) => urlRow(vendor, receiptNeeds(vendor))),
)}

Receipts of a workspace's [own account](provider-accounts.md) arrive at the same path with \`/<workspace>/<account>\` behind
it, and are verified with that account's secret.

Messages of providers without delivery receipts stay \`ACCEPTED\`: ${silent.join(', ')}.

## Verification

${table(
  ['vendor', 'signature', 'covers', 'time'],
  reporting.map(({ settings: { title }, receipts }) => [
    title,
    receipts?.guide.signature ?? '',
    receipts?.guide.signed ?? '',
    receipts?.guide.freshness ?? '',
  ]),
)}

Signatures are compared in constant time, before the body is parsed and before the session is looked up. Without a valid
signature the response is 401 \`UNAUTHENTICATED\`, counted and logged like every refusal. A proxy may strip a prefix of
the path, because the signed URL is built from \`OTP_PUBLIC_URL\`; it must not change the query or the body.

## Processing

* Only final states count: \`delivered\` and \`read\`; \`failed\`, \`undelivered\`, \`undeliverable\`, \`rejected\`, \`canceled\`. The
  vendor's error code is mapped to a [word](../reference/providers.md#why-a-message-was-not-delivered); without one the
  word is \`UNDELIVERED\`. Its code and text are kept with the delivery.
* Only an \`ACCEPTED\` message changes, once. Repeated or contradicting reports change nothing, which makes a replay
  harmless where the signature has no time.
* Only the latest message of a channel changes: after a resend, reports about the old message are ignored.
* A message whose code was entered did not fail, even if the vendor reports that it did.
* A report can arrive before the vendor's own response, or before our record of it. An unknown message is looked up again
  after half a second and after two seconds. If it is still unknown it is not ours, and the report is acknowledged all
  the same, because vendors would otherwise repeat it for days.
* 200 with an empty body: the report is stored, or is not needed. 503: the store is unavailable, and the vendor should
  retry.

${notes.join('\n\n')}
`;
}
