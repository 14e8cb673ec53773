import type { DescMethod } from '@bufbuild/protobuf';
import type { ArrivingCall, Envelope, StreamEnd } from '../call/call.js';
import { Failure } from '../errors.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics/index.js';
import type { Ending } from '../observe/metrics/table.js';
import type { Tracing } from '../observe/tracing.js';
import type { Clock } from '../platform/clock.js';

/** How a stream went, for its log line. */
export interface StreamLength {
  readonly responses: number;
  readonly ended: StreamEnd | undefined;
}

export interface LifecycleDeps {
  readonly newRequestId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'calls' | 'callSeconds' | 'callsInFlight'>;
  readonly tracing?: Tracing | undefined;
}

/** How every call begins and ends: its id, its span, its metrics, its one log line. */
export interface CallLifecycle {
  begin(method: DescMethod, envelope: Envelope): ArrivingCall;
  /** Runs the work of a call within its span. */
  within<T>(call: ArrivingCall, work: () => T): T;
  /** Called exactly once for each call. `length`: it responded with a stream. */
  end(call: ArrivingCall, failure: Failure | undefined, length?: StreamLength): void;
}

export function createCallLifecycle({
  newRequestId,
  clock,
  log,
  metrics,
  tracing,
}: LifecycleDeps): CallLifecycle {
  return {
    begin(method, envelope) {
      const requestId = envelope.requestId ?? newRequestId();
      metrics.callsInFlight.add({ method: method.name }, 1);
      const span = tracing?.begin(fullName(method), 'server', NO_ATTRIBUTES, envelope.traceparent);
      // What is added comes first: see platform/draft.ts.
      return {
        method,
        // Made on first use: most calls log nothing but their end.
        get log() {
          return log.child({ requestId });
        },
        startedAt: clock.now(),
        begunAt: performance.now(),
        ...(span && { span }),
        ...envelope,
        requestId,
      };
    },
    within: (call, work) => (call.span && tracing ? tracing.within(call.span, work) : work()),
    end(call, failure, length) {
      const abandoned = isAbandoned(call.signal, failure);
      const reason: Ending = abandoned ? 'ABANDONED' : (failure?.reason ?? 'OK');
      const method = call.method.name;
      const { transport } = call;
      metrics.callsInFlight.add({ method }, -1);
      metrics.calls.add({ method, transport, reason });
      if (!length)
        metrics.callSeconds.observe({ method, transport }, (performance.now() - call.begunAt) / 1e3);
      const line = {
        method,
        transport,
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
      // Faults of the service are errors; refusals are ordinary.
      if (isFault) log.error({ ...line, err: failure?.details.cause }, 'call');
      else log.info(line, 'call');
      if (call.span) endSpan(call, reason, isFault);
    },
  };
}

const NO_ATTRIBUTES = {};

function endSpan(
  { span, method, transport, principal, sessionId }: ArrivingCall,
  reason: Ending,
  isFault: boolean,
): void {
  span?.set({
    'rpc.method': fullName(method),
    'countersign.transport': transport,
    'countersign.reason': reason,
    'countersign.workspace': principal?.workspace,
    'countersign.session': sessionId,
  });
  span?.end(isFault ? reason : undefined);
}

const fullName = (method: DescMethod): string => `${method.parent.typeName}/${method.name}`;

/** Whether a call ended because its caller disconnected or its deadline passed: no fault, and no one left to respond to. */
export const isAbandoned = (signal: AbortSignal, thrown: unknown): boolean =>
  signal.aborted && thrown instanceof Failure && thrown.details.cause === signal.reason;
