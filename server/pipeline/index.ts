import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Call, type Envelope, type Handler, noteLimit, type StreamHandler } from '../call/call.js';
import { Failure, toFailure } from '../errors.js';
import { createLife, type LifeParts } from './callLifecycle.js';
import { createStream, type Stream } from './stream.js';

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

interface Options extends LifeParts {
  readonly steps: Steps;
  readonly handlers: ReadonlyMap<DescMethod, Handler>;
  /** The use cases of the methods that answer with a stream. */
  readonly streams?: ReadonlyMap<DescMethod, StreamHandler>;
}

export function createPipeline(options: Options): Pipeline {
  const { steps, handlers, streams = new Map() } = options;
  const life = createLife(options);
  const whoCalls = [steps.authenticate, steps.checkOrigin, steps.limitClient];
  const ordered = [...whoCalls, steps.validate, steps.authorise];

  async function run<T>(
    method: DescMethod,
    envelope: Envelope,
    answered: ((call: Call) => void) | undefined,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const call = life.begin(method, envelope);
    try {
      const response = await life.within(call, () => work(call));
      life.end(call, undefined);
      return response;
    } catch (thrown) {
      const failure = toFailure(thrown);
      noteLimit(call, failure.details.rateLimit);
      life.end(call, failure);
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
      begin: life.begin,
      admit: (call, request) => pass(ordered, call, request),
      // A stream may outlive the credential it was opened with.
      admitAgain: (call) => pass([steps.authenticate, steps.authorise], call, undefined),
      handlers: streams,
      end: life.end,
    }),
  };
}
