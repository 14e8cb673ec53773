import { beforeAll, describe, expect, it } from 'vitest';
import { idToOtp } from '../../server/domain/ids.js';
import { connectJson, type JsonResponse } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { keyOf } from '../support/tenant.js';
import { deliveredCode } from './support/delivered.js';

type Calls = ReturnType<typeof connectJson>;

const service = serviceForSuite();
let mine: Calls;
let theirs: Calls;
/** A session and a token of each workspace. */
let ours: { sessionId: string; token: string };
let foreign: { sessionId: string; token: string };
/** A token of our own that proves nothing. */
let sandboxToken: string;

beforeAll(async () => {
  mine = connectJson(service.baseUrl, service.liveKey);
  theirs = await keyOf(service, 'neighbour');
  ours = await open(mine);
  foreign = await open(theirs);
  sandboxToken = await openSandbox();
});

let people = 0;
const send = async (call: Calls) => {
  const { body } = await call('otp.v1.OtpService/Send', {
    recipients: { email: `stranger.${people++}@example.com` },
  });
  return body.session.id as string;
};
async function open(call: Calls) {
  const approved = await send(call);
  const { body } = await call('otp.v1.OtpService/Verify', {
    sessionId: approved,
    code: await deliveredCode(service, approved),
  });
  return { sessionId: await send(call), token: body.verificationToken as string };
}

async function openSandbox(): Promise<string> {
  const { body } = await mine('otp.v1.OtpService/Send', {
    sandbox: true,
    recipients: { email: 'box@example.com' },
  });
  const request = { sessionId: body.session.id, code: body.sandboxCodes.email };
  return (await mine('otp.v1.OtpService/Verify', request)).body.verificationToken;
}

/** All that a caller sees, except what differs between any two responses. */
function seen({ status, headers, body }: JsonResponse) {
  const { date: _date, 'x-request-id': _id, ...rest } = Object.fromEntries(headers);
  return { status, headers: rest, body };
}

const BY_SESSION: readonly [string, (sessionId: string) => object][] = [
  ['Validate', (sessionId) => ({ sessionId, code: '123456' })],
  ['Verify', (sessionId) => ({ sessionId, code: '123456' })],
  ['Verify', (sessionId) => ({ sessionId, codes: { email: '123456' }, requestId: 'r' })],
  ['Resend', (sessionId) => ({ sessionId })],
  ['Resend', (sessionId) => ({ sessionId, channels: [1], requestId: 'r' })],
  ['GetSession', (sessionId) => ({ sessionId })],
  ['CancelSession', (sessionId) => ({ sessionId })],
];

describe.each(BY_SESSION)('%s', (method, requestFor) => {
  const ask = async (call: Calls, sessionId: string) =>
    seen(await call(`otp.v1.OtpService/${method}`, requestFor(sessionId)));

  it.each<[string, () => string]>([
    ['of another workspace', () => foreign.sessionId],
    ['of another workspace, in the other spelling', () => idToOtp(foreign.sessionId)],
    ['of another workspace, in capitals', () => foreign.sessionId.toUpperCase()],
    ['that names its workspace', () => `neighbour/${foreign.sessionId}`],
    ['that names a way there', () => `../neighbour/${foreign.sessionId}`],
    ['that is one character short', () => foreign.sessionId.slice(0, -1)],
    ['of another version of UUID', () => 'b1f3a2c4-5d6e-4f70-8a91-b2c3d4e5f607'],
    ['that is a word', () => 'session'],
    ['that is a filter', () => '{"$gt":""}'],
    ['with a NUL', () => `${foreign.sessionId}\0`],
    ['with spaces around it', () => ` ${foreign.sessionId} `],
    ['that is a verification token', () => foreign.token],
  ])('treats an id %s like an unknown one', async (_what, id) => {
    const unknown = await ask(mine, '01b92571-ea00-7680-9141-a7e17e33e7c6');
    expect(unknown).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: 'OTP session not found' },
    });
    expect(await ask(mine, id())).toEqual(unknown);
  });

  it('treats a live session like an unknown one for a test key', async () => {
    const test = connectJson(service.baseUrl, service.testKey);
    expect(await ask(test, ours.sessionId)).toEqual(await ask(test, '01b92571-ea00-7680-9141-a7e17e33e7c6'));
  });
});

const REDEEM = { operation: { type: 'payment', id: '1' } };
const BY_TOKEN: readonly [string, (verificationToken: string) => object][] = [
  ['Introspect', (verificationToken) => ({ verificationToken })],
  ['Redeem', (verificationToken) => ({ verificationToken, ...REDEEM })],
  [
    'Redeem',
    (verificationToken) => ({ verificationToken, ...REDEEM, recipient: 'a@example.com', requestId: 'r' }),
  ],
];

