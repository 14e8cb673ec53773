import { describe, expect, it } from 'vitest';
import type { StoredSession } from '../../../server/session/stored.js';
import { isSameTransaction, transactionContext } from '../../../server/session/transaction.js';
import { eachEngine } from '../../support/engines.js';
import { createUseCases, reasonOf } from './support/useCases.js';

const transaction = { amount: '20.00', currency: 'EUR', payee: 'ACME', account: '' };
const operation = { type: 'payment', id: '1', transaction };

eachEngine((engine) => {
  it('a code stays bound to its transaction when the stored one is changed', async () => {
    const documents = await engine.open();
    const cases = createUseCases(documents);
    const acme = cases.as({ workspace: 'acme' });
    const { session } = await acme.send({ recipients: { email: 'a@example.com' }, operation });
    const sessionId = session!.id;
    const { email: code } = await cases.codes('acme', sessionId);
    const changed = { ...transaction, amount: '2000.00' };
    await documents
      .collection<StoredSession>('sessions')
      .findOneAndUpdate(
        { _id: `acme/${sessionId}` },
        { $set: { 'operation.transaction.amount': '2000.00' } },
      );
    const tried = (named: object) =>
      reasonOf(
        acme.verify({
          sessionId,
          code,
          operation: { ...operation, transaction: { ...transaction, ...named } },
        }),
      );
    expect(await tried({})).toBe('OPERATION_MISMATCH');
    expect(await tried(changed)).toBe('INVALID_CODE');
  });
});

describe('two transactions', () => {
  const like = (change: object) => isSameTransaction(transaction, { ...transaction, ...change });
  it('are the same where their amounts are the same number', () => {
    for (const amount of ['20', '20.0', '020.00', '20.000000']) expect(like({ amount }), amount).toBe(true);
    for (const amount of ['2', '200', '20.01', '2000', '20.000001'])
      expect(like({ amount }), amount).toBe(false);
    const [none, nil] = ['0', '000.00'].map((amount) => transactionContext({ ...transaction, amount }));
    expect(none).toBe(nil);
  });

  it('differ where a part moved from one field to another', () => {
    expect(
      isSameTransaction(
        { ...transaction, payee: 'ACME1', account: '2' },
        { ...transaction, payee: 'ACME', account: '12' },
      ),
    ).toBe(false);
  });

  it('are not the same where there is only one', () => {
    expect(isSameTransaction(transaction, undefined)).toBe(false);
    expect(isSameTransaction(undefined, undefined)).toBe(true);
  });
});
