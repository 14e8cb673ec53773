import { beforeAll, describe, expect, it } from 'vitest';
import { RULES } from '../../../../server/limits/rules.js';
import { connectJson } from '../../../support/connectJson.js';
import { serviceForSuite } from '../../../support/serviceForSuite.js';
import { keyOf } from '../../../support/tenant.js';

const SERVICE = 'otp.admin.v1.LimitService';
const service = serviceForSuite();
let operator: ReturnType<typeof connectJson>;
let admin: ReturnType<typeof connectJson>;
let tester: ReturnType<typeof connectJson>;

beforeAll(async () => {
  operator = connectJson(service.baseUrl, service.liveKey);
  admin = await keyOf(service, 'acme');
  tester = await keyOf(service, 'acme', ['admin', 'otp.send', 'otp.verify'], 'MODE_TEST');
});

const update = (limit: object, updateMask: string, call = admin) =>
  call(`${SERVICE}/UpdateLimit`, { limit, updateMask });
const reset = (rule: string, call = admin) => call(`${SERVICE}/ResetLimit`, { rule });
const limitNamed = async (rule: string, call = admin) => {
  const { body } = await call(`${SERVICE}/ListLimits`, {});
  return body.limits.find((limit: { rule: string }) => limit.rule === rule);
};
const send = (email: string, call = admin) => call('otp.v1.OtpService/Send', { recipients: { email } });

