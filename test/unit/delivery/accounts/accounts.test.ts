import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredSession } from '../../../../server/session/stored.js';
import { connectJson } from '../../../support/connectJson.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf } from '../../../support/tenant.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { startTwilio, statusCallback, type Twilio, twilioAccount } from './support.js';

const PROVIDERS = 'otp.admin.v1.ProviderService';
const PUBLIC_URL = 'https://otp.example.com';
const TOKEN = 'the-token-of-acme';
const OTHER_TOKEN = 'the-token-of-globex';

type Calls = ReturnType<typeof connectJson>;

eachEngine((engine: Engine) => {
  let twilio: Twilio;
  let service: TestService;
  let operator: Calls;
  let acme: Calls;
  let globex: Calls;
  const read: string[] = [];
  beforeAll(async () => {
    twilio = await startTwilio();
    for (const token of [TOKEN, OTHER_TOKEN]) twilio.tokens.add(token);
    const documents = wrapOperations(await engine.open(), (operation, { collection }) => {
      read.push(collection);
      return operation();
    });
    service = await startService({ documents, env: { OTP_PUBLIC_URL: PUBLIC_URL } });
    operator = connectJson(service.baseUrl, service.liveKey);
    acme = await keyOf(service, 'acme');
    globex = await keyOf(service, 'globex');
    await addAccount('acme', TOKEN);
    await addAccount('globex', OTHER_TOKEN);
    await route(acme, ['own']);
    await route(globex, ['own']);
  });
  afterAll(async () => {
    await service.stop();
    await twilio.close();
  });

  const addAccount = (workspace: string, token: string) =>
    operator(`${PROVIDERS}/CreateProviderAccount`, {
      workspace,
      providerAccount: twilioAccount(twilio, 'own', token),
    });
  const route = (call: Calls, providers: string[]) =>
    call('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
      workspace: { routes: [{ channel: 'CHANNEL_SMS', providers }] },
      updateMask: 'routes',
    });
  const change = (providerAccount: object, updateMask: string) =>
    acme(`${PROVIDERS}/UpdateProviderAccount`, {
      providerAccount: { name: 'own', ...providerAccount },
      updateMask,
    });
  let people = 0;
  const send = (call: Calls) =>
    call('otp.v1.OtpService/Send', { recipients: { sms: `+57300555${String(7_000 + people++)}` } });
  const stateOf = async (call: Calls, id: string) =>
    (await call('otp.v1.OtpService/GetSession', { sessionId: id })).body.session.channels[0].deliveryState;

  /** Sends, and waits for what Twilio receives. */
  async function sent(call: Calls) {
    const before = twilio.received.length;
    const { body, status } = await send(call);
    expect(status, JSON.stringify(body)).toBe(200);
    const { id } = body.session;
    await eventually(async () => {
      service.clock.advance(10);
      return (await stateOf(call, id)) === 'DELIVERY_STATE_ACCEPTED';
    });
    return { id: id as string, ...twilio.received[before]! };
  }
  const post = (workspace: string, token: string, sid: string, name = 'own', status = 'delivered') => {
    const path = `/callbacks/twilio/${workspace}/${name}`;
    return fetch(`${service.baseUrl}${path}`, statusCallback(`${PUBLIC_URL}${path}`, token, sid, status));
  };

  describe('messages of a workspace that routes to its own account', () => {
    it('are sent with that account’s credentials, and no other workspace’s of the same name', async () => {
      const mine = await sent(acme);
      expect(mine.user).toBe(`AC${'1'.repeat(32)}:${TOKEN}`);
      expect(mine.form.get('StatusCallback')).toBe(`${PUBLIC_URL}/callbacks/twilio/acme/own`);
      expect((await sent(globex)).user).toContain(OTHER_TOKEN);
      const { body } = await acme('otp.admin.v1.SessionService/GetSession', { sessionId: mine.id });
      expect(body.session.deliveries[0].attempts).toMatchObject([{ provider: 'own' }]);
    });

    it('are reported on by receipts that the account’s own secret signs', async () => {
      const { id, sid } = await sent(acme);
      expect((await post('acme', OTHER_TOKEN, sid)).status).toBe(401);
      expect((await post('acme', TOKEN, sid, 'unknown')).status).toBe(401);
      expect((await post('nowhere', TOKEN, sid)).status).toBe(401);
      expect(await stateOf(acme, id)).toBe('DELIVERY_STATE_ACCEPTED');
      expect((await post('acme', TOKEN, sid)).status).toBe(200);
      expect(await stateOf(acme, id)).toBe('DELIVERY_STATE_DELIVERED');
    });

    it('have one response to receipts without a signature, which does not say what accounts there are', async () => {
      const bodies = [
        { headers: { 'content-type': 'text/plain' }, body: 'MessageSid=SM1' },
        { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'x'.repeat(4_000_000) },
        { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from([0xff, 0xfe]) },
      ];
      for (const given of bodies) {
        const responses = await Promise.all(
          ['acme/own', 'acme/unknown', 'nowhere/own'].map(async (path) => {
            const response = await fetch(`${service.baseUrl}/callbacks/twilio/${path}`, {
              method: 'POST',
              ...given,
            });
            return `${response.status} ${await response.text()}`.replaceAll(/"request_?[iI]d":"[^"]*"/g, '');
          }),
        );
        expect(new Set(responses).size, responses.join('\n')).toBe(1);
        expect(responses[0]).toMatch(/^401 /);
      }
    });

    it('are not paid back by a receipt, which their workspace could sign itself', async () => {
      const wallet = { enabled: true, prices: { smsMicros: '50000' } };
      const wallets = 'otp.admin.v1.WalletService';
      await operator(`${wallets}/UpdateWallet`, { workspace: 'acme', wallet, updateMask: 'enabled,prices' });
      await operator(`${wallets}/CreditWallet`, { workspace: 'acme', amountMicros: '500000' });
      const { id, sid } = await sent(acme);
      expect((await post('acme', TOKEN, sid, 'own', 'undelivered')).status).toBe(200);
      expect(await stateOf(acme, id)).toBe('DELIVERY_STATE_FAILED');
      // Everything that follows from the receipt has been done.
      const sessions = service.documents.collection<StoredSession>('sessions');
      await eventually(async () => {
        service.clock.advance(100);
        return !(await sessions.findOne({ _id: `acme/${id}` }))?.eventsAt;
      });
      const { body } = await acme(`${wallets}/ListLedgerEntries`, {});
      expect(body.entries.map(({ amountMicros }: { amountMicros: string }) => amountMicros)).toEqual([
        '-50000',
        '500000',
      ]);
      await operator(`${wallets}/UpdateWallet`, {
        workspace: 'acme',
        wallet: { enabled: false },
        updateMask: 'enabled',
      });
    });

    it('are not reported on by the account of another workspace, even where it signs for them', async () => {
      const { id, sid } = await sent(acme);
      const response = post('globex', OTHER_TOKEN, sid);
      await eventually(async () => {
        service.clock.advance(500);
        return (
          (await Promise.race([response, new Promise((resolve) => setTimeout(resolve, 5))])) !== undefined
        );
      });
      expect((await response).status).toBe(200);
      expect(await stateOf(acme, id)).toBe('DELIVERY_STATE_ACCEPTED');
    });

    it('use a changed secret at once', async () => {
      twilio.tokens.add('a-new-token');
      await change({ secrets: { auth_token: 'a-new-token' } }, 'secrets');
      const { id, user, sid } = await sent(acme);
      expect(user).toContain('a-new-token');
      expect((await post('acme', TOKEN, sid)).status).toBe(401);
      expect((await post('acme', 'a-new-token', sid)).status).toBe(200);
      expect(await stateOf(acme, id)).toBe('DELIVERY_STATE_DELIVERED');
    });

    it('read the accounts once in five seconds, and those of others never', async () => {
      service.clock.advance(6_000);
      read.length = 0;
      for (let n = 0; n < 3; n++) await sent(acme);
      expect(read.filter((name) => name === 'providerAccounts')).toHaveLength(1);
      const plain = await keyOf(service, 'plain');
      read.length = 0;
      const { body } = await send(plain);
      await eventually(async () => {
        service.clock.advance(10);
        return (await stateOf(plain, body.session.id)) === 'DELIVERY_STATE_ACCEPTED';
      });
      expect(read).not.toContain('providerAccounts');
    });

    it('are not sent through an account that is disabled', async () => {
      await change({ disabled: true }, 'disabled');
      expect((await send(acme)).reason).toBe('CHANNEL_NOT_SUPPORTED');
      await change({ disabled: false }, 'disabled');
      await sent(acme);
    });

    it('count as those of accounts in the metrics, not under a name that a workspace chose', async () => {
      const text = await (await fetch(`${service.baseUrl}/metrics`)).text();
      expect(text).toMatch(/provider="account"/);
      expect(text).not.toMatch(/provider="[^"]*own"/);
    });
  });

  describe('an account', () => {
    it('is listed with its vendor among the providers of its workspace alone', async () => {
      const list = async (call: Calls) =>
        (await call(`${PROVIDERS}/ListProviders`, { channel: 'CHANNEL_SMS' })).body.providers as {
          name: string;
          kind: string;
          settings: { name: string; secret?: boolean }[];
        }[];
      const [first, ...others] = await list(acme);
      expect(first).toMatchObject({
        name: 'own',
        kind: 'twilio',
        position: 1,
        configured: true,
        hasReceipts: true,
        canTest: true,
      });
      expect(Number((first as { accepted?: string }).accepted)).toBeGreaterThan(0);
      expect(others.find(({ name }) => name === 'twilio')?.settings).toContainEqual(
        expect.objectContaining({ name: 'auth_token', required: true, secret: true }),
      );
      const plain = await list(await keyOf(service, 'plain'));
      expect(plain.map(({ name }) => name)).not.toContain('own');
    });

    it('is tested, and sends a test message', async () => {
      const test = () => acme(`${PROVIDERS}/TestProvider`, { provider: 'own' });
      expect((await test()).body).toMatchObject({ supported: true, passed: true });
      await change({ secrets: { auth_token: 'wrong' } }, 'secrets');
      const { body } = await test();
      expect(body).toMatchObject({ supported: true, attempt: { provider: 'own', vendorCode: '20003' } });
      await change({ secrets: { auth_token: TOKEN } }, 'secrets');
      const before = twilio.received.length;
      const message = { channel: 'CHANNEL_SMS', recipient: '+573005558001', provider: 'own' };
      const { body: delivered } = await acme(`${PROVIDERS}/SendTestMessage`, message);
      expect(delivered.delivery.attempts).toMatchObject([
        { provider: 'own', outcome: 'DELIVERY_OUTCOME_ACCEPTED' },
      ]);
      expect(twilio.received).toHaveLength(before + 1);
      const plain = await keyOf(service, 'plain');
      expect((await plain(`${PROVIDERS}/TestProvider`, { provider: 'own' })).reason).toBe('NOT_FOUND');
    });
  });
});
