import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ERRORS, Failure, type Reason } from '../../../server/errors.js';
import { embeddedEngine } from '../../support/engines.js';
import { ManualClock } from '../../support/manualClock.js';
import { restClient } from '../../support/rest.js';
import { startService, type TestService } from '../../support/service.js';
import { wrapOperations } from '../../support/wrapOperations.js';
import { expectRefusal, POSTS, REST_APIS, type RestApi } from './support/restApis.js';

const SECRET = 'mongodb://user:hunter2@10.1.2.3:27017 /srv/countersign/data otvt_0123456789';

describe('a store that fails', () => {
  const engine = embeddedEngine();
  let service: TestService;
  let fault: (() => Error) | undefined;
  beforeAll(async () => {
    const clock = new ManualClock();
    const documents = wrapOperations(await engine.open({ clock }), async (operation) => {
      if (fault) throw fault();
      return operation();
    });
    service = await startService({ clock, documents });
  });
  beforeEach(() => {
    fault = undefined;
  });
  afterAll(async () => {
    fault = undefined;
    await service.stop();
  });

  describe.each(POSTS)('responds to POST $path', ({ path, request, restApi }) => {
    const post = () => restClient(service.baseUrl, restApi.credential(service.liveKey)).post(path, request);

    it('with 503 while it cannot be reached, and as before when it can', async () => {
      const before = await post();
      fault = () => new Failure('STORE_UNAVAILABLE', { cause: new Error(SECRET) });
      // What is remembered of the key is forgotten, so that the first look-up fails too.
      service.clock.advance(10_000);
      for (let n = 0; n < 2; n++) {
        const response = await post();
        expectRefusal(restApi, response, { status: 503, reason: 'STORE_UNAVAILABLE' });
        expect(response.text).not.toContain('hunter2');
      }
      fault = undefined;
      expect((await post()).status).toBe(before.status);
    });

    it('with 500 when it fails in an unforeseen way, with the cause in the log alone', async () => {
      fault = () => new TypeError(SECRET);
      service.clock.advance(10_000);
      const response = await post();
      expectRefusal(restApi, response, { status: 500, reason: 'INTERNAL' });
      expect(response.text).toContain('Something went wrong here.');
      for (const [, value] of response.headers) expect(value).not.toContain('hunter2');
      expect(response.text).not.toMatch(/hunter2|TypeError|\.ts|\/srv/);
      const lines = service
        .logged()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { readonly requestId?: string });
      const logged = lines.find(({ requestId }) => requestId === response.headers.get('x-request-id'));
      expect(logged).toMatchObject({ level: 50, err: { message: SECRET } });
    });
  });
});

/** The response of each dialect to each reason; a row without one of its own is the table's default. */
const STATUSES: Readonly<Record<string, Readonly<Partial<Record<Reason, number>>>>> = {
  beneficiary: { INVALID_CODE: 422, SESSION_CONSUMED: 404, ATTEMPTS_EXHAUSTED: 410 },
  multichannel: { CHANNEL_NOT_SUPPORTED: 400, SENDER_NOT_ALLOWED: 400, NO_ADDRESS_ON_FILE: 400 },
  messaging: { CHANNEL_NOT_SUPPORTED: 400, SENDER_NOT_ALLOWED: 400, NO_ADDRESS_ON_FILE: 400 },
  oauth: { PERMISSION_DENIED: 400 },
};

describe.each(REST_APIS)('every reason in the words of the $name API', (restApi: RestApi) => {
  const reasons = Object.keys(ERRORS) as Reason[];

  it.each(reasons)('%s', (reason) => {
    const failure = new Failure(reason, {
      cause: new Error(SECRET),
      violations: [{ field: 'some.field', description: 'must be otherwise' }],
      retryAfterMs: 1,
      attemptsRemaining: 2,
      channel: 'sms',
    });
    const { status, body } = restApi.dialect.refuse(failure, {});
    expect(status).toBe(STATUSES[restApi.name]?.[reason] ?? ERRORS[reason].status);
    expect(restApi.dialect.refusal.parse(body)).toEqual(body);
    expect(restApi.reasonIn(body)).toBe(reason);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });
});
