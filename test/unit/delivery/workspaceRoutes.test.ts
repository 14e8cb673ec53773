import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectJson } from '../../support/connectJson.js';
import { ManualClock } from '../../support/manualClock.js';
import { startService, type TestService } from '../../support/service.js';
import { keyOf } from '../../support/tenant.js';
import { ACCEPTED, REFUSED, type Scripted, scriptedProvider } from './support/scripted.js';

const UPDATE = 'otp.admin.v1.WorkspaceService/UpdateWorkspace';

describe('the providers of a channel', () => {
  let first: Scripted;
  let second: Scripted;
  let service: TestService;
  let people = 0;

  beforeEach(async () => {
    const clock = new ManualClock();
    first = scriptedProvider(clock);
    second = scriptedProvider(clock);
    const sms = [
      { ...first.provider, name: 'first' },
      { ...second.provider, name: 'second' },
    ];
    service = await startService({ clock, overrides: { providers: { sms } } });
  });
  afterEach(async () => {
    for (const { provider } of [first, second]) await provider.close();
    await service.stop();
  });

  const route = (call: ReturnType<typeof connectJson>, ...providers: string[]) =>
    call(UPDATE, {
      workspace: { routes: providers.length > 0 ? [{ channel: 'CHANNEL_SMS', providers }] : [] },
      updateMask: 'routes',
    });
  const send = (call: ReturnType<typeof connectJson>) =>
    call('otp.v1.OtpService/Send', { recipients: { sms: `+57300${String(++people).padStart(7, '0')}` } });

  it('are used in the order the workspace sets, for its messages only, until it removes the order', async () => {
    for (const scripted of [first, second]) scripted.always(ACCEPTED);
    const tenant = await keyOf(service, 'routed');
    expect((await route(tenant, 'second', 'first')).status).toBe(200);
    await send(tenant);
    expect((await second.nth(1)).message.workspace).toBe('routed');
    await send(connectJson(service.baseUrl, service.liveKey));
    expect((await first.nth(1)).message.workspace).toBe('default');
    await route(tenant);
    await send(tenant);
    expect((await first.nth(2)).message.workspace).toBe('routed');
    expect(second.attempts).toHaveLength(1);
  });

  it('follow one another when one refuses', async () => {
    const tenant = await keyOf(service, 'routed');
    await route(tenant, 'second', 'first');
    await send(tenant);
    (await second.nth(1)).respond(REFUSED);
    expect((await first.nth(1)).message.id).toBe((await second.nth(1)).message.id);
  });

  it('are only those the workspace names', async () => {
    const tenant = await keyOf(service, 'routed');
    await route(tenant, 'second');
    const { body } = await send(tenant);
    (await second.nth(1)).respond(REFUSED);
    await expect
      .poll(async () => {
        const response = await tenant('otp.v1.OtpService/GetSession', { sessionId: body.session.id });
        return response.body.session.channels[0];
      })
      .toMatchObject({ deliveryState: 'DELIVERY_STATE_FAILED' });
    expect(first.attempts).toEqual([]);
  });
});
