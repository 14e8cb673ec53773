import { describe, expect, it } from 'vitest';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { newKey } from '../../support/tenant.js';
import { otherThan } from '../../wire/support/delivered.js';
import { messagingClient } from './support/documentClients.js';
import { newPerson, readCode } from './support/person.js';
import { STYLES } from './support/style.js';

const service = serviceForSuite({ env: { OTP_HASH: 'hmac' } });
let workspaces = 0;

describe.each(Object.entries(STYLES))('a client of the messaging document, %s,', (_, style) => {
  async function start() {
    const key = await newKey(service, `messaging-${++workspaces}`);
    const client = messagingClient(service.baseUrl, key, style());
    const { phone } = newPerson();
    let received = 0;
    const request = async () => {
      const { status, body } = await client.request(phone);
      expect(status).toBe(200);
      return { id: body.data.sessionId as string, code: await readCode(service, 'sms', phone, ++received) };
    };
    return { client, request };
  }
  const outcome = (status: number, word: string) => ({
    status,
    body: { success: word === 'APPROVED', data: { status: word, verified: word === 'APPROVED' } },
  });

  it('verifies after a wrong code and after none at all, once', async () => {
    const { client, request } = await start();
    const { id, code } = await request();
    for (const none of ['', undefined])
      expect(await client.verify(id, none)).toMatchObject(outcome(400, 'INVALID'));
    expect(await client.verify(id, otherThan(code))).toMatchObject(outcome(400, 'INVALID'));
    expect(await client.verify(id, code)).toMatchObject(outcome(200, 'APPROVED'));
    expect(await client.verify(id, code)).toMatchObject(outcome(409, 'ALREADY_USED'));
  });

  it('requests again where the OTP has expired or its attempts are used up', async () => {
    const { client, request } = await start();
    const late = await request();
    service.clock.advance(300_000);
    expect(await client.verify(late.id, late.code)).toMatchObject(outcome(410, 'EXPIRED'));
    const guessed = await request();
    for (let n = 0; n < 5; n++) await client.verify(guessed.id, otherThan(guessed.code));
    expect(await client.verify(guessed.id, guessed.code)).toMatchObject(outcome(423, 'MAX_ATTEMPTS_REACHED'));
    const last = await request();
    expect(await client.verify(last.id, last.code)).toMatchObject(outcome(200, 'APPROVED'));
  });

  it('finds no session that was never opened', async () => {
    const { client } = await start();
    const unknown = await client.verify('feab6011-2469-4804-ace5-ee9dcb5b9ef2', '123456');
    expect(unknown).toMatchObject(outcome(404, 'NOT_FOUND'));
  });
});
