import { describe, expect, it } from 'vitest';
import { viewPrefix } from '../../../server/guard/prefixes.js';
import { partKey } from '../../../server/guard/rollingCount.js';
import { connectJson } from '../../support/connectJson.js';
import { eachEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { newKey } from '../../support/tenant.js';
import { deliveredCode } from '../../wire/support/delivered.js';
import { type Calls, guardAdmin, SERVICE } from './support/guardAdmin.js';

const RATE = { minSends: 10, minPercent: 20, windowSeconds: 3600 };
const NOW = Date.UTC(2030, 0, 15);

describe('the state of a prefix', () => {
  const view = (sends: number, approvals: number, more = {}) => {
    const part = partKey(RATE.windowSeconds, NOW);
    const tally = { _id: 'acme.live/guard-prefix/p', purgeAt: new Date(), ...more };
    return viewPrefix({ ...tally, sends: { [part]: sends }, approvals: { [part]: approvals } }, RATE, NOW);
  };

  it.each([
    [4, 0, 'OPEN'],
    [5, 0, 'WATCHED'],
    [5, 1, 'OPEN'],
    [9, 1, 'WATCHED'],
    [10, 1, 'REFUSED'],
    [10, 2, 'OPEN'],
  ])('of %d messages, %d of them verified, is %s', (sends, approvals, state) => {
    expect(view(sends, approvals)).toMatchObject({ prefix: 'p', sends, approvals, state });
  });

  it('needs several sources to refuse, and counts at most 16', () => {
    const part = partKey(RATE.windowSeconds, NOW);
    expect(view(9, 0, { groupSends: { g1: { [part]: 9 } } })).toMatchObject({ state: 'WATCHED', sources: 1 });
    expect(view(40, 0)).toMatchObject({ state: 'REFUSED', sources: 16 });
  });

  it('is none where nothing was sent within the window', () => {
    expect(viewPrefix({ _id: 'p', purgeAt: new Date() }, RATE, NOW)).toBeUndefined();
  });
});

eachEngine((engine) => {
  const { two, tenant, operator, update, send, workspace } = guardAdmin(engine);
  const list = async (admin: Calls, request: object = {}) => {
    const { status, body } = await admin(`${SERVICE}/ListPrefixes`, request);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const rule = (admin: Calls) =>
    update(admin, { approvalRate: { minSends: 6, minPercent: 20 } }, 'approvalRate');
  let numbers = 0;
  const number = (prefix: string) => `${prefix}${String(++numbers).padStart(4, '0')}`;
  const burst = async (admin: Calls, prefix: string, messages: number) => {
    for (let n = 0; n < messages; n++) await send(admin, { sms: number(prefix) });
  };

  it('a burst to one prefix rises to the top of the list, in every process', async () => {
    const acme = await tenant();
    await rule(acme);
    await burst(acme, '+5622123', 1);
    await burst(acme, '+57300111', 7);
    await burst(acme, '+57300222', 3);
    const { body } = await send(acme, { sms: number('+57300333') });
    const code = await deliveredCode(two.here, body.session.id, 'sms');
    await acme('otp.v1.OtpService/Verify', { sessionId: body.session.id, codes: { sms: code } });
    const there = connectJson(two.there.baseUrl, await newKey(two.here, workspace(), ['analyst']));
    const prefixes = await eventually(async () => {
      const found = (await list(there)).prefixes;
      return found.some((one: { approvals?: string }) => one.approvals) && found;
    });
    expect(prefixes).toMatchObject([
      // Six were sent, and one more to see whether real people are there.
      {
        maskedPrefix: '+57 300 *** ** **',
        country: 'CO',
        sends: '7',
        sources: 7,
        state: 'PREFIX_STATE_REFUSED',
      },
      { maskedPrefix: '+57 300 *** ** **', sends: '3', sources: 3, state: 'PREFIX_STATE_WATCHED' },
      { maskedPrefix: '+56 221 *** * **', country: 'CL', sends: '1', state: 'PREFIX_STATE_OPEN' },
      { country: 'CO', sends: '1', approvals: '1', state: 'PREFIX_STATE_OPEN' },
    ]);
    await burst(acme, '+57300111', 2);
    const [first] = (await list(acme, { state: 'PREFIX_STATE_REFUSED' })).prefixes;
    expect(first).toMatchObject({ prefix: prefixes[0].prefix, refused: '2' });
    const checked = await acme(`${SERVICE}/CheckRecipient`, { recipient: '+573001110000' });
    expect(checked.body.recipient.prefix).toBe(first.prefix);
  });

  it('is listed in pages, by state and by country', async () => {
    const acme = await tenant();
    await rule(acme);
    for (const [prefix, messages] of [
      ['+57300101', 1],
      ['+57300102', 3],
      ['+5622124', 2],
    ] as const)
      await burst(acme, prefix, messages);
    const all = (await list(acme)).prefixes;
    expect(all.map(({ sends }: { sends: string }) => sends)).toEqual(['3', '2', '1']);
    const paged: unknown[] = [];
    for (let pageToken = ''; ; ) {
      const page = await list(acme, { pageSize: 1, pageToken });
      paged.push(...page.prefixes);
      if (!page.nextPageToken) break;
      pageToken = page.nextPageToken;
    }
    expect(paged).toEqual(all);
    expect((await list(acme, { country: 'CL' })).prefixes).toMatchObject([{ country: 'CL', sends: '2' }]);
    expect((await list(acme, { state: 'PREFIX_STATE_WATCHED' })).prefixes).toMatchObject([{ sends: '3' }]);
    const bad = await acme(`${SERVICE}/ListPrefixes`, { pageToken: 'bm8' });
    expect({ reason: bad.reason, fields: bad.fields }).toEqual({
      reason: 'INVALID_REQUEST',
      fields: ['page_token'],
    });
  });

  it('is empty while the rule is off, and for strangers', async () => {
    const acme = await tenant();
    await burst(acme, '+57300103', 1);
    expect(await list(acme)).toEqual({});
    const name = workspace();
    const stranger = await tenant();
    expect((await stranger(`${SERVICE}/ListPrefixes`, { workspace: name })).reason).toBe('PERMISSION_DENIED');
    const unknown = await operator(`${SERVICE}/ListPrefixes`, { workspace: 'none-such' });
    expect(unknown.reason).toBe('NOT_FOUND');
  });
});
