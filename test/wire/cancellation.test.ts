import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Code, readError } from '../../clients/errors/index.js';
import { createOtpClient } from '../../clients/node/index.js';
import { openEmbedded } from '../../server/store/embedded.js';
import { eventually } from '../support/eventually.js';
import { createGate } from '../support/gate.js';
import { ManualClock } from '../support/manualClock.js';
import { startService, type TestService } from '../support/service.js';
import { wrapOperations } from '../support/wrapOperations.js';
import { deliveredCode } from './support/delivered.js';
import { type Connected, FIVE_CLIENTS } from './support/fiveClients.js';

const gate = createGate();
let service: TestService;
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-'));
  const clock = new ManualClock();
  const documents = wrapOperations(await openEmbedded({ dataDir, clock }), gate.around);
  service = await startService({ clock, documents, env: { OTP_HASH: 'argon2id' } });
});
afterAll(async () => {
  gate.release();
  await service.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The log lines about calls of a method. */
const logLines = (method: string) =>
  service
    .logged()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { level: number; msg: string; method?: string; reason?: string })
    .filter((line) => line.method === method);
const faults = () =>
  service
    .logged()
    .split('\n')
    .filter((line) => /"level":[56]0/.test(line));
const refusal = (call: Promise<unknown>) =>
  call.then(() => expect.unreachable('the call succeeded'), readError);

describe.each(FIVE_CLIENTS)('$name', ({ connect }) => {
  let client: Connected;
  beforeAll(() => {
    client = connect(service.baseUrl, service.liveKey);
  });
  afterAll(() => client.close());

  it('ends a call at its deadline, which the service does not log as a fault', async () => {
    gate.hold();
    const call = client.otp.listSessions({}, { timeoutMs: 100 });
    expect(await refusal(call)).toMatchObject({ code: Code.DeadlineExceeded, reason: 'UNKNOWN' });
    gate.release();
    expect((await client.otp.listSessions({})).sessions).toBeDefined();
    expect(faults()).toEqual([]);
  });

  it('can cancel a call, and the service handles further calls', async () => {
    const leave = new AbortController();
    const waiting = gate.hold();
    const call = refusal(client.otp.listSessions({}, { signal: leave.signal }));
    await waiting;
    leave.abort();
    expect(await call).toMatchObject({ code: Code.Canceled });
    gate.release();
    expect((await client.otp.listSessions({})).sessions).toBeDefined();
    expect(faults()).toEqual([]);
  });
});

it('an attempt is given back when the caller hangs up before the code is compared', async () => {
  const client = createOtpClient({ baseUrl: service.baseUrl, apiKey: service.liveKey });
  const { session } = await client.otp.send({ recipients: { email: 'leaves@example.com' } });
  const sessionId = session!.id;
  const code = await deliveredCode(service, sessionId);
  const leave = new AbortController();
  const waiting = gate.hold();
  const call = refusal(client.otp.verify({ sessionId, code }, { signal: leave.signal }));
  await waiting;
  leave.abort();
  await call;
  // Another call on the same connection: once it waits too, the service has heard that the first one was taken back.
  const next = gate.hold();
  const reading = client.otp.getSession({ sessionId });
  await next;
  gate.release();
  await reading;
  await eventually(() => logLines('Verify').some(({ reason }) => reason === 'ABANDONED'));
  expect((await client.otp.getSession({ sessionId })).session?.attemptsRemaining).toBe(3);
  expect((await client.otp.verify({ sessionId, code })).verificationToken).not.toBe('');
  expect(faults()).toEqual([]);
  client.close();
});
