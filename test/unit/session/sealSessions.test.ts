import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEncryption } from '../../../server/secrets/encryption.js';
import { createFingerprints } from '../../../server/secrets/fingerprints.js';
import { sealSessions } from '../../../server/session/sealSessions.js';
import type { StoredSession } from '../../../server/session/stored.js';
import type { Collection, Document, Documents } from '../../../server/store/documents.js';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { fixedKeys } from '../../support/fixedKeys.js';
import { seededRandom } from '../../support/seededRandom.js';
import { startService, type TestService } from '../../support/service.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { sampleSession } from './support/sampleSession.js';

const METADATA = '{"email":"ana@example.com","order":12345678901234567890}';
const TRANSACTION = {
  amount: '20.00',
  currency: 'EUR',
  payee: 'ACME Paper',
  account: 'DE02120300000000202051',
};
const OPERATION = { type: 'payment', id: '1', transaction: TRANSACTION };
const SECRETS = /ana@example|12345678901234567890|ACME Paper|DE0212030/;

eachEngine((engine) => {
  describe('sessions at rest', () => {
    let raw: Documents;
    let sessions: Collection<StoredSession>;
    const encryption = createEncryption(fixedKeys('encryption'), seededRandom('sealed'));
    const fingerprints = createFingerprints(fixedKeys('index'));
    const open = (documents: Documents) =>
      sealSessions(documents, () => ({ encryption, fingerprints })).collection<StoredSession>('sessions');
    beforeAll(async () => {
      raw = await engine.open();
      sessions = open(raw);
    });
    let count = 0;
    const session = (more: Partial<StoredSession> = {}): StoredSession => ({
      ...sampleSession(['sms']),
      _id: `acme/${++count}`,
      ...more,
    });
    const stored = (_id: string) => raw.collection<Document>('sessions').findOne({ _id });

    it('hold metadata, payee and account sealed, and are read as they were written', async () => {
      const given = session({ metadata: METADATA, operation: OPERATION });
      await sessions.insertOne(given);
      const { _id } = given;
      expect(JSON.stringify(await stored(_id))).not.toMatch(SECRETS);
      expect(await stored(_id)).toMatchObject({
        metadata: '{}',
        operation: { type: 'payment', id: '1', transaction: { amount: '20.00', currency: 'EUR' } },
      });
      expect(await sessions.findOne({ _id })).toEqual(given);
      expect(await sessions.find({ _id }).toArray()).toEqual([given]);
      for await (const found of sessions.find({ _id })) expect(found).toEqual(given);
      const changed = await sessions.findOneAndUpdate({ _id }, { $set: { status: 'CANCELED' } });
      expect(changed).toEqual({ ...given, status: 'CANCELED' });
      expect(structuredClone(changed)).toEqual({ ...given, status: 'CANCELED' });
    });

    it('hold what a token was redeemed for sealed, too', async () => {
      const token = { expiresAt: new Date(1), redeemedAt: null };
      const given = session({ token });
      await sessions.insertOne(given);
      const { _id } = given;
      const update = { $set: { 'token.redeemedFor': OPERATION } };
      const changed = await sessions.findOneAndUpdate({ _id }, update);
      expect(changed?.token?.redeemedFor).toEqual(OPERATION);
      expect(JSON.stringify(await stored(_id))).not.toMatch(SECRETS);
    });

    it('that an earlier release stored in clear are read as they are', async () => {
      const given = session({ metadata: METADATA, operation: OPERATION });
      await raw.collection<Document>('sessions').insertOne(given);
      expect(await sessions.findOne({ _id: given._id })).toEqual(given);
    });

    it('without metadata and transaction are stored as they are', async () => {
      const given = session({ operation: { type: 'payment', id: '1' } });
      await sessions.insertOne(given);
      expect(await stored(given._id)).toEqual(given);
    });

    it('are bound to their document: metadata that was moved to another one is refused when it is read', async () => {
      const [one, other] = [session({ metadata: METADATA }), session()];
      await sessions.insertOne(one);
      await sessions.insertOne(other);
      const { sealedMetadata } = (await stored(one._id)) as { sealedMetadata?: string } & Document;
      await raw.collection('sessions').findOneAndUpdate({ _id: other._id }, { $set: { sealedMetadata } });
      const found = await sessions.findOne({ _id: other._id });
      expect(found?.status).toBe('PENDING');
      expect(() => found?.metadata).toThrow(expect.objectContaining({ reason: 'INTERNAL' }));
    });
  });

  describe('a service', () => {
    let service: TestService;
    let raw: Documents;
    let call: ReturnType<typeof connectJson>;
    beforeAll(async () => {
      raw = await engine.open();
      service = await startService({ documents: raw });
      call = connectJson(service.baseUrl, service.liveKey);
    });
    afterAll(() => service.stop());

    it('finds sessions by sealed metadata, and those of an earlier release by what they hold in clear', async () => {
      const metadata = { email: 'ana@example.com', n: 7 };
      const send = (who: string) => call('otp.v1.OtpService/Send', { recipients: { email: who }, metadata });
      const [sealed, old] = [await send('one@example.com'), await send('two@example.com')];
      const oldId = `default/${old.body.session.id}`;
      await raw
        .collection('sessions')
        .findOneAndUpdate(
          { _id: oldId },
          { $set: { metadata: JSON.stringify(metadata) }, $unset: { sealedMetadata: '' } },
        );
      for (const method of ['otp.v1.OtpService/ListSessions', 'otp.admin.v1.SessionService/ListSessions']) {
        const list = async (filter: object) => {
          const { status, body } = await call(method, { metadata: filter });
          expect(status, JSON.stringify(body)).toBe(200);
          return (body.sessions ?? []).map((one: { id?: string; session?: { id: string } }) =>
            one.session ? one.session.id : one.id,
          );
        };
        expect(await list({ email: 'ana@example.com', n: '7' })).toEqual([
          old.body.session.id,
          sealed.body.session.id,
        ]);
        expect(await list({ email: 'ben@example.com' })).toEqual([]);
      }
      const got = await call('otp.v1.OtpService/GetSession', { sessionId: sealed.body.session.id });
      expect(got.body.session.metadata).toEqual(metadata);
      const stored = await raw.collection('sessions').findOne({ _id: `default/${sealed.body.session.id}` });
      expect(JSON.stringify(stored)).not.toMatch(SECRETS);
    });

    it('compares, shows and redeems a transaction whose payee and account lie sealed', async () => {
      const operation = { type: 'payment', id: '991', transaction: TRANSACTION };
      const sent = await call('otp.v1.OtpService/Send', {
        recipients: { email: 'three@example.com' },
        operation,
      });
      expect(sent.status, JSON.stringify(sent.body)).toBe(200);
      const sessionId = sent.body.session.id as string;
      const code = await deliveredCode(service, sessionId, 'email');
      const verify = (payee: string) =>
        call('otp.v1.OtpService/Verify', {
          sessionId,
          codes: { email: code },
          operation: { ...operation, transaction: { ...TRANSACTION, payee } },
        });
      expect((await verify('Other Paper')).reason).toBe('OPERATION_MISMATCH');
      const verified = await verify('ACME Paper');
      expect(verified.status, JSON.stringify(verified.body)).toBe(200);
      const { verificationToken } = verified.body;
      const redeemed = await call('otp.v1.VerificationTokenService/Redeem', { verificationToken, operation });
      expect(redeemed.body.proof.operation.transaction).toEqual(TRANSACTION);
      const stored = JSON.stringify(
        await raw.collection('sessions').findOne({ _id: `default/${sessionId}` }),
      );
      expect(stored).not.toMatch(SECRETS);
      expect(stored).toContain('redeemedFor');
    });
  });
});