describe('limits', () => {
  it('are listed, every one, with the value in force and the default', async () => {
    const { body } = await admin(`${SERVICE}/ListLimits`, {});
    expect(body.limits.map(({ rule }: { rule: string }) => rule)).toEqual(Object.keys(RULES));
    expect(body.limits).toContainEqual({
      rule: 'recipient-sends',
      max: 5,
      window: '300s',
      defaultMax: 5,
      defaultWindow: '300s',
    });
    expect(body.limits).toContainEqual({
      rule: 'token-endpoint',
      max: 10,
      window: '60s',
      defaultMax: 10,
      defaultWindow: '60s',
      fixed: true,
    });
  });

  it('hold from the change on, for what was sent before it as well', async () => {
    for (let i = 0; i < 3; i++) expect((await send('changed@example.com')).status).toBe(200);
    const lowered = await update({ rule: 'recipient-sends', max: 2 }, 'max');
    expect(lowered.body.limit).toMatchObject({ max: 2, window: '300s', defaultMax: 5, changed: true });
    expect((await send('changed@example.com')).reason).toBe('RATE_LIMITED');
    await update({ rule: 'recipient-sends', max: 4 }, 'max');
    expect((await send('changed@example.com')).status).toBe(200);
    expect((await send('changed@example.com')).reason).toBe('RATE_LIMITED');

    await update({ rule: 'recipient-sends', max: 0 }, 'max');
    for (let i = 0; i < 7; i++) expect((await send('off@example.com')).status).toBe(200);

    expect((await reset('recipient-sends')).body.limit).toMatchObject({ max: 5, window: '300s' });
    expect(await limitNamed('recipient-sends')).not.toHaveProperty('changed');
    for (let i = 0; i < 5; i++) expect((await send('default@example.com')).status).toBe(200);
    expect((await send('default@example.com')).reason).toBe('RATE_LIMITED');
  });

  it('change their window too', async () => {
    await update({ rule: 'recipient-sends', max: 1, window: '10s' }, 'max,window');
    expect((await send('window@example.com')).status).toBe(200);
    service.clock.advance(9_999);
    expect((await send('window@example.com')).headers.get('retry-after')).toBe('1');
    service.clock.advance(1);
    expect((await send('window@example.com')).status).toBe(200);
    await reset('recipient-sends');
  });

  it('change for one workspace only, and within five seconds in every process', async () => {
    const other = await keyOf(service, 'other');
    await update({ rule: 'recipient-sends', max: 1 }, 'max', other);
    expect(await limitNamed('recipient-sends')).toMatchObject({ max: 5 });
    expect(await limitNamed('recipient-sends', other)).toMatchObject({ max: 1 });
    const elsewhere = { 'limits.recipient-sends': { max: 2, windowSeconds: 300 } };
    expect((await send('other@example.com', other)).status).toBe(200);
    expect((await send('other@example.com', other)).reason).toBe('RATE_LIMITED');
    const workspaces = service.documents.collection('workspaces');
    await workspaces.findOneAndUpdate({ _id: 'other' }, { $set: elsewhere });
    service.clock.advance(5_000);
    expect((await send('other@example.com', other)).status).toBe(200);
  });

  it.each([
    [{ max: -1 }, 'max', 'limit.max'],
    [{ max: 1_000_001 }, 'max', 'limit.max'],
    [{ window: '0s' }, 'window', 'limit.window'],
    [{ window: '2678401s' }, 'window', 'limit.window'],
    [{ window: '1.5s' }, 'window', 'limit.window'],
    [{}, 'window', 'limit.window'],
    [{ changed: true }, 'changed', 'update_mask'],
    [{ max: 3 }, '', 'update_mask'],
  ])('refuse %j (%s)', async (limit, mask, field) => {
    const { reason, fields } = await update({ rule: 'ip-sends', ...limit }, mask);
    expect({ reason, fields }).toEqual({ reason: 'INVALID_REQUEST', fields: [field] });
    expect(await limitNamed('ip-sends')).toMatchObject({ max: 20, window: '3600s' });
  });

  it.each([
    [{ max: 1_000_000, window: '2678400s' }, 'max,window'],
    [{ max: 1, window: '1s' }, 'max,window'],
  ])('take %j', async (limit, mask) => {
    const { body } = await update({ rule: 'ip-sends', ...limit }, mask);
    expect(body.limit).toMatchObject(limit);
    await reset('ip-sends');
  });

  it('of a recipient show the chance that a code is guessed, and are not made weak in silence', async () => {
    const rule = 'recipient-guesses-6';
    const { body } = await admin(`${SERVICE}/ListLimits`, {});
    expect(body.guessBound.weak).toBeUndefined();
    expect(body.guessBound.codeLengths[0]).toMatchObject({
      codeLength: 6,
      comparisonsPerDay: 30,
      comparisonsPerYear: '9750',
    });
    expect(await update({ rule, max: 60 }, 'max')).toMatchObject({
      reason: 'INVALID_REQUEST',
      fields: ['limit.max'],
    });
    expect(await limitNamed(rule)).toMatchObject({ max: 20 });
    const call = (more: object) =>
      admin(`${SERVICE}/UpdateLimit`, {
        limit: { rule, max: 60 },
        updateMask: 'max',
        acceptWeak: true,
        ...more,
      });
    const tried = await call({ dryRun: true });
    expect(tried.body).toMatchObject({ limit: { max: 60 }, guessBound: { weak: true } });
    expect(await limitNamed(rule)).toMatchObject({ max: 20 });
    expect((await call({})).body).toMatchObject({ limit: { max: 60 }, guessBound: { weak: true } });
    expect((await update({ rule, max: 101 }, 'max')).fields).toEqual(['limit.max']);
    expect((await reset(rule)).body.guessBound.weak).toBeUndefined();
  });

  it('of the whole service cannot be changed', async () => {
    expect((await update({ rule: 'token-endpoint', max: 1 }, 'max')).fields).toEqual(['limit.rule']);
    expect((await reset('token-endpoint')).fields).toEqual(['rule']);
    expect(await limitNamed('token-endpoint')).toMatchObject({ max: 10, window: '60s' });
  });

  it('that do not exist are not found', async () => {
    for (const rule of ['no-such-rule', 'toString', '__proto__', '']) {
      expect((await update({ rule, max: 1 }, 'max')).reason).toBe('NOT_FOUND');
    }
    expect((await reset('no-such-rule')).reason).toBe('NOT_FOUND');
    expect((await operator(`${SERVICE}/ListLimits`, { workspace: 'unknown' })).reason).toBe('NOT_FOUND');
  });

  it('are read by test keys and changed by live ones', async () => {
    expect(await limitNamed('ip-sends', tester)).toMatchObject({ max: 20 });
    expect((await update({ rule: 'ip-sends', max: 1 }, 'max', tester)).reason).toBe('PERMISSION_DENIED');
    expect((await reset('ip-sends', tester)).reason).toBe('PERMISSION_DENIED');
    const foreign = await admin(`${SERVICE}/ListLimits`, { workspace: 'default' });
    expect(foreign.reason).toBe('PERMISSION_DENIED');
  });
});

