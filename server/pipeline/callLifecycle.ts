import type { DescMethod } from '@bufbuild/protobuf';
import type { Call, Envelope } from '../call/call.js';
import { Failure } from '../errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Door, Ending } from '../observe/metrics/table.js';
import type { Tracing } from '../observe/tracing.js';
import type { Clock } from '../platform/clock.js';
import type { StreamLength } from './stream.js';

export interface LifeParts {
  readonly newRequestId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'calls' | 'callSeconds' | 'callsInFlight'>;
  readonly tracing?: Tracing | undefined;
}

/** How every call begins and ends, whatever happens in between: its id, its span, its numbers, its one log line. */
export interface CallLife {
  begin(method: DescMethod, envelope: Envelope): Call;
  /** Does the work of a call with its span around it. */
  within<T>(call: Call, work: () => T): T;
  /** Exactly once for each call. `length`: it answered with a stream. */
  end(call: Call, failure: Failure | undefined, length?: StreamLength): void;
}

export function createLife({ newRequestId, clock, log, metrics, tracing }: LifeParts): CallLife {
  return {
    begin(method, envelope) {
      const requestId = envelope.requestId ?? newRequestId();
      metrics.callsInFlight.add({ method: method.name }, 1);
      const span = tracing?.begin(fullName(method), 'server', NO_ATTRIBUTES, envelope.traceparent);
      return {
        ...envelope,
        method,
        requestId,
        // Made when it is asked for: most calls log nothing but their end.
        get log() {
          return log.child({ requestId });
        },
        startedAt: clock.now(),
        begunAt: performance.now(),
        ...(span && { span }),
        principal: undefined as never,
      };
    },
    within: (call, work) => (call.span && tracing ? tracing.within(call.span, work) : work()),
    end(call, failure, length) {
      const abandoned = isAbandoned(call.signal, failure);
      const reason: Ending = abandoned ? 'ABANDONED' : (failure?.reason ?? 'OK');
      const method = call.method.name;
      const door = call.door as Door;
      metrics.callsInFlight.add({ method }, -1);
      metrics.calls.add({ method, door, reason });
      if (!length) metrics.callSeconds.observe({ method, door }, (performance.now() - call.begunAt) / 1e3);
      const line = {
        method,
        door: call.door,
        workspace: call.principal?.workspace,
        client: call.principal?.client,
        session: call.sessionId,
        peer: call.peer,
        requestId: call.requestId,
        trace: call.span?.traceId,
        ms: clock.now() - call.startedAt,
        ...length,
        reason,
      };
      const isFault = !abandoned && (reason === 'INTERNAL' || reason === 'STORE_UNAVAILABLE');
      // Faults of ours are errors, refusals are everyday.
      if (isFault) log.error({ ...line, err: failure?.details.cause }, 'call');
      else log.info(line, 'call');
      if (call.span) endSpan(call, reason, isFault);
    },
  };
}

const NO_ATTRIBUTES = {};

function endSpan({ span, method, door, principal, sessionId }: Call, reason: Ending, isFault: boolean): void {
  span?.set({
    'rpc.method': fullName(method),
    'countersign.door': door,
    'countersign.reason': reason,
    'countersign.workspace': principal?.workspace,
    'countersign.session': sessionId,
  });
  span?.end(isFault ? reason : undefined);
}

const fullName = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

/** Whether a call ended because its caller went away or its deadline passed: nobody's fault, and nobody is left to tell. */
export const isAbandoned = (signal: AbortSignal, thrown: unknown): boolean =>
  signal.aborted && thrown instanceof Failure && thrown.details.cause === signal.reason;
