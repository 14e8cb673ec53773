import type { DescMessage } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../clients/errors/index.js';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { RequirementService } from '../../gen/otp/v1/requirement_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';
import { connectJson } from '../support/connectJson.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { FIELDS } from './support/fieldTable.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

const METHODS = [
  ...OtpService.methods,
  ...VerificationTokenService.methods,
  ...RequirementService.methods,
].filter(({ methodKind }) => methodKind === 'unary');

const service = serviceForSuite();
let call: ReturnType<typeof connectJson>;
let good: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  call = connectJson(service.baseUrl, service.liveKey);
  const open = await send();
  const { verificationToken } = await verified();
  const sessionId = open.session.id;
  good = {
    Send: { sandbox: true },
    Validate: { sessionId, code: '1' },
    Verify: { sessionId, code: '1' },
    Resend: { sessionId },
    ListSessions: {},
    GetSession: { sessionId },
    CancelSession: { sessionId },
    Introspect: { verificationToken, acceptSandbox: true },
    Redeem: { operation: { type: 'payment', id: '1' }, acceptSandbox: true },
    GetSponsorConfiguration: { sponsorSlug: 'unknown' },
    GetVerificationStatus: { sponsorSlug: 'unknown', operation: { type: 'payment', id: '1' } },
  };
});

let people = 0;
const someRecipient = () => ({ email: `fields.${people++}@example.com` });
async function send() {
  const { body } = await call('otp.v1.OtpService/Send', { sandbox: true, recipients: someRecipient() });
  return body;
}
async function verified() {
  const { session, sandboxCodes } = await send();
  const { body } = await call('otp.v1.OtpService/Verify', {
    sessionId: session.id,
    code: sandboxCodes.email,
  });
  return body;
}

const methodOf = (path: string) => METHODS.find(({ name }) => path.startsWith(`${name}.`))!;
const fieldOf = (path: string) => path.slice(path.indexOf('.') + 1);
const ask = async (path: string, request: object) => {
  const { name, parent } = methodOf(path);
  return call(`${parent.typeName}/${name}`, { ...good[name], ...(await fresh(name)), ...request });
};
/** What no two requests can share: a recipient is sent to so often only, and a token is redeemed once. */
async function fresh(method: string): Promise<object> {
  if (method === 'Send') return { recipients: someRecipient() };
  return method === 'Redeem' ? { verificationToken: (await verified()).verificationToken } : {};
}

/** The paths of a message's fields, those of messages inside it included. */
function pathsOf(message: DescMessage): string[] {
  return message.fields.flatMap(({ name, fieldKind, message: inner }) => {
    const holdsMessages = fieldKind === 'message' || fieldKind === 'list';
    const isOurs = holdsMessages && inner?.file.proto.package === 'otp.v1';
    return [name, ...(isOurs ? pathsOf(inner).map((path) => `${name}.${path}`) : [])];
  });
}

it('there is a row for every field of every request', () => {
  const paths = METHODS.flatMap(({ name, input }) => pathsOf(input).map((path) => `${name}.${path}`));
  expect(Object.keys(FIELDS).sort()).toEqual(paths.sort());
});

describe.each(Object.entries(FIELDS))('%s', (path, { refused, accepted }) => {
  it.each(refused)('refuses $what and names the field', async ({ request, at, reason }) => {
    const response = await ask(path, request);
    expect(response.reason).toBe(reason ?? 'INVALID_REQUEST');
    expect(new Set(response.fields)).toEqual(new Set([at ?? fieldOf(path)].flat()));
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
  });

  it.each(accepted ?? [])('accepts $what', async ({ request }) => {
    const response = await ask(path, request);
    expect(response.fields).toEqual([]);
    expect(['INVALID_REQUEST', 'INTERNAL']).not.toContain(response.reason);
  });
});

describe('values that only binary messages can have', () => {
  let client: Connected;
  beforeAll(() => {
    client = FIVE_CLIENTS[0]!.connect(service.baseUrl, service.liveKey);
  });
  afterAll(() => client.close());
  const violations = (response: Promise<unknown>) =>
    response.then(
      () => expect.unreachable('the call succeeded'),
      (error: unknown) => readError(error).violations.map(({ field }) => field),
    );

  it.each([
    { seconds: 253_402_300_800n, nanos: 0 },
    { seconds: -62_135_596_801n, nanos: 0 },
    { seconds: 0n, nanos: -1 },
    { seconds: 0n, nanos: 1_000_000_000 },
    { seconds: 9_223_372_036_854_775_807n, nanos: 0 },
  ])('a time out of range is refused: %o', async (time) => {
    expect(await violations(client.otp.listSessions({ createdAfter: time }))).toEqual(['created_after']);
    expect(await violations(client.otp.listSessions({ createdBefore: time }))).toEqual(['created_before']);
  });

  it.each([
    { seconds: 120n, nanos: 1 },
    { seconds: 120n, nanos: -1 },
    { seconds: 9_223_372_036_854_775_807n, nanos: 0 },
  ])('a lifetime that is not in whole seconds, or too long, is refused: %o', async (lifetime) => {
    const response = client.otp.send({ recipients: someRecipient(), sandbox: true, config: { lifetime } });
    expect(await violations(response)).toEqual(['config.lifetime']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('metadata with %d is refused', async (value) => {
    const response = client.otp.send({
      recipients: someRecipient(),
      sandbox: true,
      metadata: { deep: [{ value }] },
    });
    expect(await violations(response)).toEqual(['metadata']);
  });

  it('metadata as deep as allowed can be read by every client', async () => {
    let metadata = {};
    for (let level = 1; level < 16; level++) metadata = { a: metadata };
    const { session } = await client.otp.send({ recipients: someRecipient(), sandbox: true, metadata });
    for (const { connect } of FIVE_CLIENTS) {
      const reader = connect(service.baseUrl, service.liveKey);
      const read = await reader.otp.getSession({ sessionId: session!.id });
      expect(read.session?.metadata).toEqual(metadata);
      reader.close();
    }
  });
});
