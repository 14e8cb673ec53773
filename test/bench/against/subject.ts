import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../engines.js';
import { http1 } from '../load/http1.js';
import { inTurn, jsonRequest, type Request } from '../load/request.js';
import { type ThreadTimes, threadTimes } from '../processes/threads.js';
import { newRecipient, responseTo, type Seeded } from '../seed.js';
import { type RunningService, startService } from '../service.js';
import type { Build } from './build.js';
import { type ByteCounter, countBytes } from './countBytes.js';
import { startReceiver } from './receiver.js';

/** The calls that are compared. */
export const CALLS = ['send', 'right code', 'wrong code'] as const;
export type CallName = (typeof CALLS)[number];

/** What one round of calls cost, by call. */
export interface Cost extends ThreadTimes {
  readonly operations: number;
  /** To and from MongoDB; 0 on the embedded store. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** One build on one store, under load. */
export interface Subject {
  readonly name: string;
  round(call: CallName, calls: number): Promise<Cost>;
  rss(): Promise<{ readonly idle: number; readonly peak: number }>;
  stop(): Promise<void>;
}

const IN_FLIGHT = 16;
const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
/** After the last message was received its outcome is still to be stored. */
const SETTLED_MS = 150;
/** What a start leaves behind is collected within this time. */
const IDLE_MS = 1_500;
const OTP = '/otp.v1.OtpService';

export async function startSubject(build: Build, engine: Engine): Promise<Subject> {
  const store = await engine.newStore();
  const receiver = await startReceiver();
  const { MONGODB_URI: uri } = store.env;
  const wire: ByteCounter | undefined = uri ? await countBytes(uri) : undefined;
  const service = await startService(
    {
      ...store.env,
      ...(wire && { MONGODB_URI: wire.uri }),
      OTP_HASH: 'hmac',
      OTP_LOG_LEVEL: 'warn',
      OTP_DELIVERY_WEBHOOK_URL: receiver.url,
      OTP_DELIVERY_WEBHOOK_SECRET: SECRET,
    },
    { main: build.main },
  );
  await pause(IDLE_MS);
  const idle = (await service.child.usage()).rss;

  const requestsOf: Record<CallName, (calls: number) => Promise<readonly Request[]>> = {
    send: async (calls) =>
      Array.from({ length: calls }, () =>
        jsonRequest(`${OTP}/Send`, service.apiKey, { recipients: { sms: newRecipient() } }),
      ),
    'right code': async (calls) =>
      (await seeded(service, calls)).map(({ sessionId, code }) =>
        jsonRequest(`${OTP}/Validate`, service.apiKey, { sessionId, code }),
      ),
    'wrong code': async (calls) =>
      (await seeded(service, calls)).map(({ sessionId, wrongCode }) =>
        jsonRequest(`${OTP}/Validate`, service.apiKey, { sessionId, code: wrongCode }),
      ),
  };
  const expected: Record<CallName, { status: number; holds: string }> = {
    send: { status: 200, holds: '"sessionToken":' },
    'right code': { status: 200, holds: '"verificationToken":' },
    'wrong code': { status: 400, holds: 'INVALID_CODE' },
  };

  async function snapshot() {
    const operations = await operationsOf(service);
    const { up = 0, down = 0 } = wire?.counts() ?? {};
    return { ...threadTimes(service.child.pid), operations, up, down };
  }

  return {
    name: build.name,
    async round(call, calls) {
      const requests = await requestsOf[call](calls);
      const load = await http1.open({
        port: service.port,
        requests,
        expect: expected[call],
        inFlight: IN_FLIGHT,
      });
      await pause(SETTLED_MS);
      const before = await snapshot();
      await load.run();
      if (call === 'send') await receiver.received(calls);
      await pause(SETTLED_MS);
      const after = await snapshot();
      load.close();
      return {
        main: (after.main - before.main) / calls,
        all: (after.all - before.all) / calls,
        operations: (after.operations - before.operations) / calls,
        bytesUp: (after.up - before.up) / calls,
        bytesDown: (after.down - before.down) / calls,
      };
    },
    async rss() {
      return { idle, peak: (await service.child.usage()).peakRss };
    },
    async stop() {
      await service.stop();
      receiver.close();
      await wire?.close();
      await store.remove();
    },
  };
}

/** Sandbox sessions: the response to their Send holds the code. */
async function seeded(
  service: RunningService,
  count: number,
): Promise<readonly Omit<Seeded, 'sessionToken' | 'recipient'>[]> {
  const next = inTurn(Array.from({ length: count }, newRecipient));
  const sessions: Omit<Seeded, 'sessionToken' | 'recipient'>[] = [];
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (let sms = next(); sms !== undefined; sms = next()) {
      const send = jsonRequest(`${OTP}/Send`, service.apiKey, { recipients: { sms }, sandbox: true });
      const { status, text } = await responseTo(service.port, send);
      if (status !== 200) throw new Error(`nothing to measure with, but ${status}: ${text}`);
      const { session, sandboxCodes } = JSON.parse(text);
      const code: string = sandboxCodes.sms;
      sessions.push({
        sessionId: session.id,
        code,
        wrongCode: code.replace(/.$/, (digit) => String(9 - Number(digit))),
      });
    }
  });
  await Promise.all(lanes);
  return sessions;
}

/** Operations on the store since the start, those of the queues' polls left out: they come by time, not by call. */
async function operationsOf({ port }: RunningService): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = [
    ...text.matchAll(/^countersign_store_operation_duration_seconds_count\{([^}]*)\} (\d+)/gm),
  ].filter(([, labels = '']) => !/operation="find"/.test(labels));
  return counts.reduce((sum, [, , count]) => sum + Number(count), 0);
}