describe('recipient blocks', () => {
  const PHONE = '+573001234542';
  const block = (recipient: string, more = {}, call = admin) =>
    call(`${SERVICE}/GetRecipientBlock`, { recipient, ...more });
  const clear = (recipient: string, more = {}, call = admin) =>
    call(`${SERVICE}/ClearRecipientBlock`, { recipient, ...more });
  /** Guesses wrongly so often, with codes of four digits. */
  const guess = async (recipients: object, call = admin, times = 5) => {
    for (let left = times; left > 0; ) {
      service.clock.advance(300_000);
      const config = { codeLength: 4, maxAttempts: 10 };
      const sent = await call('otp.v1.OtpService/Send', { recipients, config });
      for (let n = 0; n < 10 && left > 0; n++, left--) {
        const guess = { sessionId: sent.body.session.id, code: '0000' };
        expect((await call('otp.v1.OtpService/Verify', guess)).reason).toBe('INVALID_CODE');
      }
    }
  };
  const useOf = (body: { block: { uses: { rule: string; lane: string; used?: number }[] } }, rule: string) =>
    body.block.uses.find((use) => use.rule === rule && use.lane === 'LANE_OPEN');

  it('show what is used of the budget, and end when an operator clears them', async () => {
    const { body: before } = await block(PHONE);
    expect(before.block.maskedRecipient).toBe('+57 300 *** ** 42');
    expect(before.block.uses.every(({ used }: { used?: number }) => used === undefined)).toBe(true);
    await guess({ sms: PHONE }, admin, 28);
    const config = { codeLength: 4 };
    const send = () => admin('otp.v1.OtpService/Send', { recipients: { whatsapp: PHONE }, config });
    expect((await send()).reason).toBe('RECIPIENT_BLOCKED');
    // However the number is written.
    const { body } = await block('+57 (300) 123-45-42');
    expect(body.block).toMatchObject({ failures: 28, shortCodeFailures: 28 });
    expect(useOf(body, 'recipient-guesses-4')).toMatchObject({ used: 28, max: 28, codeLength: 4 });
    expect(useOf(body, 'recipient-guesses-4')).toHaveProperty('freeAgainAt');
    expect(useOf(body, 'recipient-daily')).toMatchObject({ used: 3, max: 20 });
    // Codes of six digits have units of their own.
    expect((await admin('otp.v1.OtpService/Send', { recipients: { whatsapp: PHONE } })).status).toBe(200);

    const { body: cleared } = await clear(PHONE);
    expect(useOf(cleared, 'recipient-guesses-4')?.used).toBeUndefined();
    expect((await send()).status).toBe(200);
    expect((await clear(PHONE)).status).toBe(200);
  });

  it('are cleared by the scope support once a day, and by an admin at any time', async () => {
    const helper = await keyOf(service, 'acme', ['support']);
    const person = 'cleared@example.com';
    await guess({ email: person }, admin, 3);
    expect((await clear(person, {}, helper)).status).toBe(200);
    expect((await clear(person, {}, helper)).reason).toBe('RATE_LIMITED');
    expect((await clear(person)).status).toBe(200);
    service.clock.advance(86_400_000);
    expect((await clear(person, {}, helper)).status).toBe(200);
  });

  it('may be avoided by longer codes, where the caller says so', async () => {
    const recipients = { sms: '+573001239999' };
    await guess(recipients, admin, 27);
    const config = { codeLength: 4, mayLengthen: true };
    const sent = await admin('otp.v1.OtpService/Send', { recipients, config });
    // One unit is left: room for a right code, but not for a typing error before it.
    expect(sent.body.session.codeLength).toBe(6);
  });

  it('belong to a workspace and a mode', async () => {
    await guess({ email: 'apart@example.com' }, tester);
    expect((await block('apart@example.com')).body.block.failures).toBeUndefined();
    expect((await block('Apart@Example.com', {}, tester)).body.block.failures).toBe(5);
    const inOther = { workspace: 'acme', mode: 'MODE_TEST' };
    expect((await block('apart@example.com', inOther, operator)).body.block.failures).toBe(5);
    expect((await block('apart@example.com', { mode: 'MODE_TEST' })).reason).toBe('PERMISSION_DENIED');
    const other = await keyOf(service, 'other');
    expect((await block('apart@example.com', {}, other)).body.block.failures).toBeUndefined();
    expect((await clear('apart@example.com', { workspace: 'acme' }, other)).reason).toBe('PERMISSION_DENIED');
    expect((await clear('apart@example.com', inOther, operator)).status).toBe(200);
    expect((await block('apart@example.com', {}, tester)).body.block.failures).toBeUndefined();
  });

  it('are read and cleared by the fingerprint that responses show, instead of the recipient', async () => {
    const written = 'finger.print@gmail.com';
    await guess({ email: written }, admin, 3);
    // Variants of a mailbox share a budget, and have fingerprints of their own.
    const { body: named } = await block('fingerprint@gmail.com');
    expect(named.block).toMatchObject({ failures: 3 });
    const { body: own } = await block(written);
    const { fingerprint } = own.block;
    expect(fingerprint).toMatch(/^[\w-]{43}$/);
    expect(fingerprint).not.toBe(named.block.fingerprint);
    const { body } = await block('', { fingerprint });
    expect(body).toEqual(own);
    const { body: cleared } = await clear('', { fingerprint });
    expect(cleared.block.failures).toBeUndefined();
    expect((await block(written)).body.block.failures).toBeUndefined();
    const { body: unknown } = await block('', { fingerprint: 'unknown' });
    expect(unknown.block).toMatchObject({ fingerprint: 'unknown' });
    const other = await keyOf(service, 'other');
    expect((await block('', { fingerprint }, other)).body.block.maskedRecipient).toBeUndefined();
    for (const call of [block, clear]) {
      for (const wrong of [await call(''), await call(PHONE, { fingerprint })])
        expect(wrong).toMatchObject({ reason: 'INVALID_REQUEST', fields: ['recipient'] });
    }
  });

  it('of a norm are for good after 100 failures in a row', async () => {
    const person = '+573001230077';
    const nist = await keyOf(service, 'nist');
    const workspace = { name: 'nist', assurance: 'ASSURANCE_NIST_800_63B' };
    const set = { workspace, updateMask: 'assurance' };
    expect((await operator('otp.admin.v1.WorkspaceService/UpdateWorkspace', set)).status).toBe(200);
    service.clock.advance(10_000);
    const send = (more = {}) => nist('otp.v1.OtpService/Send', { recipients: { sms: person }, ...more });
    for (let day = 0; day < 6; day++, service.clock.advance(86_400_000)) {
      for (let n = 0; n < 20; n++) {
        service.clock.advance(300_000);
        await send();
      }
    }
    const refused = await send();
    expect(refused.reason).toBe('RECIPIENT_BLOCKED');
    expect(JSON.stringify(refused.body)).not.toContain('RetryInfo');
    const { body } = await block(person, {}, nist);
    expect(body.block).toMatchObject({ consecutiveFailures: 70, disabled: true });
    await clear(person, {}, nist);
    expect((await send()).status).toBe(200);
    // Elsewhere the same number is sent to.
    const elsewhere = await admin('otp.v1.OtpService/Send', { recipients: { sms: person } });
    expect(elsewhere.status).toBe(200);
  });

  it('are read by a full recipient', async () => {
    for (const recipient of ['12345', 'unknown', '***42']) {
      expect((await block(recipient)).reason).toBe('INVALID_RECIPIENT');
      expect((await clear(recipient)).fields).toEqual(['recipient']);
    }
  });

  it('leave no address in the audit or the store', async () => {
    await guess({ email: 'secret.person@example.com' });
    await clear('secret.person@example.com');
    const { body } = await admin('otp.admin.v1.AuditService/ListAuditEntries', { pageSize: 1 });
    expect(body.entries).toMatchObject([{ method: `${SERVICE}/ClearRecipientBlock`, outcome: 'OK' }]);
    expect(body.entries[0].resource).toMatch(/^recipientBlocks\/[\w-]{43}$/);
    for (const name of ['audit', 'limits']) {
      const all = await service.documents.collection(name).find({}).toArray();
      expect(JSON.stringify(all)).not.toContain('secret.person');
    }
    expect(service.logged()).not.toContain('secret.person');
  });
});
