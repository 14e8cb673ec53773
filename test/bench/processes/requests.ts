import cluster from 'node:cluster';

/** A request of the bench to one of its processes, and the response. */
export interface ProcessRequest {
  readonly id: number;
  readonly about: string;
  readonly value?: unknown;
}

export interface ProcessResponse {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

type Handlers = Readonly<Record<string, (value: never) => unknown>>;

const known = new Map<string, Handlers[string]>();
/** Requests that arrived before the module that handles them was loaded. */
const early: ProcessRequest[] = [];

/** Handles requests with these functions from now on. */
export function handleRequests(handlers: Handlers): void {
  for (const [about, handler] of Object.entries(handlers)) known.set(about, handler);
  for (const request of early.splice(0)) void take(request);
}

async function take(request: ProcessRequest): Promise<void> {
  const { id, about, value } = request;
  const handler = known.get(about);
  if (!handler) {
    early.push(request);
    return;
  }
  try {
    process.send?.({ id, value: await handler(value as never) } satisfies ProcessResponse);
  } catch (error) {
    process.send?.({ id, error: String(error) } satisfies ProcessResponse);
  }
}

// Workers of a service have this channel with the process that holds the port, not with the bench.
if (cluster.isPrimary) {
  process.on('message', take);
  // A bench that was killed leaves no process behind.
  process.on('disconnect', () => process.exit(1));
  // The channel alone must not keep the process alive.
  process.channel?.unref();
}
