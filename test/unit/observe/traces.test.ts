import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StoredSession } from '../../../server/session/stored.js';
import { type Collector, startCollector } from '../../support/collector.js';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine, type TestStore } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manualClock.js';
import { startService, type TestService } from '../../support/service.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import { ACCEPTED, RETRY, type Scripted, scriptedProvider } from '../delivery/support/scripted.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const sampled = { traceparent: `00-${TRACE}-${CALLER}-01` };
const unsampled = { traceparent: `00-${TRACE}-${CALLER}-00` };

/** Every attribute that a span may have. */
const ATTRIBUTES = [
  'rpc.method',
  'countersign.transport',
  'countersign.reason',
  'countersign.workspace',
  'countersign.session',
  'countersign.channel',
  'countersign.provider',
  'countersign.outcome',
  'db.collection.name',
  'db.operation.name',
];

const KEY = 'the-bootstrap-key-of-the-test-of-traces';

eachEngine((engine) => {
  let store: TestStore;
  let collector: Collector;
  let clock: ManualClock;
  let provider: Scripted;
  let service: TestService;
  let running = false;
  /** Whether the store responds to nothing. */
  let away = false;
  beforeEach(async () => {
    store = await engine.newStore();
    collector = await startCollector();
    clock = new ManualClock();
    provider = scriptedProvider(clock);
  });
  afterEach(async () => {
    await stop();
    await collector.close();
  });

  async function stop(): Promise<void> {
    if (running) await service.stop();
    running = false;
  }

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    service = await startService({
      clock,
      documents: wrapOperations(await store.open({ clock }), (operation) =>
        away ? Promise.reject(new Error('the store did not respond')) : operation(),
      ),
      overrides: { providers: { email: provider.provider } },
      env: {
        OTP_HASH: 'argon2id',
        OTP_BOOTSTRAP_API_KEY: KEY,
        OTP_MASTER_KEYS: `1:${Buffer.alloc(32, 1).toString('base64')}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        ...env,
      },
    });
    running = true;
  }

  async function send(headers: Record<string, string>): Promise<string> {
    const call = connectJson(service.baseUrl, KEY);
    const sent = await call(
      'otp.v1.OtpService/Send',
      { recipients: { email: 'someone@example.com' } },
      headers,
    );
    expect(sent.status).toBe(200);
    return sent.body.session.id;
  }

  const named = (name: string) => eventually(() => collector.spans().find((span) => span.name === name));

  it('a call, its hashes, what it does in the store and the request to the provider are one trace, in that of the caller', async () => {
    provider.always(ACCEPTED);
    await start({
      OTEL_SERVICE_NAME: 'codes',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=trial%20run',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
    });
    const session = await send(sampled);
    const deliver = await named('deliver');
    const call = await named('otp.v1.OtpService/Send');
    const insert = await named('insertOne sessions');
    const hash = await named('hash code');

    expect([call, deliver, insert, hash].map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE, TRACE]);
    expect(call.parentSpanId).toBe(CALLER);
    expect([deliver, insert, hash].map(({ parentSpanId }) => parentSpanId)).toEqual(
      Array.from({ length: 3 }, () => call.spanId),
    );
    expect([call, deliver, insert, hash].map(({ kind }) => kind)).toEqual([2, 3, 3, 1]);
    expect(call.attributes).toEqual({
      'rpc.method': 'otp.v1.OtpService/Send',
      'countersign.transport': 'connect',
      'countersign.reason': 'OK',
      'countersign.workspace': 'default',
      'countersign.session': session,
    });
    expect(deliver.attributes).toEqual({
      'countersign.channel': 'email',
      'countersign.provider': 'scripted',
      'countersign.outcome': 'accepted',
      'countersign.session': session,
    });
    expect(insert.attributes).toEqual({ 'db.collection.name': 'sessions', 'db.operation.name': 'insertOne' });
    expect(call.resource).toMatchObject({
      'service.name': 'codes',
      'deployment.environment.name': 'trial run',
    });
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { authorization: 'Bearer of-the-collector' },
    });
    const keys = collector.spans().flatMap(({ attributes }) => Object.keys(attributes));
    expect(ATTRIBUTES).toEqual(expect.arrayContaining([...new Set(keys)]));
    // The line of the call names the trace, so that one is found by the other.
    expect(service.logged()).toMatch(new RegExp(`"method":"Send".*"trace":"${TRACE}"`));
  });

  it('a message that another process delivers later is in the trace of its Send all the same', async () => {
    provider.always(RETRY);
    await start();
    await send(sampled);
    const first = await named('deliver');
    expect(first.attributes).toMatchObject({ 'countersign.outcome': 'retry' });
    await stop();
    const call = await named('otp.v1.OtpService/Send');

    provider.always(ACCEPTED);
    await start();
    const second = await eventually(() => {
      clock.advance(1_000);
      return collector.spans().find((span) => span.attributes['countersign.outcome'] === 'accepted');
    });
    expect(second).toMatchObject({ name: 'deliver', traceId: TRACE, parentSpanId: call.spanId });
    expect(second.resource['service.instance.id']).not.toBe(first.resource['service.instance.id']);
  });

  it('of a trace that its caller does not record nothing is sent, nor kept with the session', async () => {
    provider.always(ACCEPTED);
    await start();
    const quiet = await send(unsampled);
    await send({});
    // Those of the second call come, and those of the first would have come before.
    await named('otp.v1.OtpService/Send');
    await stop();
    expect(collector.spans().filter(({ traceId }) => traceId === TRACE)).toEqual([]);
    const documents = await store.open({ clock });
    const stored = documents.collection<StoredSession>('sessions').find({}).toArray();
    const traces = (await stored).map(({ _id, trace }) => [_id.endsWith(quiet), trace !== undefined]);
    expect(traces.sort()).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('with a share of 0 only what a caller records is recorded; what is no traceparent begins a trace of its own', async () => {
    provider.always(ACCEPTED);
    await start({ OTEL_TRACES_SAMPLER_ARG: '0' });
    for (const traceparent of [
      '',
      'nonsense',
      `00-${'0'.repeat(32)}-${CALLER}-01`,
      `ff-${TRACE}-${CALLER}-01`,
    ])
      await send({ traceparent });
    clock.advance(300_000);
    await send(sampled);
    await stop();
    expect(new Set(collector.spans().map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  });

  it('a refusal is no fault, and a fault says its reason', async () => {
    provider.always(ACCEPTED);
    await start();
    const call = connectJson(service.baseUrl, KEY);
    await call('otp.v1.OtpService/GetSession', { sessionId: '0190e4c7-0000-7000-8000-000000000000' });
    const refused = await named('otp.v1.OtpService/GetSession');
    expect(refused.attributes).toMatchObject({ 'countersign.reason': 'SESSION_NOT_FOUND' });
    expect(refused.fault).toBeUndefined();

    away = true;
    await call('otp.v1.OtpService/ListSessions', {});
    away = false;
    const failed = await named('otp.v1.OtpService/ListSessions');
    expect(failed.fault).toMatch(/^(INTERNAL|STORE_UNAVAILABLE)$/);
  });
});
