import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome, Provider } from '../../../../server/delivery/provider.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService, type TestService } from '../../../support/service.js';
import { keyOf, newKey } from '../../../support/tenant.js';
import { startTwo, type TwoProcesses } from '../../../support/twoProcesses.js';
import { wrapOperations } from '../../../support/wrapOperations.js';
import { createUseCases, newRecipients } from '../../otp/support/useCases.js';

const SERVICE = 'otp.admin.v1.RecipientService';
const BLOCK = 'RECIPIENT_RULE_TYPE_BLOCK';
const ALLOW = 'RECIPIENT_RULE_TYPE_ALLOW';
const SUPPRESS = 'RECIPIENT_RULE_TYPE_SUPPRESS';
const DAY_MS = 86_400_000;

let phones = 0;
const newPhone = () => `+57301${String(1_000_000 + ++phones)}`;

eachEngine((engine) => {
  let two: TwoProcesses;
  let tenants = 0;
  beforeAll(async () => {
    two = await startTwo(engine);
  });
  afterAll(() => two.stop());

  /** An administrator of a new workspace, and its other keys. */
  async function tenant() {
    const workspace = `rules-${++tenants}`;
    const admin = await keyOf(two.here, workspace);
    const as = async (...scopes: string[]) =>
      connectJson(two.here.baseUrl, await newKey(two.here, workspace, scopes));
    const create = (recipientRule: object, call = admin) =>
      call(`${SERVICE}/CreateRecipientRule`, { recipientRule });
    const send = (recipients: object) => admin('otp.v1.OtpService/Send', { recipients });
    return { workspace, admin, as, create, send };
  }
  const inDays = (days: number) => new Date(two.clock.now() + days * DAY_MS).toISOString();

  describe('a rule for recipients', () => {
    it('refuses Send and Resend by recipient, domain, first digits and prefix, and nothing else', async () => {
      const { admin, create, send } = await tenant();
      const [one, other] = [newPhone(), newPhone()];
      const open = await send({ sms: one });
      expect(open.status).toBe(200);
      const block = await create({ type: BLOCK, recipient: one, note: 'asked us to' });
      expect(block.status, JSON.stringify(block.body)).toBe(200);
      expect(block.body.recipientRule).toMatchObject({
        type: BLOCK,
        maskedRecipient: expect.stringContaining('*'),
        note: 'asked us to',
        createdBy: expect.any(String),
      });
      expect(JSON.stringify(block.body)).not.toContain(one.slice(1));
      expect((await send({ sms: one })).reason).toBe('SEND_REFUSED');
      expect((await send({ whatsapp: one })).reason).toBe('SEND_REFUSED');
      two.clock.advance(30_000);
      const resend = await admin('otp.v1.OtpService/Resend', { sessionId: open.body.session.id });
      expect(resend.reason).toBe('SEND_REFUSED');
      expect((await send({ sms: other })).status).toBe(200);

      await create({ type: BLOCK, emailDomain: 'spam.example' });
      expect((await send({ email: 'a@SPAM.example' })).reason).toBe('SEND_REFUSED');
      expect((await send({ email: 'a@not-spam.example' })).status).toBe(200);
      expect((await send({ email: 'a@sub.spam.example' })).status).toBe(200);
      await create({ type: BLOCK, phonePrefix: '+44770' });
      expect((await send({ sms: '+447700900123' })).reason).toBe('SEND_REFUSED');
      const { recipient } = (
        await admin('otp.admin.v1.GuardService/CheckRecipient', { recipient: '+34600123456' })
      ).body;
      await create({ type: BLOCK, prefix: recipient.prefix });
      expect((await send({ sms: '+34600129999' })).reason).toBe('SEND_REFUSED');
      expect((await send({ sms: '+34600229999' })).status).toBe(200);

      const diagnosis = await admin(`${SERVICE}/DiagnoseRecipient`, { recipient: one });
      expect(diagnosis.body.verdict).toBe('VERDICT_RULE_REFUSED');
      expect(diagnosis.body.suggestions[0]).toMatchObject({
        type: 'SUGGESTION_TYPE_DELETE_RULE',
        ruleId: block.body.recipientRule.id,
      });
      const shown = diagnosis.body.evidence.find((each: object) => 'rule' in each);
      expect(shown.rule.id).toBe(block.body.recipientRule.id);
      const { refusals } = (await admin(`${SERVICE}/ListRefusals`, { rule: block.body.recipientRule.id }))
        .body;
      expect(refusals.reduce((sum: number, { count }: { count: string }) => sum + Number(count), 0)).toBe(3);
      const kept = JSON.stringify(await two.here.documents.collection('recipientRules').find({}).toArray());
      expect(kept).not.toContain(one.slice(1));
    });

    it('is decided by the most specific match, then by the strictest; it ends, and holds for its channel', async () => {
      const { create, send } = await tenant();
      await create({ type: BLOCK, emailDomain: 'corp.example' });
      await create({ type: ALLOW, recipient: 'boss@corp.example' });
      expect((await send({ email: 'boss@corp.example' })).status).toBe(200);
      expect((await send({ email: 'clerk@corp.example' })).reason).toBe('SEND_REFUSED');
      await create({ type: SUPPRESS, recipient: 'boss@corp.example', expiresAt: inDays(1) });
      expect((await send({ email: 'boss@corp.example' })).reason).toBe('SEND_REFUSED');
      two.clock.advance(DAY_MS);
      expect((await send({ email: 'boss@corp.example' })).status).toBe(200);
      const phone = newPhone();
      await create({ type: BLOCK, recipient: phone, channel: 'CHANNEL_SMS' });
      expect((await send({ sms: phone })).reason).toBe('SEND_REFUSED');
      expect((await send({ whatsapp: phone })).status).toBe(200);
    });

    it('that allows passes the guard and the limits on sends, never the guess budget', async () => {
      const { admin, create, send } = await tenant();
      const phone = newPhone();
      const guard = { countryBlock: ['CO'] };
      await admin('otp.admin.v1.GuardService/UpdateGuard', { guard, updateMask: 'countryBlock' });
      expect((await send({ sms: phone })).reason).toBe('SEND_REFUSED');
      await create({ type: ALLOW, recipient: phone, expiresAt: inDays(1) });
      const reasons: (string | undefined)[] = [];
      for (let i = 0; i < 25; i++) reasons.push((await send({ sms: phone })).reason);
      expect(reasons.slice(0, 20)).toEqual(Array(20).fill(undefined));
      expect(new Set(reasons.slice(20))).toEqual(new Set(['RECIPIENT_BLOCKED']));
      expect((await send({ sms: newPhone() })).reason).toBe('SEND_REFUSED');
    });

    it('takes effect in the other process within five seconds, as does its end', async () => {
      const { workspace, admin, create } = await tenant();
      const there = connectJson(two.there.baseUrl, await newKey(two.here, workspace));
      const email = 'elsewhere@example.com';
      const send = async () => (await there('otp.v1.OtpService/Send', { recipients: { email } })).reason;
      expect(await send()).toBeUndefined();
      const { body } = await create({ type: BLOCK, recipient: email });
      two.clock.advance(5_000);
      expect(await send()).toBe('SEND_REFUSED');
      const { id } = body.recipientRule;
      expect((await admin(`${SERVICE}/DeleteRecipientRule`, { id })).status).toBe(200);
      two.clock.advance(5_000);
      expect(await send()).toBeUndefined();
      expect((await admin(`${SERVICE}/GetRecipientRule`, { id })).reason).toBe('NOT_FOUND');
      // It can be made again, as another rule.
      const again = await create({ type: BLOCK, recipient: email });
      expect(again.status).toBe(200);
      expect(again.body.recipientRule.id).not.toBe(id);
      two.clock.advance(5_000);
      expect(await send()).toBe('SEND_REFUSED');
    });

    it('is listed, filtered and changed', async () => {
      const { admin, create } = await tenant();
      const made: string[] = [];
      for (const [i, type] of [BLOCK, ALLOW, BLOCK].entries()) {
        two.clock.advance(1);
        made.unshift((await create({ type, recipient: `list.${i}@listed.example` })).body.recipientRule.id);
      }
      const domain = (await create({ type: BLOCK, emailDomain: 'listed.example', expiresAt: inDays(2) }))
        .body;
      made.unshift(domain.recipientRule.id);
      const list = async (request: object) => {
        const { body } = await admin(`${SERVICE}/ListRecipientRules`, request);
        return (body.recipientRules ?? []).map(({ id }: { id: string }) => id);
      };
      expect(await list({})).toEqual(made);
      expect(await list({ type: ALLOW })).toEqual([made[2]]);
      expect(await list({ recipient: 'list.1@listed.example' })).toEqual([made[2], made[0]]);
      expect((await create({ type: ALLOW, recipient: 'list.1@listed.example' })).reason).toBe(
        'ALREADY_EXISTS',
      );
      const change = (rule: object, updateMask: string) =>
        admin(`${SERVICE}/UpdateRecipientRule`, { recipientRule: { id: made[0], ...rule }, updateMask });
      expect((await change({ note: 'why' }, 'note')).body.recipientRule).toMatchObject({
        note: 'why',
        expiresAt: inDays(2),
      });
      expect((await change({}, 'expiresAt')).body.recipientRule).not.toHaveProperty('expiresAt');
      expect((await change({ note: 'call +57 301 000 11 22' }, 'note')).reason).toBe('INVALID_REQUEST');
      expect((await change({ type: ALLOW }, 'type')).reason).toBe('INVALID_REQUEST');
      await change({ expiresAt: inDays(1) }, 'expiresAt');
      two.clock.advance(DAY_MS);
      expect(await list({})).toEqual(made.slice(1));
      expect(await list({ showExpired: true })).toEqual(made);
    });

    it('names exactly one match, and no whole number where it would be stored in clear', async () => {
      const { create } = await tenant();
      const fieldsOf = async (rule: object) => (await create({ type: BLOCK, ...rule })).fields;
      expect(await fieldsOf({})).toEqual(['recipient_rule']);
      expect(await fieldsOf({ recipient: 'a@example.com', prefix: 'x' })).toEqual(['recipient_rule']);
      expect(await fieldsOf({ phonePrefix: newPhone() })).toEqual(['recipient_rule.phone_prefix']);
      expect(await fieldsOf({ recipient: 'no address' })).toEqual(['recipient']);
      const past = new Date(two.clock.now()).toISOString();
      expect(await fieldsOf({ recipient: 'a@example.com', expiresAt: past })).toEqual([
        'recipient_rule.expires_at',
      ]);
    });

    it('is made by support to allow one recipient and by analysts to block, both with an end', async () => {
      const { admin, as, create } = await tenant();
      const support = await as('support');
      const analyst = await as('analyst');
      const both = await as('support', 'analyst');
      const reason = async (rule: object, call: typeof support) => (await create(rule, call)).reason;
      const person = (n: number) => ({ recipient: `scope.${n}@example.com` });
      const soon = { expiresAt: inDays(30) };
      expect(await reason({ type: ALLOW, ...person(1), ...soon }, support)).toBeUndefined();
      expect(await reason({ type: ALLOW, ...person(2) }, support)).toBe('PERMISSION_DENIED');
      expect(await reason({ type: ALLOW, ...person(2), expiresAt: inDays(31) }, support)).toBe(
        'PERMISSION_DENIED',
      );
      expect(await reason({ type: ALLOW, emailDomain: 'a.example', ...soon }, support)).toBe(
        'PERMISSION_DENIED',
      );
      expect(await reason({ type: BLOCK, ...person(3), ...soon }, support)).toBe('PERMISSION_DENIED');
      expect(await reason({ type: BLOCK, emailDomain: 'a.example', ...soon }, analyst)).toBeUndefined();
      expect(await reason({ type: BLOCK, ...person(4) }, analyst)).toBe('PERMISSION_DENIED');
      expect(await reason({ type: ALLOW, ...person(5), ...soon }, analyst)).toBe('PERMISSION_DENIED');
      expect(await reason({ type: SUPPRESS, ...person(6), ...soon }, both)).toBe('PERMISSION_DENIED');
      expect(await reason({ type: BLOCK, ...person(7), ...soon }, both)).toBeUndefined();
      const lasting = (await create({ type: ALLOW, ...person(8) })).body.recipientRule.id;
      const blocked = (await create({ type: BLOCK, ...person(9) })).body.recipientRule.id;
      const change = { recipientRule: { id: lasting, note: 'x' }, updateMask: 'note' };
      expect((await support(`${SERVICE}/UpdateRecipientRule`, change)).reason).toBe('PERMISSION_DENIED');
      expect((await support(`${SERVICE}/DeleteRecipientRule`, { id: blocked })).reason).toBe(
        'PERMISSION_DENIED',
      );
      expect((await support(`${SERVICE}/DeleteRecipientRule`, { id: lasting })).status).toBe(200);
      expect((await admin(`${SERVICE}/DeleteRecipientRule`, { id: blocked })).status).toBe(200);
    });
  });

  describe('the rules of a workspace', () => {
    it('are read once in five seconds, however much is sent', async () => {
      const asked: string[] = [];
      const documents = wrapOperations(await engine.open(), (operation, { collection, name }) => {
        if (collection === 'recipientRules') asked.push(name);
        return operation();
      });
      const useCases = createUseCases(documents);
      const caller = useCases.as({ workspace: 'acme' });
      for (let i = 0; i < 50; i++) await caller.send({ recipients: newRecipients('email') });
      expect(asked).toEqual(['find']);
      useCases.clock.advance(5_000);
      await Promise.all(Array.from({ length: 5 }, () => caller.send({ recipients: newRecipients('email') })));
      expect(asked).toEqual(['find', 'find']);
    });
  });

  describe('the service itself', () => {
    let service: TestService;
    let outcome: Outcome = { kind: 'accepted' };
    const provider = (name: string, channel: 'sms' | 'email'): Provider => ({
      name,
      channels: [channel],
      timeoutMs: 10_000,
      send: async () => outcome,
      close: async () => {},
    });
    beforeAll(async () => {
      service = await startService({
        documents: await engine.open(),
        overrides: { providers: { sms: provider('one', 'sms'), email: provider('two', 'email') } },
      });
    });
    afterAll(() => service.stop());

    it('suppresses what bounces and who sent STOP, with its reason, on that channel', async () => {
      const admin = connectJson(service.baseUrl, service.liveKey);
      const send = (recipients: object) => admin('otp.v1.OtpService/Send', { recipients });
      const rulesFor = async (recipient: string) =>
        (await admin(`${SERVICE}/ListRecipientRules`, { recipient })).body.recipientRules ?? [];
      outcome = { kind: 'failed', error: 'WRONG_RECIPIENT' };
      await send({ email: 'gone@example.com' });
      const [bounced] = await eventually(async () => {
        service.clock.advance(5_000);
        const rules = await rulesFor('gone@example.com');
        return rules.length > 0 && rules;
      });
      expect(bounced).toMatchObject({
        type: SUPPRESS,
        cause: 'BOUNCED',
        channel: 'CHANNEL_EMAIL',
        createdBy: 'service',
        expiresAt: expect.any(String),
      });
      expect((await send({ email: 'gone@example.com' })).reason).toBe('SEND_REFUSED');
      outcome = { kind: 'failed', error: 'OPTED_OUT' };
      await send({ sms: '+573001239999' });
      const [stopped] = await eventually(async () => {
        service.clock.advance(5_000);
        const rules = await rulesFor('+573001239999');
        return rules.length > 0 && rules;
      });
      expect(stopped).toMatchObject({ type: SUPPRESS, cause: 'OPTED_OUT', channel: 'CHANNEL_SMS' });
      expect(stopped).not.toHaveProperty('expiresAt');
      outcome = { kind: 'accepted' };
      expect((await send({ sms: '+573001239999' })).reason).toBe('SEND_REFUSED');
      expect((await admin(`${SERVICE}/DeleteRecipientRule`, { id: stopped.id })).status).toBe(200);
      expect((await send({ sms: '+573001239999' })).status).toBe(200);
    });
  });
});
