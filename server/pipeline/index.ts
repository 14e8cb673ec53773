import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Call, type Envelope, type Handler, noteLimit, type StreamHandler } from '../call.js';
import type { Clock } from '../clock.js';
import { Failure, toFailure } from '../errors.js';
import type { Logger } from '../observe/log.js';
import { createStream, type Stream, type StreamLength } from './stream.js';

/** One check that every call passes. It may set fields of the call; it throws a Failure to refuse it. */
export type Step = (call: Call, request: never) => void | Promise<void>;

/** The steps, by name, in the order in which they run. */
export interface Steps {
  /** First: nothing else is done for strangers, and every later step needs to know who calls. */
  readonly authenticate: Step;
  /** Before any work is done for a page that may not call at all. */
  readonly checkOrigin: Step;
  /** Before validate, so that guessing at the form of a request is counted too. */
  readonly limitClient: Step;
  /** Before authorise, so that a caller learns all that is wrong with a request while trying it out. */
  readonly validate: Step;
  /** Last, right before the use case. */
  readonly authorise: Step;
}

/** What every call passes, whichever door it came in by. */
export interface Pipeline {
  /** Runs one call. Rejects with a Failure, never with anything else. */
  call<M extends DescMethod>(
    method: M,
    request: MessageShape<M['input']>,
    envelope: Envelope,
    answered?: (call: Call) => void,
  ): Promise<MessageInitShape<M['output']>>;
  /** The same for a method that answers with a stream; `answered` is told before the first response. */
  readonly stream: Stream;
  /**
   * Refuses what its door could not read as a request of the method: after the
   * steps that need no request, so that it is known whose it was, counted and
   * logged like any other. Rejects with what a step throws, else with `failure`.
   */
  refuse(
    method: DescMethod,
    failure: Failure,
    envelope: Envelope,
    answered?: (call: Call) => void,
  ): Promise<never>;
}

interface Options {
  readonly steps: Steps;
  readonly handlers: ReadonlyMap<DescMethod, Handler>;
  /** The use cases of the methods that answer with a stream. */
  readonly streams?: ReadonlyMap<DescMethod, StreamHandler>;
  readonly newRequestId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createPipeline(options: Options): Pipeline {
  const { steps, handlers, streams = new Map(), newRequestId, clock, log } = options;
  const whoCalls = [steps.authenticate, steps.checkOrigin, steps.limitClient];
  const ordered = [...whoCalls, steps.validate, steps.authorise];

  const begin = (method: DescMethod, envelope: Envelope): Call => ({
    ...envelope,
    method,
    requestId: envelope.requestId ?? newRequestId(),
    log,
    startedAt: clock.now(),
    principal: undefined as never,
  });

  async function run<T>(
    method: DescMethod,
    envelope: Envelope,
    answered: ((call: Call) => void) | undefined,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const call = begin(method, envelope);
    try {
      const response = await work(call);
      record(call, clock, undefined);
      return response;
    } catch (thrown) {
      const failure = toFailure(thrown);
      noteLimit(call, failure.details.rateLimit);
      record(call, clock, failure);
      throw failure;
    } finally {
      answered?.(call);
    }
  }

  async function pass(through: readonly Step[], call: Call, request: unknown): Promise<void> {
    for (const step of through) {
      const running = step(call, request as never);
      if (running) await running;
    }
  }

  return {
    call: (method, request, envelope, answered) =>
      run(method, envelope, answered, async (call) => {
        await pass(ordered, call, request);
        const handler = handlers.get(method);
        if (!handler) throw new Failure('ROUTE_NOT_FOUND');
        return (await handler(call, request as never)) as never;
      }),
    refuse: (method, failure, envelope, answered) =>
      run(method, envelope, answered, async (call) => {
        await pass(whoCalls, call, undefined);
        throw failure;
      }),
    stream: createStream({
      begin,
      admit: (call, request) => pass(ordered, call, request),
      // A stream may outlive the credential it was opened with.
      admitAgain: (call) => pass([steps.authenticate, steps.authorise], call, undefined),
      handlers: streams,
      record: (call, failure, length) => record(call, clock, failure, length),
    }),
  };
}

/** Whether a call ended because its caller went away or its deadline passed: nobody's fault, and nobody is left to tell. */
export const isAbandoned = (signal: AbortSignal, thrown: unknown): boolean =>
  signal.aborted && thrown instanceof Failure && thrown.details.cause === signal.reason;

/** One log line a call, of a stream when it ends. Faults of ours are errors, refusals are everyday. */
function record(call: Call, clock: Clock, failure: Failure | undefined, length?: StreamLength): void {
  const abandoned = isAbandoned(call.signal, failure);
  const line = {
    method: call.method.name,
    door: call.door,
    workspace: call.principal?.workspace,
    client: call.principal?.client,
    session: call.sessionId,
    peer: call.peer,
    requestId: call.requestId,
    ms: clock.now() - call.startedAt,
    ...length,
    reason: abandoned ? 'ABANDONED' : (failure?.reason ?? 'OK'),
  };
  if (!abandoned && (failure?.reason === 'INTERNAL' || failure?.reason === 'STORE_UNAVAILABLE')) {
    call.log.error({ ...line, err: failure.details.cause }, 'call');
  } else call.log.info(line, 'call');
}
