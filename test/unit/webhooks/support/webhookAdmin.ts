import { afterEach, beforeEach, expect } from 'vitest';
import type { connectJson } from '../../../support/connectJson.js';
import type { Engine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../../support/webhookReceiver.js';

const SERVICE = 'otp.admin.v1.WebhookService';
export type Calls = ReturnType<typeof connectJson>;

/** A service for the suite, a receiver for each test, and calls of WebhookService. */
export function webhookAdmin(engine: Engine) {
  const service = serviceForSuite(async () => ({ documents: await engine.open() }));
  const receiver = {} as WebhookReceiver;
  beforeEach(async () => {
    Object.assign(receiver, await startWebhookReceiver());
  });
  afterEach(() => receiver.close());

  let workspaces = 0;
  const newWorkspace = () => `acme-${workspaces++}`;
  const newAdmin = () => keyOf(service, newWorkspace());
  const ask = (admin: Calls, method: string, message: object = {}) => admin(`${SERVICE}/${method}`, message);
  const create = (admin: Calls, more: object = {}) =>
    ask(admin, 'CreateWebhookEndpoint', { webhookEndpoint: { url: receiver.url, ...more } });
  async function listen(admin: Calls, more: object = {}) {
    const { status, body } = await create(admin, more);
    expect(status, JSON.stringify(body)).toBe(200);
    return { id: body.webhookEndpoint.id as string, secret: body.secret as string };
  }
  const update = (admin: Calls, id: string, fields: object, updateMask: string) =>
    ask(admin, 'UpdateWebhookEndpoint', { webhookEndpoint: { id, ...fields }, updateMask });
  const get = async (admin: Calls, id: string) =>
    (await ask(admin, 'GetWebhookEndpoint', { id })).body.webhookEndpoint;

  let people = 0;
  const send = async (admin: Calls, more: object = {}) => {
    const recipients = { email: `webhook.${people++}@example.com` };
    const { body } = await admin('otp.v1.OtpService/Send', { recipients, ...more });
    return body.session.id as string;
  };
  const cancel = (admin: Calls, sessionId: string) => admin('otp.v1.OtpService/CancelSession', { sessionId });
  /** Lets time pass until there is what is looked for. */
  const passing = <T>(look: () => Promise<T | undefined | false> | T | undefined | false) =>
    eventually(async () => {
      const seen = await look();
      if (!seen) service.clock.advance(100);
      return seen;
    });
  const cameFor = (sessionId: string) =>
    receiver.received.filter(({ event }) => event.data.session_id === sessionId);
  const deliveries = async (admin: Calls, id: string, more: object = {}) =>
    (await ask(admin, 'ListWebhookDeliveries', { id, ...more })).body.deliveries ?? [];
  const settled = (admin: Calls, id: string) =>
    passing(async () => {
      const all = await deliveries(admin, id, { pageSize: 100 });
      return all.every(({ waiting = [] }) => waiting.length === 0) && all;
    });

  return {
    service,
    receiver,
    newWorkspace,
    newAdmin,
    ask,
    create,
    listen,
    update,
    get,
    send,
    cancel,
    passing,
    cameFor,
    deliveries,
    settled,
  };
}
