import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebhookEndpointSchema } from '../../gen/otp/admin/v1/webhook_service_pb.js';
import { checkRules } from '../../server/contract/validation.js';
import { OUTBOUND_ERRORS } from '../../server/outbound/outbound.js';
import { systemClock } from '../../server/platform/clock.js';
import { WEBHOOK_LIMITS } from '../../server/webhooks/limits.js';
import { EVENT_TYPES } from '../../tools/docs/webhooks.js';
import { connectJson } from '../support/connectJson.js';
import { startService, type TestService } from '../support/service.js';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
const proto = (await read('proto/otp/admin/v1/webhook_service.proto')).replaceAll(/\n\s*\/\/ /g, ' ');

it('the contract takes the types that are described, and no others', () => {
  const types = Object.keys(EVENT_TYPES);
  const endpoint = create(WebhookEndpointSchema, { url: 'https://example.com/', eventTypes: types });
  expect(() => checkRules(WebhookEndpointSchema, endpoint, '')).not.toThrow();
  const listed = /items\.string = \{\s*in: \[([^\]]*)\]/.exec(proto)?.[1]?.match(/[a-z]+\.[a-z]+/g);
  expect(listed).toEqual(types);
});

it('the comments of the contract name the limits and errors in force', () => {
  const { oldSecretHours, eventDays, replayedAtOnce, retryHours, attemptsKept, disableAfterDays } =
    WEBHOOK_LIMITS;
  for (const said of [
    `For ${oldSecretHours} hours everything is signed with the old secret`,
    `kept for ${eventDays} days, or as long as their session`,
    `up to ${replayedAtOnce.toLocaleString('en')} events`,
    `dropped ${retryHours} hours later`,
    `oldest first, at most ${attemptsKept}`,
  ])
    expect(proto).toContain(said);
  expect(disableAfterDays).toBe(3);
  expect(proto.match(/[Ff]or three days|After three days/g)?.length).toBeGreaterThanOrEqual(2);
  // The body of a response is not read far enough to be too large.
  for (const word of OUTBOUND_ERRORS.filter((one) => one !== 'TOO_LARGE')) expect(proto).toContain(word);
});

let service: TestService<typeof systemClock>;
let receiver: ChildProcess | undefined;
beforeAll(async () => {
  service = await startService({ clock: systemClock });
});
afterAll(async () => {
  receiver?.kill();
  await service.stop();
});

it('the receiver of the page takes what is signed, and refuses what is not', async () => {
  const snippet = /```js\n([\s\S]*?)```/.exec(await read('docs/guides/webhooks.md'))![1]!;
  const call = connectJson(service.baseUrl, service.liveKey);
  const webhooks = (method: string, message: object) =>
    call(`otp.admin.v1.WebhookService/${method}`, message);
  const { body } = await webhooks('CreateWebhookEndpoint', {
    webhookEndpoint: { url: 'http://127.0.0.1:1/' },
  });
  const { id } = body.webhookEndpoint;
  receiver = spawn(process.execPath, ['--input-type=module', '-e', snippet], {
    cwd: new URL('../../', import.meta.url),
    env: { PATH: process.env.PATH, PORT: '0', WEBHOOK_SECRET: body.secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await once(receiver.stdout!, 'data');
  const url = `http://127.0.0.1:${/\d+/.exec(String(first))![0]}/`;
  await webhooks('UpdateWebhookEndpoint', { webhookEndpoint: { id, url }, updateMask: 'url' });
  const tested = await webhooks('SendTestEvent', { id });
  expect(tested.body.attempt).toMatchObject({ statusCode: 204, accepted: true });
  const other = await webhooks('CreateWebhookEndpoint', { webhookEndpoint: { url } });
  const refused = await webhooks('SendTestEvent', { id: other.body.webhookEndpoint.id });
  expect(refused.body.attempt).toMatchObject({ statusCode: 401 });
});
