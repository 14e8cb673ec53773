import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListSessionsRequestSchema } from '../../gen/otp/v1/otp_service_pb.js';
import { newBeneficiary, newSponsor } from '../promises/support/beneficiaryApi.js';
import { connectJson } from '../support/connectJson.js';
import { eachEngine } from '../support/engines.js';
import { ManualClock } from '../support/manualClock.js';
import { startService, type TestService } from '../support/service.js';
import { newKey } from '../support/tenant.js';
import { deliveredCode } from './support/delivered.js';

const LIST = 'otp.v1.OtpService/ListSessions';

eachEngine((engine) => {
  let service: TestService;
  beforeAll(async () => {
    const clock = new ManualClock();
    service = await startService({ clock, documents: await engine.open({ clock }) });
  });
  afterAll(() => service.stop());

  type Call = ReturnType<typeof connectJson>;
  let people = 0;
  async function send(call: Call, request: object = {}): Promise<string> {
    const recipients = { email: `listed.${people++}@example.com` };
    const { body } = await call('otp.v1.OtpService/Send', { recipients, ...request });
    service.clock.advance(1_000);
    return body.session.id;
  }
  async function idsOf(call: Call, request: object): Promise<string[]> {
    const { status, body } = await call(LIST, request);
    expect(status, JSON.stringify(body)).toBe(200);
    return (body.sessions ?? []).map(({ id }: { id: string }) => id);
  }

  describe('every filter of ListSessions', () => {
    let call: Call;
    let ids: string[];
    let sponsors: string[];
    const at: string[] = [];

    beforeAll(async () => {
      call = connectJson(service.baseUrl, service.liveKey);
      sponsors = [await newSponsor(service), await newSponsor(service)];
      const persons = [
        await newBeneficiary(service, sponsors[0]),
        await newBeneficiary(service, sponsors[1]),
      ];
      const requests: object[] = [
        { recipients: { email: 'plain@example.com' } },
        { recipients: { whatsapp: '+573001234542' } },
        { purpose: 'login', metadata: { user: 'u-1', level: 3, deep: { a: 1 } } },
        { sandbox: true },
        ...persons.map(({ sponsor_slug, beneficiary_id }) => ({
          recipients: undefined,
          channels: ['CHANNEL_SMS'],
          beneficiary: { sponsorSlug: sponsor_slug, beneficiaryId: beneficiary_id },
        })),
        {},
      ];
      ids = [];
      for (const request of requests) {
        at.push(new Date(service.clock.now()).toISOString());
        ids.push(await send(call, request));
      }
      const code = await deliveredCode(service, ids[6]!);
      await call('otp.v1.OtpService/Verify', { sessionId: ids[6], code });
    });

    /** What each field leaves of the seven, by their order of being sent. */
    const FILTERS: Readonly<Record<string, () => readonly [request: object, left: readonly number[]][]>> = {
      status: () => [
        [{ status: 'SESSION_STATUS_APPROVED' }, [6]],
        [{ status: 'SESSION_STATUS_LOCKED' }, []],
      ],
      channel: () => [
        [{ channel: 'CHANNEL_WHATSAPP' }, [1]],
        [{ channel: 'CHANNEL_SMS' }, [4, 5]],
      ],
      purpose: () => [
        [{ purpose: 'login' }, [2]],
        [{ purpose: 'log' }, []],
      ],
      sandbox: () => [
        [{ sandbox: true }, [3]],
        [{ sandbox: false }, [0, 1, 2, 4, 5, 6]],
      ],
      recipient: () => [
        [{ recipient: 'Plain@EXAMPLE.com' }, [0]],
        [{ recipient: '+57 300 123 4542' }, [1]],
      ],
      created_after: () => [[{ createdAfter: at[5] }, [5, 6]]],
      created_before: () => [[{ createdBefore: at[2] }, [0, 1]]],
      metadata: () => [
        [{ metadata: { user: 'u-1' } }, [2]],
        [{ metadata: { level: '3', deep: '{"a":1}' } }, [2]],
        [{ metadata: { level: '3', user: 'u-2' } }, []],
      ],
      sponsor_slug: () => [
        [{ sponsorSlug: sponsors[0] }, [4]],
        [{ sponsorSlug: sponsors[1] }, [5]],
        [{ sponsorSlug: 'unknown' }, []],
      ],
    };

    it('has its row here', () => {
      const fields = ListSessionsRequestSchema.fields.map(({ name }) => name);
      expect(['page_size', 'page_token', ...Object.keys(FILTERS)].sort()).toEqual(fields.sort());
    });

    it.each(Object.entries(FILTERS))('returns exactly the sessions it names: %s', async (_, rows) => {
      const all = [6, 5, 4, 3, 2, 1, 0];
      for (const [request, left] of rows()) {
        const wanted = all.filter((index) => left.includes(index)).map((index) => ids[index]);
        expect(await idsOf(call, { pageSize: 100, ...request })).toEqual(wanted);
      }
    });

    it('can be combined with every other', async () => {
      const request = {
        channel: 'CHANNEL_SMS',
        sandbox: false,
        createdAfter: at[5],
        sponsorSlug: sponsors[1],
      };
      expect(await idsOf(call, request)).toEqual([ids[5]]);
      expect(await idsOf(call, { ...request, createdBefore: at[5] })).toEqual([]);
    });
  });

  describe('the pages of ListSessions', () => {
    it('show every session once, also while others are sent and verified', async () => {
      const call = connectJson(service.baseUrl, await newKey(service, 'paging'));
      const before: string[] = [];
      for (let n = 0; n < 9; n++) before.unshift(await send(call));
      const seen: string[] = [];
      let pageToken = '';
      do {
        const { body } = await call(LIST, { pageSize: 2, pageToken });
        seen.push(...body.sessions.map(({ id }: { id: string }) => id));
        pageToken = body.nextPageToken ?? '';
        await send(call);
        await call('otp.v1.OtpService/CancelSession', { sessionId: before.at(-1) });
      } while (pageToken);
      expect(seen).toEqual(before);
    });

    it('are newest first, with twenty sessions by default and a hundred at most', async () => {
      const call = connectJson(service.baseUrl, await newKey(service, 'twenty'));
      for (let n = 0; n < 21; n++) await send(call, { sandbox: true });
      expect(await idsOf(call, {})).toHaveLength(20);
      expect(await idsOf(call, { pageSize: 100 })).toHaveLength(21);
      expect((await call(LIST, { pageSize: 101 })).fields).toEqual(['page_size']);
    });

    it('are refused with other filters, or with an invalid token', async () => {
      const call = connectJson(service.baseUrl, await newKey(service, 'tokens'));
      await send(call);
      await send(call);
      const { nextPageToken: pageToken } = (await call(LIST, { pageSize: 1 })).body;
      expect(await idsOf(call, { pageSize: 1, pageToken })).toHaveLength(1);
      for (const request of [
        { pageToken, purpose: 'login' },
        { pageToken: pageToken.slice(0, -2) },
        { pageToken: 'x' },
      ]) {
        expect((await call(LIST, request)).fields).toEqual(['page_token']);
      }
    });
  });
});
