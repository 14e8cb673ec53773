import { errorTable } from '../errorTable.js';

const COMMON = 'https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html';

/** SNS' error codes that do not mean what their HTTP status says. */
export const SNS_ERRORS = errorTable({
  source: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html',
  rows: [
    ['AccessDenied', 'MISCONFIGURED', 'access denied', COMMON],
    ['AuthorizationError', 'MISCONFIGURED', 'the user may not publish'],
    ['ExpiredToken', 'MISCONFIGURED', 'the security token has expired', COMMON],
    ['IncompleteSignature', 'MISCONFIGURED', 'the signature is incomplete', COMMON],
    ['InternalError', { retry: 'HTTP_500' }, 'internal error'],
    ['InternalFailure', { retry: 'HTTP_500' }, 'internal error', COMMON],
    ['InvalidClientTokenId', 'MISCONFIGURED', 'unknown access key', COMMON],
    ['InvalidSecurity', 'MISCONFIGURED', 'the credentials are not valid'],
    ['MissingAuthenticationToken', 'MISCONFIGURED', 'no credentials', COMMON],
    ['OptInRequired', 'MISCONFIGURED', 'the access key needs a subscription', COMMON],
    ['OptedOut', 'WRONG_RECIPIENT', 'the recipient has opted out'],
    // Our clock is wrong, or the request was delayed: another request may succeed.
    ['RequestExpired', { retry: 'REQUEST_EXPIRED' }, 'the request is too old', COMMON],
    ['ServiceUnavailable', { retry: 'HTTP_503' }, 'temporarily unavailable', COMMON],
    ['SignatureDoesNotMatch', 'MISCONFIGURED', 'wrong signature', COMMON],
    ['Throttled', { retry: 'RATE_LIMITED' }, 'throttled'],
    ['ThrottledException', { retry: 'RATE_LIMITED' }, 'throttled'],
    ['Throttling', { retry: 'RATE_LIMITED' }, 'throttled', COMMON],
    ['ThrottlingException', { retry: 'RATE_LIMITED' }, 'throttled', COMMON],
    ['UnrecognizedClientException', 'MISCONFIGURED', 'unknown access key', COMMON],
  ],
  others: [
    ['InvalidParameter', 'WRONG_RECIPIENT', 'where the message names `PhoneNumber`'],
    ['InvalidParameterValue', 'WRONG_RECIPIENT', 'where the message names `PhoneNumber`'],
  ],
});
