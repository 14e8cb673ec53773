import type { DescMethod, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type ArrivingCall, type Call, type Envelope, noteLimit, withPrincipal } from '../call/call.js';
import type { HandlerTable } from '../call/handlers.js';
import type { Principal } from '../domain/principal.js';
import { Failure, toFailure } from '../errors.js';
import { createCallLifecycle, type LifecycleDeps } from './callLifecycle.js';
import { createStream, type Stream } from './stream.js';

/** One check of a call whose caller is known. It throws a Failure to refuse the call. */
export type Step = (call: Call) => void | Promise<void>;

/** The steps, by name, in the order in which they run. */
export interface Steps {
  /** First: nothing else is done for strangers, and every later step needs to know who calls. */
  readonly authenticate: (call: ArrivingCall) => Promise<Principal>;
  /** Before any work is done for a page that may not call at all. */
  readonly checkOrigin: Step;
  /** Before validation, so that probing the form of a request is counted too. */
  readonly limitClient: Step;
  /** Before authorise, so that a caller learns all that is wrong with a request while trying it out. */
  readonly validate: (call: Call, request: Message) => void;
  /** Last, right before the use case. */
  readonly authorise: Step;
}

/** What every call passes, on every transport. */
export interface Pipeline {
  /** Runs one call. Rejects with a Failure, never with anything else. */
  call<M extends DescMethod>(
    method: M,
    request: MessageShape<M['input']>,
    envelope: Envelope,
    responding?: (call: ArrivingCall) => void,
  ): Promise<MessageInitShape<M['output']>>;
  /** The same for a method that responds with a stream; `responding` is called before the first response. */
  readonly stream: Stream;
  /**
   * Refuses what its transport could not read as a request of the method: after
   * the steps that need no request, so that the refusal is attributed, counted
   * and logged like any other. Rejects with what a step throws, else with `failure`.
   */
  refuse(
    method: DescMethod,
    failure: Failure,
    envelope: Envelope,
    responding?: (call: ArrivingCall) => void,
  ): Promise<never>;
}

interface Deps extends LifecycleDeps {
  readonly steps: Steps;
  readonly handlers: HandlerTable;
}

export function createPipeline({ steps, handlers, ...deps }: Deps): Pipeline {
  const lifecycle = createCallLifecycle(deps);

  async function run<T>(
    arriving: ArrivingCall,
    responding: ((call: ArrivingCall) => void) | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      const response = await lifecycle.within(arriving, work);
      lifecycle.end(arriving, undefined);
      return response;
    } catch (thrown) {
      const failure = toFailure(thrown);
      noteLimit(arriving, failure.details.rateLimit);
      lifecycle.end(arriving, failure);
      throw failure;
    } finally {
      responding?.(arriving);
    }
  }

  /** The steps that need no request. */
  async function identify(arriving: ArrivingCall): Promise<Call> {
    const call = withPrincipal(arriving, await steps.authenticate(arriving));
    await steps.checkOrigin(call);
    await steps.limitClient(call);
    return call;
  }

  /** All steps. */
  async function admit(arriving: ArrivingCall, request: Message): Promise<Call> {
    const call = await identify(arriving);
    steps.validate(call, request);
    await steps.authorise(call);
    return call;
  }

  return {
    call(method, request, envelope, responding) {
      const arriving = lifecycle.begin(method, envelope);
      return run(arriving, responding, async () => {
        const call = await admit(arriving, request);
        const handler = handlers.find(method);
        if (!handler) throw new Failure('ROUTE_NOT_FOUND');
        return handler(call, request);
      });
    },
    refuse(method, failure, envelope, responding) {
      const arriving = lifecycle.begin(method, envelope);
      return run(arriving, responding, async () => {
        await identify(arriving);
        throw failure;
      });
    },
    stream: createStream({
      lifecycle,
      handlers,
      admit,
      // A stream may outlive the credential it was opened with.
      async admitAgain(arriving) {
        const call = withPrincipal(arriving, await steps.authenticate(arriving));
        await steps.authorise(call);
        return call;
      },
    }),
  };
}
