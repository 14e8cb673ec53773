import { median } from '../contest.js';
import type { Engine } from '../engines.js';
import { inTurn } from '../load/request.js';
import type { Goal } from '../report.js';
import { newRecipient, Seeder } from '../seed.js';
import { type RunningService, startService } from '../service.js';
import { type Backends, startBackends } from '../slowBackends.js';
import type { SuiteContext } from './suite.js';

const OTP = 'otp.v1.OtpService';
const ADMIN = 'otp.admin.v1';
/** Of A, each to a provider that takes this long. */
const SENDS = 1_500;
const PROVIDER_MS = 300;
/** Events of A for each of its four endpoints, which take this long. */
const EVENTS = 50;
const ENDPOINT_MS = 9_000;
/** Listings of A that match nothing, and Sends by one of its keys, under way at once. */
const LISTINGS = 32;
const HOT_SENDS = 64;
const MEASURED = 15;

type Call = (method: string, message: unknown) => Promise<Record<string, unknown>>;

/** How long B waits for one job behind many of A, and alone, in seconds. */
export async function fairness(engine: Engine, { options, report, say }: SuiteContext): Promise<void> {
  if (options.only && !'fairness'.includes(options.only.toLowerCase())) return;
  if (engine.scans) {
    report.notes.push(`${engine.name}: ${engine.scans}, so nothing is said about fairness on it.`);
    return;
  }
  const backends = await startBackends({ providerMs: PROVIDER_MS, endpointMs: ENDPOINT_MS });
  const value = (name: string, ms: number, goal?: Goal) =>
    report.values.push({
      name: `fairness, ${engine.name}: ${name}`,
      value: ms / 1000,
      unit: 's',
      ...(goal && { goal }),
    });
  const inTime: Goal = { atMost: 2 };

  await withService(engine, { hash: 'hmac', backends }, async (service, seeder) => {
    const [a, b] = [await tenant(service, 'a'), await tenant(service, 'b')];
    say(`fairness, ${engine.name}: messages`);
    value("B's message, nothing else waits", await messageOf(b, backends));
    await together(SENDS, 32, () => sendTo(a, newRecipient()));
    value(`B's message behind ${SENDS} of A to a provider of 300 ms`, await messageOf(b, backends), inTime);

    say(`fairness, ${engine.name}: events`);
    for (const n of [1, 2, 3, 4]) await listen(a, `${backends.url}/slow/${n}`);
    await listen(b, `${backends.url}/quick`);
    await together(EVENTS, 10, () => cancelOne(a));
    value("B's event behind A's four endpoints of 9 s", await eventOf(b, backends), inTime);

    say(`fairness, ${engine.name}: listings`);
    await seeder.fill(options.effort.few);
    value("B's Send, no listings", await medianOf(() => sendTo(b, newRecipient())));
    const stop = keepUp(LISTINGS, () => a(`${OTP}/ListSessions`, { purpose: 'nothing', pageSize: 100 }));
    value(
      `B's Send beside ${LISTINGS} listings of A without a match`,
      await medianOf(() => sendTo(b, newRecipient())),
      inTime,
    );
    await stop();
  });

  await withService(engine, { hash: 'argon2id', backends }, async (service) => {
    say(`fairness, ${engine.name}: a hot key`);
    const [hot, cold] = [await tenant(service, 'a'), await tenant(service, 'a')];
    value('Send of a cold key alone, argon2id', await medianOf(() => sendTo(cold, newRecipient())));
    const stop = keepUp(HOT_SENDS, () => sendTo(hot, newRecipient()).catch(() => ({})));
    value(
      `Send of a cold key beside ${HOT_SENDS} at once of a hot one`,
      await medianOf(() => sendTo(cold, newRecipient())),
      inTime,
    );
    await stop();
  });
  await backends.close();
}

async function withService(
  engine: Engine,
  { hash, backends: { url } }: { readonly hash: 'hmac' | 'argon2id'; readonly backends: Backends },
  work: (service: RunningService, seeder: Seeder) => Promise<void>,
): Promise<void> {
  const store = await engine.newStore();
  const service = await startService({
    ...store.env,
    OTP_HASH: hash,
    OTP_DELIVERY_WEBHOOK_URL: `${url}/provider`,
    OTP_DELIVERY_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    OTP_DELIVERY_WEBHOOK_CHANNELS: 'sms',
  });
  const seeder = new Seeder(service, await store.open());
  try {
    await work(service, seeder);
  } finally {
    await service.stop();
    await seeder.close();
    await store.remove();
  }
}

const calls =
  (port: number, apiKey: string): Call =>
  async (method, message) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` };
    const body = JSON.stringify(message);
    const response = await fetch(`http://127.0.0.1:${port}/${method}`, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} got the response ${response.status}: ${text}`);
    return JSON.parse(text);
  };

/** Calls by a new key of a workspace, which is made where it does not exist. */
async function tenant({ port, apiKey }: RunningService, workspace: string): Promise<Call> {
  const operator = calls(port, apiKey);
  const name = { workspace: { name: workspace } };
  await operator(`${ADMIN}.WorkspaceService/CreateWorkspace`, name).catch(() => ({}));
  const scopes = ['admin', 'otp.send', 'otp.verify', 'sessions.read'];
  const key = { displayName: workspace, scopes, mode: 'MODE_LIVE' };
  const made = await operator(`${ADMIN}.ApiKeyService/CreateApiKey`, { workspace, apiKey: key });
  return calls(port, made.secret as string);
}

const sendTo = (call: Call, sms: string) => call(`${OTP}/Send`, { recipients: { sms } });

const listen = (call: Call, url: string) =>
  call(`${ADMIN}.WebhookService/CreateWebhookEndpoint`, {
    webhookEndpoint: { url, eventTypes: ['session.canceled'] },
  });

async function cancelOne(call: Call): Promise<void> {
  const { session } = (await sendTo(call, newRecipient())) as { session: { id: string } };
  await call(`${OTP}/CancelSession`, { sessionId: session.id });
}

/** From the Send until the provider is asked, milliseconds. */
async function messageOf(call: Call, { arrival }: Backends): Promise<number> {
  const recipient = newRecipient();
  const startedAt = performance.now();
  const arrives = arrival(recipient);
  await sendTo(call, recipient);
  return (await arrives) - startedAt;
}

/** From the end of a session until its event comes, milliseconds. */
async function eventOf(call: Call, { arrival }: Backends): Promise<number> {
  const arrives = arrival('/quick');
  const startedAt = performance.now();
  await cancelOne(call);
  return (await arrives) - startedAt;
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < MEASURED; n++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}

async function together(count: number, atOnce: number, work: () => Promise<unknown>): Promise<void> {
  const next = inTurn(Array.from({ length: count }, (_, n) => n + 1));
  const worker = async () => {
    while (next() !== undefined) await work();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Keeps so many under way until the returned function is called. */
function keepUp(atOnce: number, work: () => Promise<unknown>): () => Promise<void> {
  let stopped = false;
  const worker = async () => {
    while (!stopped) await work();
  };
  const running = Promise.all(Array.from({ length: atOnce }, worker));
  return async () => {
    stopped = true;
    await running;
  };
}
