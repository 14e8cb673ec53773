import type { DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { type Call, type Envelope, noteLimit, type StreamEnd, type StreamHandler } from '../call/call.js';
import { Failure, toFailure } from '../errors.js';

/** Runs one call that answers with a stream. Throws a Failure, never anything else. */
export type Stream = <M extends DescMethod>(
  method: M,
  request: MessageShape<M['input']>,
  envelope: Envelope,
  answered?: (call: Call) => void,
) => AsyncGenerator<MessageInitShape<M['output']>, void, void>;

/** How a stream went, for its log line. */
export interface StreamLength {
  readonly responses: number;
  readonly ended: StreamEnd | undefined;
}

interface Parts {
  readonly begin: (method: DescMethod, envelope: Envelope) => Call;
  /** Every step of the pipeline, before the first response. */
  readonly admit: (call: Call, request: unknown) => Promise<void>;
  /** Who calls and whether it still may, before every further response. */
  readonly admitAgain: (call: Call) => Promise<void>;
  readonly handlers: ReadonlyMap<DescMethod, StreamHandler>;
  readonly end: (call: Call, failure: Failure | undefined, length: StreamLength) => void;
}

export function createStream({ begin, admit, admitAgain, handlers, end }: Parts): Stream {
  return async function* stream(method, request, envelope, answered) {
    const call = begin(method, envelope);
    let responses = 0;
    let recorded = false;
    const over = (failure: Failure | undefined, ended?: StreamEnd) => {
      if (recorded) return;
      recorded = true;
      end(call, failure, { responses, ended });
    };
    const leave = () => over(undefined, 'LEFT');
    // Whoever reads this may go and never come back for the next response: then nothing below runs again.
    envelope.signal.addEventListener('abort', leave, { once: true });
    try {
      await admit(call, request);
      const handler = handlers.get(method);
      if (!handler) throw new Failure('ROUTE_NOT_FOUND');
      answered?.(call);
      const source = handler(call, request as never);
      try {
        for (let next = await source.next(); ; next = await source.next()) {
          if (next.done) return over(undefined, next.value);
          if (responses > 0) await admitAgain(call);
          responses += 1;
          yield next.value as never;
        }
      } finally {
        await source.return('LEFT');
      }
    } catch (thrown) {
      const failure = toFailure(thrown);
      noteLimit(call, failure.details.rateLimit);
      over(failure);
      answered?.(call);
      throw failure;
    } finally {
      envelope.signal.removeEventListener('abort', leave);
      leave();
    }
  };
}
