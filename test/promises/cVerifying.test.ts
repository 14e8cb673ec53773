import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseId } from '../../server/domain/ids.js';
import { bearer, type Rest, restClient } from '../support/rest.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { deliveredCode } from '../wire/support/delivered.js';
import { wrongCodes } from './support/beneficiaryApi.js';
import {
  messagingApi,
  newPhone,
  PRINTED,
  request,
  requested,
  shown,
  verify,
} from './support/messagingApi.js';

const service = serviceForSuite();
let api: Rest;
beforeAll(async () => {
  api = await messagingApi(service);
});

/** A session whose five attempts are used up. */
async function locked() {
  const session = await requested(service, api);
  for (const attempt of wrongCodes(session.code, 5)) await verify(api, session.sessionId, attempt);
  return session;
}

describe('the credential', () => {
  it('C1 is the API key as a Bearer, without which nothing is verified', async () => {
    const { sessionId, code } = await requested(service, api);
    const strangers = {
      'no key': {},
      'an unknown key': bearer(`sk_otp_live_${'A'.repeat(43)}`),
      nonsense: bearer('YOUR_API_KEY'),
      'a key in another header': { 'x-api-key': service.liveKey },
      'a key by another scheme': { authorization: `Basic ${service.liveKey}` },
      'the session': bearer(sessionId),
    };
    for (const [who, headers] of Object.entries(strangers)) {
      const { status, body } = await verify(restClient(service.baseUrl, headers), sessionId, code);
      expect({ who, status, body }).toEqual({
        who,
        status: 401,
        body: {
          success: false,
          message: 'A valid credential is required.',
          data: null,
          code: 'UNAUTHENTICATED',
        },
      });
    }
    expect(shown(await verify(api, sessionId, wrongCodes(code, 1)[0]!))).toEqual(PRINTED.INVALID(sessionId));
    expect(shown(await verify(api, sessionId, code))).toEqual(PRINTED.APPROVED(sessionId));
  });
});

describe('a request', () => {
  it('C2 delivers a code by SMS and returns the sessionId that verify takes', async () => {
    const dest = newPhone();
    const { status, body } = await request(api, dest);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      message: 'OTP sent successfully',
      data: {
        sessionId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        expiresInSeconds: 300,
        attemptsLeft: 5,
        reused: false,
      },
    });
    const { sessionId } = body.data;
    const code = await deliveredCode(service, sessionId, 'sms');
    const other = await requested(service, api);
    const messages = (await service.inbox()).filter(({ to }) => to === dest);
    expect(messages).toMatchObject([{ channel: 'sms', session_id: sessionId }]);
    expect((await verify(api, sessionId, code)).status).toBe(200);
    expect((await verify(api, other.sessionId, other.code)).status).toBe(200);
  });

  it('C3 needs sessionId and code, both strings', async () => {
    const { sessionId, code } = await requested(service, api);
    const malformed: [object, string[]][] = [
      [{ code }, ['sessionId']],
      [{}, ['sessionId']],
      [{ sessionId, code: Number(code) }, ['code']],
      [{ sessionId: 17, code }, ['sessionId']],
      [{ sessionId: null, code }, ['sessionId']],
      [{ sessionId, code: [code] }, ['code']],
      [{ sessionId: '', code }, ['sessionId']],
    ];
    for (const [given, fields] of malformed) {
      const { status, body } = await api.post('/v1/messaging/otp/verify', given);
      expect({ status, ...body }).toEqual({
        status: 400,
        success: false,
        message: expect.stringContaining(fields[0]!),
        data: null,
        code: 'INVALID_REQUEST',
        errors: fields.map((field) => ({ field, message: expect.any(String) })),
      });
    }
    expect((await verify(api, sessionId, code)).status).toBe(200);
  });

  it('C3, P10 takes no code for a wrong one, which uses no attempt', async () => {
    const { sessionId, code } = await requested(service, api);
    for (const given of [{}, { code: '' }, { code: null }, { code: ' \u200b - ' }]) {
      for (let n = 0; n < 3; n++) {
        const response = await api.post('/v1/messaging/otp/verify', { sessionId, ...given });
        expect(shown(response)).toEqual(PRINTED.INVALID(sessionId));
      }
    }
    expect(shown(await verify(api, sessionId, code))).toEqual(PRINTED.APPROVED(sessionId));
  });
});

