import { codeRange, errorTable } from '../errorTable.js';

/**
 * Twilio's error codes of messages, in responses and in status callbacks. Those
 * of other products, and of configuring the account, are left to their HTTP status.
 */
export const TWILIO_ERRORS = errorTable({
  source: 'https://www.twilio.com/docs/api/errors',
  rows: [
    [
      [21211, 21217, 21421, 14101, 21604, 30014, 90032, 90033],
      'WRONG_RECIPIENT',
      'no valid recipient number',
    ],
    [[21614, 21635, 30006], 'WRONG_RECIPIENT', 'a landline, or no mobile number'],
    [[21265, 21268], 'WRONG_RECIPIENT', 'a short code or a premium number'],
    [21266, 'WRONG_RECIPIENT', 'recipient and sender are the same'],
    [
      [21214, 30005, 63003, 63024, 63031],
      'WRONG_RECIPIENT',
      'the network or the channel does not know the recipient',
    ],
    [[30003, 63036], 'RECIPIENT_UNAVAILABLE', 'the phone is off, out of coverage or cannot be reached'],
    [[21610, 63014, 63033], 'OPTED_OUT', 'the recipient has unsubscribed or blocked the sender'],
    [[21408, 21215, 21216], 'REFUSED', 'sending to this region or number is not permitted'],
    [[21612, 30011, 30016, 21910], 'REFUSED', 'this sender cannot reach this recipient'],
    [
      [21602, 21605, 21617, 21618, 21652, 21658, 14103, 30019],
      'REFUSED',
      'the text is missing, too long or not allowed',
    ],
    [
      [21619, 21620, 21621, 21622, 21623, 63019, 63021, 63025, 63034, 63037],
      'REFUSED',
      'content or media are not accepted',
    ],
    [[30004, 30007, 30038, 30039, 30043, 30450, 30453], 'REFUSED', 'blocked or filtered'],
    [[63005, 63006, 63011, 63013, 63026, 63030, 63039], 'REFUSED', 'the channel does not accept the content'],
    // A one-time code is always the first message, so it takes a template: OTP_TWILIO_WHATSAPP_CONTENT_SID.
    [63016, 'MISCONFIGURED', 'free text outside the allowed time window, where a template is required'],
    [[63032, 63035, 63049], 'REFUSED', 'the channel does not deliver to this recipient at present'],
    [[30010, 21627], 'REFUSED', 'costs more than the highest price set'],
    [30009, 'REFUSED', 'a part of the message is missing'],
    [[30044, 21267], 'MISCONFIGURED', 'not possible with a trial account'],
    [
      [21219, 21404, 21607, 21608, 14111, 63015],
      'MISCONFIGURED',
      'a trial account or sandbox sends to verified numbers only',
    ],
    [[20003, 20006, 20008, 20010, 20403], 'MISCONFIGURED', 'authentication failed or not permitted'],
    [codeRange(20101, 20107), 'MISCONFIGURED', 'the access token is not valid'],
    [[codeRange(20151, 20157), 20159, 20160], 'MISCONFIGURED', 'the credentials are not valid'],
    [[20005, 21470, 21471, 21472, 30002, 30037, 30112, 90010], 'MISCONFIGURED', 'the account is not active'],
    [
      [20001, 20002, 20004, 20007, 20009, 20011, 20012, 20404, 20410, 20413, 20422, 20423, 20426],
      'MISCONFIGURED',
      'the request does not fit the API or a resource does not exist',
    ],
    [[30400, 30404, 30409, 90001, 90006, 90011], 'MISCONFIGURED', 'the request does not fit the API'],
    [
      [
        14102, 14108, 21212, 21213, 21401, 21407, 21420, 21422, 21601, 21603, 21606, 21616, 21657, 21659,
        21660, 21661,
      ],
      'MISCONFIGURED',
      'the sender is missing, not valid or not a number of the account',
    ],
    [[21218, 21609, 21626, 14104, 14105], 'MISCONFIGURED', 'a callback URL or application is not valid'],
    [[21624, 30012, 30013, 30045, 90007, 90014], 'MISCONFIGURED', 'the validity period is not valid'],
    [
      [21654, 21655, 21656, 92001, 92002, 92003, 92004, 92005, 92006, 92007, 92008],
      'MISCONFIGURED',
      'content template or variables are not valid',
    ],
    [
      [21653, 21901, 21900, 21902, 30015, 30028, 30029, 30030, 30031],
      'MISCONFIGURED',
      'a parameter is not valid',
    ],
    [codeRange(21701, 21730), 'MISCONFIGURED', 'the messaging service or its registration cannot be used'],
    [
      [30018, 30024, 30032, 30033, 30034, 30035, 30040, 30041, 30042],
      'MISCONFIGURED',
      'the sender is not registered with the networks',
    ],
    [
      [codeRange(30100, 30111), codeRange(30113, 30133)],
      'MISCONFIGURED',
      'shortened links are not configured',
    ],
    [
      [30436, codeRange(30440, 30449), codeRange(30880, 30898)],
      'MISCONFIGURED',
      'a registration of the sender was rejected',
    ],
    [
      [63001, 63002, 63007, 63008, 63020, 63022, 63051],
      'MISCONFIGURED',
      'the account or sender of the channel is not valid',
    ],
    [[63027, 63028, 63029, 63040, 63041, 63042], 'MISCONFIGURED', 'the template cannot be used'],
    [[63043, 63044, 63045, 63047], 'MISCONFIGURED', 'the sample of the template cannot be loaded'],
    [codeRange(90012, 90041), 'MISCONFIGURED', 'a parameter of a broadcast is not valid'],
    [[14109, 14110, 14106], 'MISCONFIGURED', 'a reply by TwiML is not valid'],
    [[30023, 30027, 63038], 'QUOTA_EXCEEDED', 'the messages of a day are used up'],
    [
      [14107, 20429, 21611, 30001, 30022, 63017, 63018],
      { retry: 'RATE_LIMITED' },
      'too many messages or a full queue',
    ],
    [
      [30017, 30025, 30026],
      { retry: 'RATE_LIMITED' },
      'the network is congested or its quota nearly used up',
    ],
    [[20500, 30020, 30021, 63010, 63012], { retry: 'HTTP_500' }, 'internal error'],
    [[20503, 20162, 20409, 63009], { retry: 'HTTP_503' }, 'unavailable at the moment'],
    [[30008, 63023, 90009, 63046], { retry: 'PROVIDER_FAULT' }, 'no reason given'],
    [30410, { retry: 'TIMEOUT' }, 'the network did not respond'],
    [30036, 'EXPIRED', 'the validity period ended in the queue'],
  ],
});
