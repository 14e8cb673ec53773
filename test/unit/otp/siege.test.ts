import { describe, expect, it } from 'vitest';
import { onEmbedded } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { createUseCases, reasonOf, wrong } from './support/useCases.js';

const MINUTE = 60_000;
const DAYS = 6;
const workspace = 'acme';
/** The owner's network, and those of strangers. */
const HOME = '203.0.113.7';
const stranger = (n: number) => `198.${18 + Math.floor(n / 250)}.${n % 250}.9`;

onEmbedded((engine) => {
  let people = 0;

  /** Strangers ask for codes all day and guess all they may; the owner logs in four times a day, with a typing error now and then. */
  async function siege({ addresses, vouched = false }: { addresses: number; vouched?: boolean }) {
    const clock = new ManualClock();
    const service = createUseCases(await engine.open(), { clock });
    const scopes = new Set(['otp.vouch']);
    const otp = service.as({ workspace, scopes });
    const recipients = { email: `owner.${people++}@example.com` };
    const whereabouts = vouched ? { vouched: true } : { endUserIp: HOME };
    const logIn = async (isMistyped: boolean) => {
      const sent = await otp.send({ recipients, ...whereabouts }).catch(() => undefined);
      if (!sent) return false;
      const { email: code } = await service.codes(workspace, sent.session!.id);
      const verify = (given: string) => otp.verify({ sessionId: sent.session!.id, code: given });
      if (isMistyped) await reasonOf(verify(wrong(code)));
      return (await reasonOf(verify(code))) === 'OK';
    };
    expect(await logIn(false)).toBe(true);
    let guesses = 0;
    let refused = 0;
    let logins = 0;
    for (let minute = 0; minute < DAYS * 24 * 60; minute += 20) {
      clock.advance(20 * MINUTE);
      const endUserIp = stranger(minute % addresses);
      const sent = await otp
        .send({ recipients, endUserIp, config: { maxAttempts: 10 } })
        .catch(() => undefined);
      if (sent) {
        const { email: code } = await service.codes(workspace, sent.session!.id);
        const before = service.comparisons();
        for (let n = 0; n < 10; n++)
          await reasonOf(otp.verify({ sessionId: sent.session!.id, code: wrong(code) }));
        guesses += service.comparisons() - before;
      }
      if (minute % (6 * 60) !== 0) continue;
      logins++;
      if (!(await logIn(logins % 10 === 0))) refused++;
    }
    return { guesses, refused, logins };
  }

  describe('an owner under siege', () => {
    it.each([1, 200])('from %i addresses is never refused at home, all day for days', async (addresses) => {
      const { guesses, refused, logins } = await siege({ addresses });
      expect(logins).toBe(DAYS * 4);
      expect(refused).toBe(0);
      expect(guesses).toBeGreaterThan(0);
      expect(guesses).toBeLessThanOrEqual(20 * (DAYS + 1));
    });

    it('is never refused where nothing is known but that the caller vouches', async () => {
      expect(await siege({ addresses: 200, vouched: true })).toMatchObject({ refused: 0 });
    });
  });
});
