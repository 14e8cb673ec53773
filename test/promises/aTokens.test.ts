import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manualClock.js';
import type { Rest } from '../support/rest.js';
import { startService, type TestService } from '../support/service.js';
import { newBeneficiary, newIntegration, redeem, verified } from './support/beneficiaryApi.js';

const OPERATION = { type: 'SETTLEMENT', id: 'stl_4711', product_type: 'LAB' };

describe('a verification token', () => {
  let service: TestService;
  let api: Rest;
  beforeAll(async () => {
    service = await startService();
  });
  beforeEach(async () => {
    ({ api } = await newIntegration(service));
  });
  afterAll(() => service.stop());

  it('A12 is good for 600 seconds', async () => {
    const first = await verified(service, api, await newBeneficiary(service));
    const second = await verified(service, api, await newBeneficiary(service));
    service.clock.advance(599_000);
    expect((await redeem(api, first.token)).status).toBe(200);
    service.clock.advance(1_000);
    const late = await redeem(api, second.token);
    expect({ status: late.status, error_code: late.body.error_code }).toEqual({
      status: 410,
      error_code: 'TOKEN_EXPIRED',
    });
  });

  it('A14 proves to the consuming service who cleared the challenge, how, when and for what', async () => {
    const person = await newBeneficiary(service);
    const { token } = await verified(service, api, person);
    const at = service.clock.now();
    service.clock.advance(60_000);
    const { status, body } = await redeem(api, token, OPERATION);
    expect(status).toBe(200);
    expect(body).toEqual({
      beneficiary_id: person.beneficiary_id,
      sponsor_slug: person.sponsor_slug,
      channel: 'SMS',
      verified_at: new Date(at).toISOString(),
      operation: OPERATION,
      sandbox: false,
    });
  });

  it('A14 proves nothing unless it is genuine to the last character', async () => {
    const { token } = await verified(service, api, await newBeneficiary(service));
    const invented = [
      `otvt_${'0'.repeat(58)}`,
      'otvt_01HX9NR3ZQABCD',
      'otvt_',
      'x',
      token.slice(0, -1),
      `${token}0`,
    ];
    const changed = Array.from({ length: token.length }, (_, at) => {
      const other = token[at] === '7' ? '5' : '7';
      return token.slice(0, at) + other + token.slice(at + 1);
    });
    const lowered = token.slice(0, 31).toLowerCase() + token.slice(31);
    for (const given of [...invented, ...changed, lowered]) {
      const { status, body } = await redeem(api, given, OPERATION);
      expect({ given, status, code: body.code }).toEqual({ given, status: 404, code: 'TOKEN_NOT_FOUND' });
    }
    expect((await redeem(api, token, OPERATION)).status).toBe(200);
  });

  it('A14 issued for one operation proves nothing for another, and is not used up by the attempt', async () => {
    const { token } = await verified(service, api, await newBeneficiary(service), { operation: OPERATION });
    for (const other of [
      { ...OPERATION, id: 'stl_4712' },
      { ...OPERATION, type: 'DISPENSATION' },
      { ...OPERATION, product_type: 'IMAGING' },
    ]) {
      const { status, body } = await redeem(api, token, other);
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'OPERATION_MISMATCH' });
    }
    expect((await redeem(api, token, OPERATION)).status).toBe(200);
  });
});

eachEngine((engine) => {
  let service: TestService;
  let api: Rest;
  beforeAll(async () => {
    const clock = new ManualClock();
    service = await startService({ clock, documents: await engine.open({ clock }) });
    ({ api } = await newIntegration(service));
  });
  afterAll(() => service.stop());

  it('A13 a verification token is redeemed once, and then 409', async () => {
    const { token } = await verified(service, api, await newBeneficiary(service));
    expect((await redeem(api, token)).status).toBe(200);
    const again = await redeem(api, token);
    expect({ status: again.status, error_code: again.body.error_code }).toEqual({
      status: 409,
      error_code: 'TOKEN_REDEEMED',
    });
  });

  it('A13 of twenty redemptions at once exactly one succeeds', async () => {
    const { token } = await verified(service, api, await newBeneficiary(service));
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, n) => redeem(api, token, { type: 'DISPENSATION', id: `dsp_${n}` })),
    );
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
  });
});
