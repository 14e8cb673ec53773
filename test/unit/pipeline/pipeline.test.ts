import { Writable } from 'node:stream';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  GetSessionRequestSchema,
  OtpService,
  SendRequestSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import type { Handler } from '../../../server/call/call.js';
import { createHandlerTable, register } from '../../../server/call/handlers.js';
import { Failure } from '../../../server/errors.js';
import { createLog } from '../../../server/observe/log.js';
import { createMetrics } from '../../../server/observe/metrics/index.js';
import { createPipeline, type Steps } from '../../../server/pipeline/index.js';
import { ManualClock } from '../../support/manualClock.js';

const METHOD = OtpService.method.getSession;

/** A pipeline whose steps note that they ran, and one of which may throw. */
function pipelineOf({
  throwing,
  thrown,
  handler,
}: {
  throwing?: keyof Steps;
  thrown?: unknown;
  handler?: Handler<typeof METHOD>;
} = {}) {
  const ran: string[] = [];
  const lines: string[] = [];
  const clock = new ManualClock();
  const step = (name: keyof Steps) => () => {
    ran.push(name);
    if (name === throwing) throw thrown;
  };
  const handle: Handler<typeof METHOD> = async (call, request) => {
    ran.push('use case');
    clock.advance(7);
    return handler ? handler(call, request) : { session: { id: 's' } };
  };
  const pipeline = createPipeline({
    steps: {
      validate: step('validate'),
      authorise: step('authorise'),
      limitClient: step('limitClient'),
      checkOrigin: step('checkOrigin'),
      async authenticate() {
        step('authenticate')();
        return { workspace: 'w', mode: 'live', client: 'key-1', scopes: new Set() };
      },
    },
    handlers: createHandlerTable([register(METHOD, handle)]),
    newRequestId: () => 'made-here',
    metrics: createMetrics(),
    clock,
    log: createLog(
      'info',
      new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      }),
    ),
  });
  const leave = new AbortController();
  const call = (requestId?: string) =>
    pipeline.call(
      METHOD,
      create(GetSessionRequestSchema),
      { transport: 'grpc', peer: '192.0.2.1', signal: leave.signal, requestId },
      () => ran.push('responding'),
    );
  const failure = async () => {
    const failed = await call().then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(Failure);
    return failed as Failure;
  };
  return { pipeline, call, failure, ran, leave, logged: () => lines.map((line) => JSON.parse(line)) };
}

describe('the pipeline', () => {
  it('runs the steps in the order in which the reasons for it are given, then the use case', async () => {
    const { call, ran } = pipelineOf();
    await call();
    expect(ran).toEqual([
      'authenticate',
      'checkOrigin',
      'limitClient',
      'validate',
      'authorise',
      'use case',
      'responding',
    ]);
  });

  it('stops at the step that refuses', async () => {
    const { failure, ran } = pipelineOf({ throwing: 'validate', thrown: new Failure('INVALID_REQUEST') });
    expect(await failure()).toMatchObject({ reason: 'INVALID_REQUEST' });
    expect(ran).toEqual(['authenticate', 'checkOrigin', 'limitClient', 'validate', 'responding']);
  });

  it('logs one line a call, with who, what, how long, and the reason', async () => {
    const { call, logged } = pipelineOf();
    await call('theirs');
    expect(logged()).toMatchObject([
      {
        level: 30,
        msg: 'call',
        method: 'GetSession',
        transport: 'grpc',
        workspace: 'w',
        client: 'key-1',
        peer: '192.0.2.1',
        requestId: 'theirs',
        ms: 7,
        reason: 'OK',
      },
    ]);
  });

  it('gives a call an id that came without one', async () => {
    const { call, logged } = pipelineOf();
    await call();
    expect(logged()).toMatchObject([{ requestId: 'made-here' }]);
  });

  it('takes refusals as everyday', async () => {
    const { failure, logged } = pipelineOf({
      throwing: 'authenticate',
      thrown: new Failure('UNAUTHENTICATED'),
    });
    await failure();
    expect(logged()).toMatchObject([{ level: 30, reason: 'UNAUTHENTICATED' }]);
    expect(logged()[0]).not.toHaveProperty('client');
  });

  it.each([
    ['INTERNAL', new TypeError('a bug')],
    ['STORE_UNAVAILABLE', new Failure('STORE_UNAVAILABLE', { cause: new TypeError('a bug') })],
  ])('logs %s as a fault with its cause, and hands none of it on', async (reason, thrown) => {
    const handler = () => Promise.reject(thrown);
    const { failure, logged } = pipelineOf({ handler });
    const failed = await failure();
    expect(failed.reason).toBe(reason);
    expect(failed.message).not.toContain('bug');
    expect(logged()).toMatchObject([{ level: 50, reason, err: { name: 'TypeError', message: 'a bug' } }]);
  });

  it('logs a call whose caller left as abandoned', async () => {
    const { failure, logged, leave } = pipelineOf({
      handler: async ({ signal }) => {
        leave.abort(new Error('gone'));
        signal.throwIfAborted();
        return {};
      },
    });
    expect((await failure()).reason).toBe('INTERNAL');
    expect(logged()).toMatchObject([{ level: 30, reason: 'ABANDONED' }]);
  });

  it('logs a fault as one although the caller left meanwhile', async () => {
    const { failure, logged, leave } = pipelineOf({
      handler: async () => {
        leave.abort(new Error('gone'));
        throw new TypeError('a bug');
      },
    });
    await failure();
    expect(logged()).toMatchObject([{ level: 50, reason: 'INTERNAL', err: { message: 'a bug' } }]);
  });

  it('refuses a method without a use case', async () => {
    const { pipeline, leave } = pipelineOf();
    const envelope = { transport: 'grpc' as const, peer: '', signal: leave.signal };
    const unknown = pipeline.call(OtpService.method.send, create(SendRequestSchema), envelope);
    await expect(unknown).rejects.toMatchObject({ reason: 'ROUTE_NOT_FOUND' });
  });
});
