import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { startWebhookReceiver, verified, type WebhookReceiver } from '../support/webhookReceiver.js';

const KEY = randomBytes(24).toString('base64url');
const SESSIONS = 12;
/** Longer than any claim of an event lasts, and than the first waits between attempts. */
const LATER = { ahead: 120_000 };

let dataDir: string;
let receiver: WebhookReceiver;
let service: ServiceProcess | undefined;
beforeAll(() => builtMain(), 120_000);
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-kill-'));
  receiver = await startWebhookReceiver();
});
afterEach(async () => {
  await service?.end('SIGKILL');
  await receiver.close();
  await rm(dataDir, { recursive: true, force: true });
});

function suite(env: () => Readonly<Record<string, string>>) {
  it('kill -9 in the middle of webhooks loses no event and turns none around', async () => {
    const settings = { OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac', ...env() };
    service = await startProcess(settings);
    const call = connectJson(service.baseUrl, KEY);
    const made = await call('otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url: receiver.url },
    });
    const canceled: string[] = [];
    let killed = false;
    // Some events are taken, some are not, and one is being tried at that moment.
    receiver.before(async () => {
      if (receiver.received.length === SESSIONS / 2) receiver.respond(500);
      if (receiver.received.length < SESSIONS || killed) return;
      killed = true;
      await service!.end('SIGKILL');
    });
    for (let n = 0; n < SESSIONS; n++) {
      const recipients = { email: `kill.webhook.${n}@example.com` };
      const sent = await call('otp.v1.OtpService/Send', { recipients }).catch(() => undefined);
      const sessionId = sent?.body.session.id;
      const ended =
        sessionId && (await call('otp.v1.OtpService/CancelSession', { sessionId }).catch(() => undefined));
      if (ended?.status === 200) canceled.push(sessionId);
    }
    await eventually(() => killed);
    expect(canceled.length).toBeGreaterThan(0);
    receiver.before(async () => {});
    receiver.respond(204);
    service = await startProcess(settings, LATER);
    const taken = () => receiver.taken().filter(({ event }) => event.type === 'session.canceled');
    await eventually(() => canceled.every((id) => taken().some(({ event }) => event.data.session_id === id)));
    for (const one of receiver.received) verified(made.body.secret, one);
    for (const id of canceled) {
      const came = receiver.taken().filter(({ event }) => event.data.session_id === id);
      const ids = [...new Set(came.map((one) => one.id))];
      // The ids of a session sort as its events happened.
      expect(ids).toEqual(ids.toSorted());
    }
  }, 60_000);
}

describe('on the embedded store', () => suite(() => ({})));

describeWithMongo('on MongoDB', (mongodb) => {
  const name = freshDatabase();
  afterAll(() => mongodb.drop(name));
  suite(() => ({ MONGODB_URI: mongodb.uri(name) }));
});