describe('a verification', () => {
  it('C4 with the right code returns the documented body', async () => {
    const { sessionId, code } = await requested(service, api);
    expect(shown(await verify(api, sessionId, code))).toEqual({
      status: 200,
      body: {
        success: true,
        message: 'OTP verification successful',
        data: { sessionId, status: 'APPROVED', verified: true, message: 'OTP verified successfully' },
      },
    });
  });

  it('C5 has one shape for each of its six outcomes, and verified is true only on success', async () => {
    const used = await requested(service, api);
    await verify(api, used.sessionId, used.code);
    const expired = await requested(service, api);
    service.clock.advance(300_000);
    const wrong = await requested(service, api);
    const exhausted = await locked();
    const unknown = randomUUID();
    const fresh = await requested(service, api);
    const outcomes = [
      ['APPROVED', fresh.sessionId, fresh.code],
      ['INVALID', wrong.sessionId, wrongCodes(wrong.code, 1)[0]!],
      ['EXPIRED', expired.sessionId, expired.code],
      ['MAX_ATTEMPTS_REACHED', exhausted.sessionId, exhausted.code],
      ['ALREADY_USED', used.sessionId, used.code],
      ['NOT_FOUND', unknown, '123456'],
    ] as const;
    for (const [outcome, sessionId, code] of outcomes) {
      const response = await verify(api, sessionId, code);
      expect(shown(response)).toEqual(PRINTED[outcome](sessionId));
      expect(Object.keys(response.body)).toEqual(['success', 'message', 'data']);
      expect(Object.keys(response.body.data)).toEqual(['sessionId', 'status', 'verified', 'message']);
      expect(response.body.data.verified).toBe(outcome === 'APPROVED');
    }
  });

  it('C6 with a wrong code is INVALID and does not use up the OTP', async () => {
    const { sessionId, code } = await requested(service, api);
    expect(shown(await verify(api, sessionId, wrongCodes(code, 1)[0]!))).toEqual({
      status: 400,
      body: {
        success: false,
        message: 'Invalid OTP',
        data: { sessionId, status: 'INVALID', verified: false, message: 'Invalid OTP' },
      },
    });
    expect((await verify(api, sessionId, code)).status).toBe(200);
  });

  it('C7 past its validity is EXPIRED and stays so; a new request helps', async () => {
    const intime = await requested(service, api);
    const { sessionId, code } = await requested(service, api);
    service.clock.advance(299_000);
    expect((await verify(api, intime.sessionId, intime.code)).status).toBe(200);
    service.clock.advance(1_000);
    const expired = {
      status: 410,
      body: {
        success: false,
        message: 'OTP expired',
        data: { sessionId, status: 'EXPIRED', verified: false, message: 'OTP expired' },
      },
    };
    expect(shown(await verify(api, sessionId, code))).toEqual(expired);
    const next = await requested(service, api);
    expect(next.sessionId).not.toBe(sessionId);
    expect((await verify(api, next.sessionId, next.code)).status).toBe(200);
    expect(shown(await verify(api, sessionId, code))).toEqual(expired);
  });

  it('C8 beyond its attempts is MAX_ATTEMPTS_REACHED, also with the right code', async () => {
    const { sessionId, code } = await locked();
    for (const attempt of [code, ...wrongCodes(code, 2)]) {
      expect(shown(await verify(api, sessionId, attempt))).toEqual({
        status: 423,
        body: {
          success: false,
          message: 'Maximum verification attempts reached',
          data: {
            sessionId,
            status: 'MAX_ATTEMPTS_REACHED',
            verified: false,
            message: 'Maximum verification attempts reached',
          },
        },
      });
    }
  });

  it('C9 allows five wrong codes; the sixth attempt is refused, also with the right code', async () => {
    const { sessionId, code } = await requested(service, api);
    const statuses: number[] = [];
    for (const attempt of [...wrongCodes(code, 5), code]) {
      statuses.push((await verify(api, sessionId, attempt)).status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 423]);
    const four = await requested(service, api);
    for (const attempt of wrongCodes(four.code, 4)) await verify(api, four.sessionId, attempt);
    expect((await verify(api, four.sessionId, four.code)).status).toBe(200);
  });

  it('C10 a second time is ALREADY_USED, past the expiry too', async () => {
    const { sessionId, code } = await requested(service, api);
    expect((await verify(api, sessionId, code)).status).toBe(200);
    const used = {
      status: 409,
      body: {
        success: false,
        message: 'OTP already used',
        data: { sessionId, status: 'ALREADY_USED', verified: false, message: 'OTP already verified' },
      },
    };
    expect(shown(await verify(api, sessionId, code))).toEqual(used);
    expect(shown(await verify(api, sessionId, wrongCodes(code, 1)[0]!))).toEqual(used);
    service.clock.advance(300_000);
    expect(shown(await verify(api, sessionId, code))).toEqual(used);
  });

  it('C12 of an unknown session is NOT_FOUND, for any text given as an id', async () => {
    const { sessionId: real } = await requested(service, api);
    const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    const unknown = [
      randomUUID(),
      'feab6011-2469-4804-ace5-ee9dcb5b9ef2',
      'not-a-uuid',
      real.slice(0, -1),
      `${real} `,
      real.replaceAll('-', ''),
      'x'.repeat(128),
      '\u0000',
      'ana@example.com',
      service.liveKey,
    ];
    for (const sessionId of unknown) {
      expect(parseId(sessionId)).not.toBe(real);
      expect(shown(await verify(api, sessionId, '123456'))).toEqual({
        status: 404,
        body: {
          success: false,
          message: 'OTP session not found',
          data: {
            sessionId: UUID.test(sessionId) ? sessionId : '',
            status: 'NOT_FOUND',
            verified: false,
            message: 'OTP session not found',
          },
        },
      });
    }
  });
});
