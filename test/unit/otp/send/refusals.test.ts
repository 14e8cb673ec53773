import { beforeAll, describe, expect, it } from 'vitest';
import { Strategy } from '../../../../gen/otp/v1/session_pb.js';
import { Failure } from '../../../../server/errors.js';
import { type HashPool, openHashPool } from '../../../../server/secrets/hashing/hashPool.js';
import type { Documents } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { createUseCases, newRecipients, reasonOf, type UseCases } from '../support/useCases.js';

const workspace = 'acme';

eachEngine((engine) => {
  let documents: Documents;
  let service: UseCases;
  let isOverloaded = false;
  const pool: HashPool = {
    ...openHashPool,
    enter(...request) {
      if (isOverloaded) throw new Failure('OVERLOADED');
      return openHashPool.enter(...request);
    },
  };
  beforeAll(async () => {
    documents = await engine.open();
    service = createUseCases(documents, { pool });
  });
  const otp = () => service.as({ workspace });
  const whileOverloaded = async <T>(call: () => Promise<T>): Promise<T> => {
    isOverloaded = true;
    try {
      return await call();
    } finally {
      isOverloaded = false;
    }
  };

  describe('a Send that several steps would refuse', () => {
    it('is refused for its recipients before its options', async () => {
      const policy = { strategy: Strategy.SPECIFIC };
      expect(await reasonOf(otp().send({ recipients: { email: 'no address' }, policy }))).toBe(
        'INVALID_RECIPIENT',
      );
      expect(await reasonOf(otp().send({ recipients: newRecipients('email'), policy }))).toBe(
        'INVALID_REQUEST',
      );
    });

    it('to a blocked recipient gets an open session to reuse, which costs nothing, and no new one', async () => {
      const request = { recipients: newRecipients('email'), reuseOpenSession: true };
      await otp().send(request);
      for (let n = 0; n < 4; n++) await otp().send({ ...request, reuseOpenSession: false });
      expect(await reasonOf(otp().send({ ...request, reuseOpenSession: false }))).toBe('RATE_LIMITED');
      expect((await otp().send(request)).reused).toBe(true);
    });
  });

  describe('a Send to an overloaded service', () => {
    it('counts against no limit', async () => {
      const recipients = newRecipients('email');
      await whileOverloaded(async () => {
        for (let n = 0; n < 6; n++) expect(await reasonOf(otp().send({ recipients }))).toBe('OVERLOADED');
      });
      for (let n = 0; n < 5; n++) expect(await reasonOf(otp().send({ recipients }))).toBe('OK');
      await whileOverloaded(async () => {
        expect(await reasonOf(otp().send({ recipients }))).toBe('OVERLOADED');
      });
      expect(await reasonOf(otp().send({ recipients }))).toBe('RATE_LIMITED');
    });

    it('leaves its request id and its claim to a session free for the next one', async () => {
      const request = { recipients: newRecipients('email'), reuseOpenSession: true, requestId: 'again' };
      expect(await whileOverloaded(() => reasonOf(otp().send(request)))).toBe('OVERLOADED');
      expect((await otp().send(request)).reused).toBe(false);
    });
  });
});
