import { beforeAll, describe, expect, it } from 'vitest';
import { Channel } from '../../../../gen/otp/v1/session_pb.js';
import type { Failure } from '../../../../server/errors.js';
import type { AssuranceName } from '../../../../server/session/assurance.js';
import type { Documents } from '../../../../server/store/documents.js';
import { insertOnce } from '../../../../server/store/insertOnce.js';
import { eachEngine } from '../../../support/engines.js';
import { createUseCases } from '../support/useCases.js';

const transaction = { amount: '20', currency: 'EUR', payee: 'ACME' };
const operation = { type: 'payment', id: '1', transaction };
const sms = { recipients: { sms: '+573001234542' } };
const email = { recipients: { email: 'a@example.com' } };
const minutes = (count: number) => ({ config: { lifetime: { seconds: BigInt(count * 60) } } });

/** Every row of every norm: what it refuses, and the nearest that it does not. */
const ROWS: readonly {
  readonly norm: AssuranceName;
  readonly title: string;
  readonly refused: object;
  readonly field: string;
  readonly description: string;
  readonly accepted: object;
}[] = [
  {
    norm: 'ASVS_L2',
    title: 'codes of fewer than six digits',
    refused: { ...sms, config: { codeLength: 5 } },
    field: 'config.code_length',
    description: 'must be at least 6, as OWASP ASVS level 2 requires',
    accepted: { ...sms, config: { codeLength: 6 } },
  },
  {
    norm: 'ASVS_L2',
    title: 'lifetimes of more than ten minutes',
    refused: { ...sms, ...minutes(11) },
    field: 'config.lifetime',
    description: 'must be at most 10 minutes, as OWASP ASVS level 2 requires',
    accepted: { ...email, ...minutes(10) },
  },
  {
    norm: 'NIST_800_63B',
    title: 'e-mail',
    refused: email,
    field: 'recipients.email',
    description: 'must be left out, as NIST SP 800-63B requires',
    accepted: sms,
  },
  {
    norm: 'NIST_800_63B',
    title: 'codes of fewer than six digits',
    refused: { ...sms, config: { codeLength: 4 } },
    field: 'config.code_length',
    description: 'must be at least 6, as NIST SP 800-63B requires',
    accepted: { ...sms, config: { codeLength: 8 } },
  },
  {
    norm: 'NIST_800_63B',
    title: 'lifetimes of more than ten minutes',
    refused: { ...sms, ...minutes(11) },
    field: 'config.lifetime',
    description: 'must be at most 10 minutes, as NIST SP 800-63B requires',
    accepted: { ...sms, ...minutes(10) },
  },
  {
    norm: 'PSD2',
    title: 'more than five attempts',
    refused: { ...sms, operation, config: { maxAttempts: 6 } },
    field: 'config.max_attempts',
    description: 'must be at most 5, as PSD2 requires',
    accepted: { ...sms, operation, config: { maxAttempts: 5 } },
  },
  {
    norm: 'PSD2',
    title: 'a session without a transaction',
    refused: { ...sms, operation: { type: 'payment', id: '1' } },
    field: 'operation.transaction',
    description: 'must be given, as PSD2 requires',
    accepted: { ...email, operation },
  },
];

eachEngine((engine) => {
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  describe.each(ROWS)('the assurance $norm', ({ norm, title, refused, field, description, accepted }) => {
    it(`refuses ${title} by name`, async () => {
      const workspace = `${norm} ${title}`;
      const stored = { _id: workspace, assurance: norm, limits: {}, routes: {}, allowedOrigins: [] };
      await insertOnce(documents.collection('workspaces'), stored);
      const caller = createUseCases(documents).as({ workspace });
      const failure = await caller.send(refused).then(
        () => expect.unreachable('it was sent'),
        (thrown: Failure) => thrown,
      );
      expect(failure).toMatchObject({
        reason: 'INVALID_REQUEST',
        details: { violations: [{ field, description }] },
      });
      expect((await caller.send(accepted)).session?.id).toBeDefined();
      const other = createUseCases(documents).as({ workspace: `without ${workspace}` });
      expect((await other.send(refused)).session?.id).toBeDefined();
    });
  });

  it('a session by e-mail from before the workspace set NIST SP 800-63B gets no further code, by name', async () => {
    const workspace = 'NIST later';
    const useCases = createUseCases(documents);
    const caller = useCases.as({ workspace });
    const both = { recipients: { ...email.recipients, ...sms.recipients } };
    const { session } = await caller.send(both);
    const stored = { _id: workspace, assurance: 'NIST_800_63B', limits: {}, routes: {}, allowedOrigins: [] };
    await insertOnce(documents.collection('workspaces'), stored);
    useCases.clock.advance(61_000);
    const sessionId = session?.id ?? '';
    for (const channels of [[], [Channel.EMAIL]])
      await expect(caller.resend({ sessionId, channels })).rejects.toMatchObject({
        reason: 'INVALID_REQUEST',
        details: {
          violations: [
            { field: 'channels.email', description: 'must be left out, as NIST SP 800-63B requires' },
          ],
        },
      });
    const again = await caller.resend({ sessionId, channels: [Channel.SMS] });
    expect(again.session?.id).toBe(sessionId);
  });
});