describe.each(BY_TOKEN)('%s', (method, requestFor) => {
  const ask = async (call: Calls, token: string) =>
    seen(await call(`otp.v1.VerificationTokenService/${method}`, requestFor(token)));
  const changed = (token: string, at: number) =>
    token.slice(0, at) + (token[at] === '7' ? '6' : '7') + token.slice(at + 1);

  it.each<[string, () => string]>([
    ['of another workspace', () => foreign.token],
    ['with its proof changed', () => changed(ours.token, 60)],
    ['with its id changed', () => changed(ours.token, 25)],
    ['with the proof of another', () => ours.token.slice(0, 31) + foreign.token.slice(31)],
    ['that is one character short', () => ours.token.slice(0, -1)],
    ['that is one character long', () => `${ours.token}0`],
    ['in lower case', () => ours.token.toLowerCase()],
    ['that is a word', () => 'token'],
    ['that is a session id', () => ours.sessionId],
    ['of the sandbox, where that was not asked for', () => sandboxToken],
    [
      'of a session that is still open',
      () => `otvt_${idToOtp(ours.sessionId).slice(4)}${ours.token.slice(31)}`,
    ],
  ])('treats a token %s like an invented one', async (_what, token) => {
    const invented = await ask(mine, `otvt_01Q4JQ3TG0ERAVTKDW0RJWZ5R6${'0'.repeat(32)}`);
    expect(invented).toMatchObject({
      status: 404,
      body: { code: 'not_found', message: 'Verification token not found' },
    });
    expect(await ask(mine, token())).toEqual(invented);
  });

  it('treats a live token like an invented one for a test key', async () => {
    const test = connectJson(service.baseUrl, service.testKey);
    expect(await ask(test, ours.token)).toEqual(await ask(test, 'otvt_invented'));
  });
});

describe('the calls of other workspaces', () => {
  it('leave the attempts, the code and the token of the session untouched', async () => {
    const { body } = await theirs('otp.v1.OtpService/GetSession', { sessionId: foreign.sessionId });
    expect(body.session).toMatchObject({ status: 'SESSION_STATUS_PENDING', attemptsRemaining: 3 });
    const code = await deliveredCode(service, foreign.sessionId);
    expect(await theirs('otp.v1.OtpService/Verify', { sessionId: foreign.sessionId, code })).toMatchObject({
      status: 200,
    });
    const redeemed = await theirs('otp.v1.VerificationTokenService/Redeem', {
      verificationToken: foreign.token,
      ...REDEEM,
    });
    expect(redeemed).toMatchObject({ status: 200 });
  });

  it('do not show the session in their lists', async () => {
    const { body } = await mine('otp.v1.OtpService/ListSessions', { pageSize: 100 });
    const ids = body.sessions.map(({ id }: { id: string }) => id);
    expect(ids).toContain(ours.sessionId);
    expect(ids).not.toContain(foreign.sessionId);
    const page = (await theirs('otp.v1.OtpService/ListSessions', { pageSize: 1 })).body.nextPageToken;
    const { body: next } = await mine('otp.v1.OtpService/ListSessions', { pageSize: 1, pageToken: page });
    for (const { id } of next.sessions ?? []) expect(ids).toContain(id);
  });
});

describe('a sponsor of another workspace', () => {
  const SPONSOR = { slug: 'their-sponsor', displayName: 'Theirs', channels: ['CHANNEL_EMAIL'] };
  const asks: readonly [string, (sponsorSlug: string) => object][] = [
    ['RequirementService/GetSponsorConfiguration', (sponsorSlug) => ({ sponsorSlug })],
    ['RequirementService/GetVerificationStatus', (sponsorSlug) => ({ sponsorSlug, ...REDEEM })],
    ['OtpService/Send', (sponsorSlug) => ({ beneficiary: { sponsorSlug, beneficiaryId: 'b-1' } })],
  ];

  it.each(asks)('is treated by %s like an invented one', async (method, requestFor) => {
    await theirs('otp.admin.v1.SponsorService/CreateSponsor', { sponsor: SPONSOR });
    const { status } = await theirs('otp.v1.RequirementService/GetSponsorConfiguration', {
      sponsorSlug: SPONSOR.slug,
    });
    expect(status).toBe(200);
    const ask = async (sponsor: string) => seen(await mine(`otp.v1.${method}`, requestFor(sponsor)));
    const invented = await ask('no-such-sponsor');
    expect(invented.status).toBe(403);
    expect(await ask(SPONSOR.slug)).toEqual(invented);
  });
});
