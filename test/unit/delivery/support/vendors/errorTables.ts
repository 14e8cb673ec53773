import type { Outcome } from '../../../../../server/delivery/provider.js';
import type { FinalError, RetryError } from '../../../../../server/delivery/words.js';

/** The outcome of an error. `wait`: a retry of this message alone, whose provider is well. */
type Meaning = FinalError | `retry ${string}` | `wait ${string}`;

/** The vendor's codes, each with the HTTP status that it comes with. */
type Errors = readonly (readonly [meaning: Meaning, errors: Readonly<Record<number, readonly string[]>>])[];

/** One documented error, and what must become of it. */
export interface ErrorRow {
  readonly status: number;
  readonly code: string;
  readonly outcome: Outcome;
}

function outcomeOf(meaning: Meaning): Outcome {
  const [kind, error = ''] = meaning.split(' ');
  if (kind === 'retry') return { kind: 'retry', error: error as RetryError };
  if (kind === 'wait') return { kind: 'retry', error: error as RetryError, aboutMessage: true };
  return { kind: 'failed', error: meaning as 'REFUSED' };
}

const rows = (errors: Errors): ErrorRow[] =>
  errors.flatMap(([meaning, byStatus]) =>
    Object.entries(byStatus).flatMap(([status, codes]) =>
      codes.map((code) => ({ status: Number(status), code, outcome: outcomeOf(meaning) })),
    ),
  );

/** What a status says where the vendor's code says nothing. */
export const STATUS_ERRORS = rows([
  ['MISCONFIGURED', { 401: ['99'], 402: ['99'], 403: ['99'], 404: ['99'], 405: ['99'], 410: ['99'] }],
  ['REFUSED', { 400: ['99'], 409: ['99'], 413: ['99'], 415: ['99'], 422: ['99'] }],
  ['retry RATE_LIMITED', { 429: ['99'] }],
  ['retry HTTP_408', { 408: ['99'] }],
  ['retry HTTP_500', { 500: ['99'] }],
  ['retry HTTP_502', { 502: ['99'] }],
  ['retry HTTP_503', { 503: ['99'] }],
  ['retry HTTP_504', { 504: ['99'] }],
]);

/** From Twilio's error and warning dictionary. */
export const TWILIO_ERRORS = rows([
  [
    'MISCONFIGURED',
    {
      400: [
        '21212',
        '21603',
        '21606',
        '21608',
        '21655',
        '21656',
        '21659',
        '21660',
        '21701',
        '21703',
        '21705',
      ],
      401: ['20003'],
      403: ['20005', '30002'],
      404: ['20404'],
      // A cause of the channel behind it comes with a status that says nothing.
      422: ['63007', '63015', '63016'],
    },
  ],
  ['retry RATE_LIMITED', { 400: ['14107', '30001', '63018'], 429: ['20429'] }],
  ['retry HTTP_500', { 500: ['20500'] }],
  ['retry HTTP_503', { 503: ['20503'] }],
  ['WRONG_RECIPIENT', { 400: ['21211', '21214', '21217', '21614', '30005', '30006', '63003', '63024'] }],
  ['OPTED_OUT', { 400: ['21610'] }],
  ['RECIPIENT_UNAVAILABLE', { 400: ['30003'] }],
  [
    'REFUSED',
    {
      400: ['21612', '21617', '30004', '30007', '63013', '63032', '63049'],
      403: ['21408'],
    },
  ],
]);

/** From the error page of Vonage's Messages API. */
export const VONAGE_ERRORS = rows([
  ['retry RATE_LIMITED', { 429: ['1000'] }],
  ['wait RATE_LIMITED', { 422: ['1241'] }],
  ['retry HTTP_500', { 500: ['1030'], 422: ['1030'] }],
  ['retry HTTP_503', { 422: ['1100'] }],
  [
    'MISCONFIGURED',
    { 401: ['1110'], 402: ['1070'], 403: ['1060', '1080', '1140'], 422: ['1120', '1160', '1420'] },
  ],
  ['WRONG_RECIPIENT', { 422: ['1170', '1190', '1430'] }],
  ['OPTED_OUT', { 422: ['1240'] }],
  ['REFUSED', { 422: ['1010', '1020', '1040', '1050', '1090', '1130', '1210', '1250', '1260', '1280'] }],
]);

/** From the error codes of WhatsApp's Cloud API. */
export const WHATSAPP_ERRORS = rows([
  [
    'MISCONFIGURED',
    {
      400: ['33', '131037', '131042', '131045', '131030', '132000', '132005', '132007', '132012', '132015'],
      401: ['0', '190'],
      403: ['10', '200', '299', '368', '131005', '131031'],
      404: ['132001', '132016'],
      500: ['3', '133006', '133010'],
    },
  ],
  ['retry RATE_LIMITED', { 400: ['4', '80007', '131048'], 429: ['130429'] }],
  ['wait RATE_LIMITED', { 400: ['131056'] }],
  ['retry HTTP_500', { 400: ['1'], 500: ['131000'] }],
  ['retry HTTP_503', { 503: ['2', '131016', '133004'], 500: ['131057'] }],
  ['WRONG_RECIPIENT', { 400: ['131021', '131026'] }],
  ['OPTED_OUT', { 400: ['131050'] }],
  ['REFUSED', { 400: ['100', '130472', '131008', '131009', '131047', '131049'], 403: ['130497'] }],
]);

/** From the errors of SNS' Publish and the common errors of its query API. */
export const SNS_ERRORS = rows([
  [
    'retry RATE_LIMITED',
    { 400: ['Throttling', 'ThrottlingException'], 429: ['Throttled', 'ThrottledException'] },
  ],
  ['retry HTTP_500', { 500: ['InternalError', 'InternalFailure'] }],
  ['retry HTTP_503', { 503: ['ServiceUnavailable'] }],
  ['retry REQUEST_EXPIRED', { 400: ['RequestExpired'] }],
  [
    'MISCONFIGURED',
    {
      400: ['IncompleteSignature', 'UnrecognizedClientException'],
      403: [
        'AccessDenied',
        'AuthorizationError',
        'ExpiredToken',
        'InvalidClientTokenId',
        'InvalidSecurity',
        'MissingAuthenticationToken',
        'OptInRequired',
        'SignatureDoesNotMatch',
      ],
    },
  ],
  // The stub's words name the parameter PhoneNumber, as SNS' do.
  ['WRONG_RECIPIENT', { 400: ['InvalidParameter', 'InvalidParameterValue'] }],
  ['OPTED_OUT', { 400: ['OptedOut'] }],
  ['REFUSED', { 400: ['ValidationError', '__proto__', 'constructor'] }],
]);

/** As the manual of the delivery webhook says. */
export const WEBHOOK_ERRORS = rows([
  ['REFUSED', { 400: ['400'], 403: ['403'] }],
  ['MISCONFIGURED', { 401: ['401'] }],
  ['WRONG_RECIPIENT', { 422: ['422'] }],
]);
