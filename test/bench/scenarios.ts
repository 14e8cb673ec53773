import { create, toBinary } from '@bufbuild/protobuf';
import { GetSessionRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { grpc } from './load/grpc.js';
import { http1 } from './load/http1.js';
import { type Expectation, jsonRequest, type Loader, type Request, request } from './load/request.js';
import { newRecipient, type Seeded } from './seed.js';

/** A call that is measured. */
export interface Scenario {
  readonly name: string;
  /** One call. `session`: a stored one that no other call of the round has; recipients must be new ones. */
  request(apiKey: string, session: Seeded): Request;
  readonly expect: Expectation;
  /** What the call leaves to do after its response: the round lasts until that is done, too. */
  readonly leaves?: 'deliverAt' | 'eventsAt';
}

/** A read, measured against a service that does nothing but respond. */
export interface Read extends Scenario {
  readonly loader: Loader;
  /** Which port of the compared service takes it. */
  readonly port: 'http1' | 'http2';
}

const OTP = '/otp.v1.OtpService';
/** What every response that shows a session holds: the seeded recipients begin like this. */
const MASKED = '+57 300 ';

/** Calls that write: against a bare JSON echo of the same sizes, and in a small against a large store. */
export const WRITES: readonly Scenario[] = [
  {
    name: 'Send, delivered',
    request: (apiKey) => jsonRequest(`${OTP}/Send`, apiKey, { recipients: { sms: newRecipient() } }),
    expect: { status: 200, holds: '"sessionToken":' },
    leaves: 'deliverAt',
  },
  {
    name: 'Send, sandbox',
    request: (apiKey) =>
      jsonRequest(`${OTP}/Send`, apiKey, { recipients: { sms: newRecipient() }, sandbox: true }),
    expect: { status: 200, holds: '"sandboxCodes":' },
  },
  {
    name: 'Verify, right code',
    request: (apiKey, { sessionId, code }) => jsonRequest(`${OTP}/Verify`, apiKey, { sessionId, code }),
    expect: { status: 200, holds: '"verificationToken":' },
    leaves: 'eventsAt',
  },
  {
    name: 'Verify, wrong code',
    request: (apiKey, { sessionId, wrongCode }) =>
      jsonRequest(`${OTP}/Verify`, apiKey, { sessionId, code: wrongCode }),
    expect: { status: 400, holds: 'INVALID_CODE' },
  },
];

/** Pages of sessions, in a small against a large store. */
export const LISTS: readonly Scenario[] = [
  {
    name: 'ListSessions, first page',
    request: (apiKey) => jsonRequest(`${OTP}/ListSessions`, apiKey, { pageSize: 20 }),
    expect: { status: 200, holds: MASKED },
  },
  {
    name: 'ListSessions, by channel and mode',
    request: (apiKey) =>
      jsonRequest(`${OTP}/ListSessions`, apiKey, { pageSize: 20, channel: 'CHANNEL_SMS', sandbox: true }),
    expect: { status: 200, holds: MASKED },
  },
  {
    name: 'ListSessions, by recipient',
    request: (apiKey, { recipient }) =>
      jsonRequest(`${OTP}/ListSessions`, apiKey, { pageSize: 20, recipient }),
    expect: { status: 200, holds: MASKED },
  },
];

const getSession = (sessionId: string): Buffer =>
  Buffer.from(toBinary(GetSessionRequestSchema, create(GetSessionRequestSchema, { sessionId })));

/** GetSession in every form: against a bare Connect service with a response of the same size. */
export const READS: readonly Read[] = [
  {
    name: 'GetSession, Connect JSON',
    request: (apiKey, { sessionId }) => jsonRequest(`${OTP}/GetSession`, apiKey, { sessionId }),
    expect: { status: 200, holds: MASKED },
    loader: http1,
    port: 'http1',
  },
  {
    name: 'GetSession, Connect binary',
    request: (apiKey, { sessionId }) =>
      request(`${OTP}/GetSession`, apiKey, 'application/proto', getSession(sessionId)),
    expect: { status: 200, holds: MASKED },
    loader: http1,
    port: 'http1',
  },
  {
    name: 'GetSession, gRPC',
    request: (apiKey, { sessionId }) =>
      request(`${OTP}/GetSession`, apiKey, 'application/grpc', getSession(sessionId)),
    expect: { status: 0, holds: MASKED },
    loader: grpc,
    port: 'http2',
  },
];

/** The calls that hash, measured with the default hash against the hash alone. */
export const HASHING: readonly Scenario[] = WRITES.filter(({ name }) => name.startsWith('Verify'));
