import { beforeAll, describe, expect, it } from 'vitest';
import { Channel } from '../../../../gen/otp/v1/session_pb.js';
import type { Failure } from '../../../../server/errors.js';
import { HOUR_MS } from '../../../../server/platform/durations.js';
import {
  ASSURANCES,
  type AssuranceBounds,
  type AssuranceName,
} from '../../../../server/session/assurance.js';
import type { Documents } from '../../../../server/store/documents.js';
import { insertOnce } from '../../../../server/store/insertOnce.js';
import { eachEngine } from '../../../support/engines.js';
import { createUseCases } from '../support/useCases.js';

const sms = { recipients: { sms: '+573001234542' } };
const email = { recipients: { email: 'a@example.com' } };
const operation = { type: 'payment', id: '1', transaction: { amount: '20', currency: 'EUR', payee: 'ACME' } };
/** What no norm refuses. */
const GOOD = { ...sms, operation };

type Bounds = Omit<AssuranceBounds, 'title'>;
type Bound = keyof Bounds;

interface Row {
  readonly title: string;
  readonly refused: object;
  readonly accepted: object;
  readonly field: string;
  readonly description: string;
}

/** What one bound refuses, and the nearest that it does not. A bound that is new in the table has no entry: it does not compile. */
const REFUSED: { readonly [B in Bound]-?: (value: NonNullable<Bounds[B]>) => readonly Row[] } = {
  minCodeLength: (digits) => [
    {
      title: `codes of fewer than ${digits} digits`,
      refused: { ...GOOD, config: { codeLength: digits - 1 } },
      accepted: { ...GOOD, config: { codeLength: digits } },
      field: 'config.code_length',
      description: `must be at least ${digits}`,
    },
  ],
  maxLifetimeSeconds: (seconds) => [
    {
      title: `lifetimes of more than ${seconds} seconds`,
      refused: { ...GOOD, config: { lifetime: { seconds: BigInt(seconds + 1) } } },
      accepted: { ...GOOD, config: { lifetime: { seconds: BigInt(seconds) } } },
      field: 'config.lifetime',
      description: `must be at most ${seconds / 60} minutes`,
    },
  ],
  maxAttempts: (attempts) => [
    {
      title: `more than ${attempts} attempts`,
      refused: { ...GOOD, config: { maxAttempts: attempts + 1 } },
      accepted: { ...GOOD, config: { maxAttempts: attempts } },
      field: 'config.max_attempts',
      description: `must be at most ${attempts}`,
    },
  ],
  refusedChannels: (channels) =>
    channels.map((channel) => ({
      title: channel,
      refused: {
        recipients: { [channel]: channel === 'email' ? 'a@example.com' : '+573001234542' },
        operation,
      },
      accepted: GOOD,
      field: `recipients.${channel}`,
      description: 'must be left out',
    })),
  requiresTransaction: () => [
    {
      title: 'a session without a transaction',
      refused: { ...sms, operation: { type: 'payment', id: '1' } },
      accepted: GOOD,
      field: 'operation.transaction',
      description: 'must be given',
    },
  ],
  // Refused by what was counted and not by what is asked for: the test of it is below.
  maxFailuresInARow: () => [],
};

const NORMS = Object.keys(ASSURANCES) as AssuranceName[];
const boundsOf = (norm: AssuranceName) => {
  const { title, ...bounds } = ASSURANCES[norm];
  return { title, bounds: Object.entries(bounds) as [Bound, never][] };
};
const ROWS = NORMS.flatMap((norm) => {
  const { title, bounds } = boundsOf(norm);
  return bounds.flatMap(([bound, value]) =>
    REFUSED[bound](value).map((row) => ({
      ...row,
      norm,
      description: `${row.description}, as ${title} requires`,
    })),
  );
});

const workspaceWith = (name: string, assurance: AssuranceName) => ({
  _id: name,
  assurance,
  limits: {},
  routes: {},
  allowedOrigins: [],
});

eachEngine((engine) => {
  let documents: Documents;
  beforeAll(async () => {
    documents = await engine.open();
  });

  it('every bound of every norm is tested here, and refuses something that others do not', () => {
    for (const norm of NORMS) {
      for (const [bound] of boundsOf(norm).bounds) expect(Object.keys(REFUSED), norm).toContain(bound);
      expect(ROWS.filter((row) => row.norm === norm).length, norm).toBeGreaterThan(0);
    }
  });

  describe.each(ROWS)('the assurance $norm', ({ norm, title, refused, field, description, accepted }) => {
    it(`refuses ${title} by name`, async () => {
      const workspace = `${norm} ${title}`;
      await insertOnce(documents.collection('workspaces'), workspaceWith(workspace, norm));
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

  const disabling = NORMS.filter((norm) => ASSURANCES[norm].maxFailuresInARow !== undefined);
  it.each(disabling)(
    'the assurance %s disables a recipient after too many failures in a row',
    async (norm) => {
      const most = ASSURANCES[norm].maxFailuresInARow!;
      const useCases = createUseCases(documents);
      const [bound, free] = [`${norm} failures`, `without ${norm} failures`];
      await insertOnce(documents.collection('workspaces'), workspaceWith(bound, norm));
      const last = new Map<string, Failure>();
      let sent = 0;
      for (let n = 0; n < 2 * most; n++) {
        useCases.clock.advance(HOUR_MS);
        for (const workspace of [bound, free]) {
          await useCases
            .as({ workspace })
            .send(GOOD)
            .then(
              () => {
                if (workspace === bound) sent++;
              },
              (thrown: Failure) => last.set(workspace, thrown),
            );
        }
      }
      expect(last.get(bound)).toMatchObject({ reason: 'RECIPIENT_BLOCKED' });
      // No wait ends it; that of others ends by itself.
      expect(last.get(bound)!.details.retryAfterMs).toBeUndefined();
      expect(last.get(free)?.details.retryAfterMs ?? 1).toBeGreaterThan(0);
      expect(sent).toBeLessThanOrEqual(most);
    },
  );

  it('a session by e-mail from before the workspace set NIST SP 800-63B gets no further code, by name', async () => {
    const workspace = 'NIST later';
    const useCases = createUseCases(documents);
    const caller = useCases.as({ workspace });
    const both = { recipients: { ...email.recipients, ...sms.recipients } };
    const { session } = await caller.send(both);
    await insertOnce(documents.collection('workspaces'), workspaceWith(workspace, 'NIST_800_63B'));
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
