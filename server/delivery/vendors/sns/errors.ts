import { errorTable } from '../errorTable.js';

const COMMON = 'https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html';

/** SNS' error codes as its query API writes them. */
export const SNS_ERRORS = errorTable({
  source: 'https://docs.aws.amazon.com/sns/latest/api/API_Publish.html',
  rows: [
    ['OptedOut', 'OPTED_OUT', 'the recipient has opted out'],
    [['AuthorizationError', 'InvalidSecurity'], 'MISCONFIGURED', 'the user may not publish'],
    [
      [
        'AccessDenied',
        'AccessDeniedException',
        'IncompleteSignature',
        'InvalidClientTokenId',
        'MissingAuthenticationToken',
        'MissingAuthenticationTokenException',
        'NotAuthorized',
        'OptInRequired',
        'SignatureDoesNotMatch',
        'UnrecognizedClientException',
      ],
      'MISCONFIGURED',
      'credentials or signature are not valid',
      COMMON,
    ],
    [['ExpiredToken', 'ExpiredTokenException'], 'MISCONFIGURED', 'the security token has expired', COMMON],
    [
      [
        'InvalidAction',
        'InvalidQueryParameter',
        'MalformedQueryString',
        'MissingAction',
        'MissingParameter',
        'InvalidParameterCombination',
      ],
      'MISCONFIGURED',
      'the request does not fit the API',
      COMMON,
    ],
    [
      ['NotFound', 'ResourceNotFound', 'InvalidState', 'EndpointDisabled', 'PlatformApplicationDisabled'],
      'MISCONFIGURED',
      'a resource does not exist or is disabled',
    ],
    [
      ['KMSAccessDenied', 'KMSDisabled', 'KMSInvalidState', 'KMSNotFound', 'KMSOptInRequired'],
      'MISCONFIGURED',
      'the encryption key cannot be used',
    ],
    [
      [
        'FilterPolicyLimitExceeded',
        'ReplayLimitExceeded',
        'SubscriptionLimitExceeded',
        'TagLimitExceeded',
        'TopicLimitExceeded',
      ],
      'MISCONFIGURED',
      'a limit of the account is reached',
    ],
    [['StaleTag', 'TagPolicy'], 'MISCONFIGURED', 'tags are not valid'],
    [
      [
        'BatchEntryIdsNotDistinct',
        'BatchRequestTooLong',
        'EmptyBatchRequest',
        'InvalidBatchEntryId',
        'TooManyEntriesInBatchRequest',
      ],
      'MISCONFIGURED',
      'a batch is not valid',
    ],
    [['UserError', 'ValidationError', 'ValidationException'], 'REFUSED', 'the message is not valid'],
    [['InternalError', 'InternalFailure'], { retry: 'HTTP_500' }, 'internal error', COMMON],
    [['ServiceUnavailable', 'ConcurrentAccess'], { retry: 'HTTP_503' }, 'temporarily unavailable', COMMON],
    // Our clock is wrong, or the request was delayed: another request may succeed.
    [
      ['RequestExpired', 'RequestExpiredException'],
      { retry: 'REQUEST_EXPIRED' },
      'the request is too old',
      COMMON,
    ],
    [
      [
        'KMSThrottling',
        'Throttled',
        'ThrottledException',
        'Throttling',
        'ThrottlingException',
        'RequestThrottled',
      ],
      { retry: 'RATE_LIMITED' },
      'throttled',
      COMMON,
    ],
  ],
  others: [
    [
      ['InvalidParameter', 'InvalidParameterValue', 'ParameterValueInvalid'],
      'WRONG_RECIPIENT',
      'where the message names `PhoneNumber`; else `REFUSED`',
    ],
  ],
});
