import type { DescMethod, Message, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type ArrivingCall, type Call, type Envelope, noteLimit, type StreamEnd } from '../call/call.js';
import type { HandlerTable } from '../call/handlers.js';
import { Failure, toFailure } from '../errors.js';
import type { CallLifecycle } from './callLifecycle.js';

/** Runs one call that responds with a stream. Throws a Failure, never anything else. */
export type Stream = <M extends DescMethod>(
  method: M,
  request: MessageShape<M['input']>,
  envelope: Envelope,
  responding?: (call: ArrivingCall) => void,
) => AsyncGenerator<MessageInitShape<M['output']>, void, void>;

interface Deps {
  readonly lifecycle: Pick<CallLifecycle, 'begin' | 'end'>;
  /** Every step of the pipeline, before the first response. */
  readonly admit: (call: ArrivingCall, request: Message) => Promise<Call>;
  /** Who calls and whether it still may, before every further response. */
  readonly admitAgain: (call: ArrivingCall) => Promise<Call>;
  readonly handlers: Pick<HandlerTable, 'findStream'>;
}

export function createStream({ lifecycle, admit, admitAgain, handlers }: Deps): Stream {
  return async function* stream(method, request, envelope, responding) {
    const arriving = lifecycle.begin(method, envelope);
    let responses = 0;
    let ended = false;
    const end = (failure: Failure | undefined, reason?: StreamEnd) => {
      if (ended) return;
      ended = true;
      lifecycle.end(arriving, failure, { responses, ended: reason });
    };
    const leave = () => end(undefined, 'LEFT');
    // A caller may disconnect and never ask for the next response: then nothing below runs again.
    envelope.signal.addEventListener('abort', leave, { once: true });
    try {
      const call = await admit(arriving, request);
      const handler = handlers.findStream(method);
      if (!handler) throw new Failure('ROUTE_NOT_FOUND');
      responding?.(call);
      const source = handler(call, request);
      try {
        for (let next = await source.next(); ; next = await source.next()) {
          if (next.done) return end(undefined, next.value);
          if (responses > 0) await admitAgain(call);
          responses += 1;
          yield next.value;
        }
      } finally {
        await source.return('LEFT');
      }
    } catch (thrown) {
      const failure = toFailure(thrown);
      noteLimit(arriving, failure.details.rateLimit);
      end(failure);
      responding?.(arriving);
      throw failure;
    } finally {
      envelope.signal.removeEventListener('abort', leave);
      leave();
    }
  };
}
