import { expect } from 'vitest';
import type { StoredSession } from '../../../server/session/stored.js';
import { eventually } from '../../support/eventually.js';
import type { RecordingSmtp } from '../../support/recordingSmtp.js';
import type { TestService } from '../../support/service.js';
import { startWebhookReceiver } from '../../support/webhookReceiver.js';
import type { Secret } from './finding.js';

/** The response that a caller got. */
export interface Exchange {
  readonly transport: string;
  readonly status: number;
  /** Headers and body. */
  readonly text: string;
}

/** All that was said in a day, and all that should have stayed secret. */
export interface Day {
  readonly secrets: readonly Secret[];
  readonly exchanges: readonly Exchange[];
  /** Headers and bodies of what webhook endpoints were sent. */
  readonly webhooks: readonly string[];
}

/**
 * Uses everything the service offers, the wrong way too: every channel and
 * failure, every dialect, operators and strangers, and callers who put secrets
 * where they do not belong.
 */
export async function wholeDay(service: TestService, smtp: RecordingSmtp): Promise<Day> {
  const { baseUrl, clock, liveKey, testKey } = service;
  const secrets: Secret[] = [];
  const exchanges: Exchange[] = [];
  const keep = (kind: string, value: string | undefined): string => {
    expect(value, kind).toBeTruthy();
    secrets.push({ kind, value: value! });
    return value!;
  };
  keep('live key', liveKey);
  keep('test key', testKey);

  let people = 0;
  const email = () => `${keep('mailbox', `leakyperson${++people}x`)}@example.com`;
  const phone = () => `+57${keep('phone', `30${String(12_345_670 + ++people)}`)}`;

  async function exchange(transport: string, method: string, path: string, init: RequestInit = {}) {
    const response = await fetch(baseUrl + path, { method, ...init });
    const body = await response.text();
    const headers = [...response.headers].map((field) => field.join(': ')).join('\n');
    exchanges.push({ transport, status: response.status, text: `${headers}\n${body}` });
    // biome-ignore lint/suspicious/noExplicitAny: the reader knows what was requested.
    let json: any = {};
    try {
      json = JSON.parse(body);
    } catch {}
    return { status: response.status, headers: response.headers, body: json };
  }
  const posting =
    (transport: string, headers: Record<string, string>) =>
    (path: string, message: unknown, more: Record<string, string> = {}) =>
      exchange(transport, 'POST', path, {
        headers: { 'content-type': 'application/json', ...headers, ...more },
        body: typeof message === 'string' ? message : JSON.stringify(message),
      });
  const bearing = (credential: string) => ({ authorization: `Bearer ${credential}` });
  const native = (credential: string) => {
    const post = posting('native', bearing(credential));
    return (method: string, message: unknown, more?: Record<string, string>) =>
      post(`/otp.${method}`, message, more);
  };
  const admin = posting('operator', bearing(liveKey));
  const call = native(liveKey);

  /** The codes of a session as they were delivered, all of them secrets from then on. */
  async function delivered(sessionId: string, count: number): Promise<Record<string, string>> {
    const messages = await eventually(async () => {
      const mine = (await service.inbox()).filter(({ session_id }) => session_id === sessionId);
      return mine.length >= count && mine;
    });
    return Object.fromEntries(
      messages.map(({ channel, text }) => [channel, keep('code', /(?<!\d)\d{4,8}(?!\d)/.exec(text)?.[0])]),
    );
  }
  const mailed = async (address: string) => {
    const mail = await eventually(() => smtp.mails.findLast(({ to }) => to[0] === address));
    return keep('code', /(?<!\d)\d{4,8}(?!\d)/.exec(mail.parsed.text ?? '')?.[0]);
  };
  const wrong = (code: string) => (code.startsWith('0') ? '1' : '0') + code.slice(1);

  // There are listeners: one endpoint fails, one is gone and one belongs to no receiver.
  const receiver = await startWebhookReceiver();
  receiver.respond(500, '/fails');
  receiver.respond(410, '/gone');
  const listen = async (url: string) => {
    const made = await admin('/otp.admin.v1.WebhookService/CreateWebhookEndpoint', {
      webhookEndpoint: { url },
    });
    expect(made.status).toBe(200);
    keep('webhook secret', made.body.secret);
    return made.body.webhookEndpoint.id as string;
  };
  await listen(`${receiver.url}/gone`);
  await listen(`${receiver.url}/fails`);
  await listen('http://127.0.0.1:1/');
  const listener = await listen(`${receiver.url}/`);

  // All channels, every way a session can end.
  for (const fate of ['verified', 'redeemed', 'locked', 'cancelled', 'expired', 'resent']) {
    const recipients = { email: email(), sms: phone(), whatsapp: phone() };
    const requestId = keep('request id', `${recipients.email}-request`);
    const sent = await call('v1.OtpService/Send', {
      recipients,
      requestId,
      addContact: true,
      purpose: 'login',
    });
    expect(sent.status).toBe(200);
    await call('v1.OtpService/Send', { recipients, requestId });
    const sessionId = sent.body.session.id;
    const token = keep('session token', sent.body.sessionToken);
    keep('signature of a session token', token.split('.')[2]);
    const codes = { ...(await delivered(sessionId, 2)), email: await mailed(recipients.email) } as Record<
      string,
      string
    >;
    await call('v1.OtpService/ListSessions', { recipient: recipients.sms });
    await native(token)('v1.OtpService/GetSession', {});
    await call('v1.OtpService/Verify', { sessionId, codes: { email: wrong(codes.email!) } });
    if (fate === 'verified' || fate === 'redeemed') {
      const { body } = await call('v1.OtpService/Verify', { sessionId, codes, requestId });
      const verificationToken = keep('verification token', body.verificationToken);
      const operation = { type: 'payment', id: '1' };
      const redeem = { verificationToken, operation, recipient: recipients.email };
      await call('v1.VerificationTokenService/Introspect', { verificationToken });
      await call('v1.VerificationTokenService/Redeem', { ...redeem, recipient: phone() });
      if (fate === 'redeemed') await call('v1.VerificationTokenService/Redeem', redeem);
      await call('v1.VerificationTokenService/Redeem', {
        ...redeem,
        verificationToken: `${verificationToken}x`,
      });
    } else if (fate === 'locked') {
      for (let n = 0; n < 4; n++)
        await call('v1.OtpService/Verify', { sessionId, codes: { sms: wrong(codes.sms!) } });
    } else if (fate === 'cancelled') await call('v1.OtpService/CancelSession', { sessionId });
    else if (fate === 'expired') clock.advance(300_000);
    else {
      clock.advance(30_000);
      await call('v1.OtpService/Resend', { sessionId });
      await delivered(sessionId, 4);
    }
    await call('v1.OtpService/Verify', { sessionId, codes });
    await call('v1.OtpService/Resend', { sessionId });
  }

  // The sandbox hands its codes only to the caller that opened the session.
  const sandbox = await native(testKey)('v1.OtpService/Send', {
    recipients: { email: email(), sms: phone() },
  });
  for (const code of Object.values<string>(sandbox.body.sandboxCodes)) keep('sandbox code', code);
  keep('session token', sandbox.body.sessionToken);

  // The operator's side.
  const beneficiary = { sponsorSlug: 'acme', beneficiaryId: 'bnf_1', phone: phone(), email: email() };
  await admin('/otp.admin.v1.SponsorService/CreateSponsor', {
    sponsor: { slug: 'acme', displayName: 'Acme', channels: ['CHANNEL_SMS', 'CHANNEL_EMAIL'] },
  });
  await admin('/otp.admin.v1.SponsorService/CreateBeneficiary', { beneficiary });
  await admin('/otp.admin.v1.SponsorService/CreateBeneficiary', {
    beneficiary: { ...beneficiary, phone: `no${phone()}` },
  });
  const created = await admin('/otp.admin.v1.ApiKeyService/CreateApiKey', {
    apiKey: {
      displayName: 'partner',
      scopes: ['otp.send', 'otp.verify', 'tokens.redeem'],
      mode: 'MODE_LIVE',
    },
  });
  const partnerKey = keep('API key', created.body.secret);
  const clientId = created.body.apiKey.id;
  for (const method of [
    'ApiKeyService/ListApiKeys',
    'WorkspaceService/ListWorkspaces',
    'ContactService/ListContacts',
    'SponsorService/ListBeneficiaries',
    'AuditService/ListAuditEntries',
    'WalletService/GetWallet',
  ]) {
    await admin(`/otp.admin.v1.${method}`, method.includes('Beneficiaries') ? { sponsorSlug: 'acme' } : {});
  }
  await admin('/otp.admin.v1.LimitService/ClearRecipientBlock', { recipient: email() });

  // The dialects. A: with an OAuth token.
  const basic = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  });
  const oauth = posting('oauth', {});
  const grant = 'grant_type=client_credentials';
  const granted = await oauth('/v1/oauth/token', grant, basic(partnerKey));
  const accessToken = keep('access token', granted.body.access_token);
  await oauth('/v1/oauth/token', grant, basic(keep('wrong client secret', `${partnerKey}wrong`)));
  await oauth(
    '/v1/oauth/token',
    `${grant}&client_id=${clientId}&client_secret=${partnerKey}&scope=${partnerKey}`,
    {
      'content-type': 'application/x-www-form-urlencoded',
    },
  );
  const a = posting('A', bearing(accessToken));
  for (const channel of ['SMS', 'EMAIL']) {
    const sent = await a('/v1/otp/send', { beneficiary_id: 'bnf_1', sponsor_slug: 'acme', channel });
    expect(sent.status).toBe(200);
    const { otp_id } = sent.body;
    const code =
      channel === 'EMAIL'
        ? await mailed(beneficiary.email)
        : Object.values(await newest(beneficiary.phone))[0]!;
    await a('/v1/otp/validate', { otp_id, code: wrong(code) });
    const { body } = await a('/v1/otp/validate', { otp_id, code });
    const token = keep('verification token', body.otp_verification_token);
    await a('/v1/otp/validate', { otp_id, code });
    const redeem = { otp_verification_token: token, operation: { type: 'DISPENSATION', id: 'd1' } };
    await a('/v1/otp/tokens/redeem', redeem);
    await a('/v1/otp/tokens/redeem', redeem);
  }
  // B and C.
  const b = posting('B', { 'x-api-key': partnerKey });
  const to = { email: email(), sms: phone() };
  const session = await b('/api/v1/otp/send', { channels: ['email', 'sms'], recipients: to });
  expect(session.status).toBe(200);
  const bToken = keep('session token', session.body.session_token);
  const otps = { email: await mailed(to.email), ...(await newest(to.sms)) } as Record<string, string>;
  await b('/api/v1/otp/verify', { token: bToken, otps: { email: wrong(otps.email!) } });
  await b('/api/v1/otp/verify', { token: bToken, otps });
  await b('/api/v1/otp/verify', { token: bToken, otps });
  await b('/api/v1/otp/send', { channels: ['sms'], recipients: { sms: `${keep('phone', '3099887766')}x` } });
  await exchange('B', 'GET', `/api/v1/otp/sessions?recipient=${encodeURIComponent(to.email)}`, {
    headers: { 'x-api-key': liveKey },
  });
  const c = posting('C', bearing(partnerKey));
  const dest = phone();
  const requested = await c('/v1/messaging/otp/request', { dest, src: 'ACME', purpose: 'LOGIN' });
  expect(requested.status).toBe(200);
  const { sessionId } = requested.body.data;
  const { sms = '' } = await newest(dest);
  await c('/v1/messaging/otp/verify', { sessionId, code: wrong(sms) });
  await c('/v1/messaging/otp/verify', { sessionId, code: sms });
  await c('/v1/messaging/otp/verify', { sessionId, code: sms });

  /** The code of the newest message to a phone. */
  async function newest(number: string): Promise<Record<string, string>> {
    const message = await eventually(async () => (await service.inbox()).find((one) => one.to === number));
    return { [message.channel]: keep('code', /(?<!\d)\d{4,8}(?!\d)/.exec(message.text)?.[0]) };
  }

  // Secrets where they do not belong.
  const stray = email();
  const strayCode = keep('code', '73914628');
  const paths = [
    '/v1/otp/validate',
    '/api/v1/otp/verify',
    '/v1/messaging/otp/verify',
    '/otp.v1.OtpService/Verify',
  ];
  for (const path of paths) {
    const post = posting('bad', { ...bearing(partnerKey), 'x-api-key': partnerKey });
    await post(path, `{"code":"${strayCode}","otp_id":"${stray}","sessionId":"${partnerKey}"`);
    await post(path, {
      code: Number(strayCode),
      otp_id: [stray],
      sessionId: { key: partnerKey },
      token: partnerKey,
    });
    await post(path, {
      otp_id: stray,
      sessionId: bToken,
      token: stray,
      code: strayCode,
      otps: { [stray]: strayCode },
    });
    await post(path, strayCode, { 'content-type': stray });
    await post(`${path}?code=${strayCode}&key=${partnerKey}&to=${stray}`, {});
    await posting('bad', bearing(`${partnerKey}${stray}`))(path, {});
    await exchange('bad', 'DELETE', `${path}/${stray}/${partnerKey}/${strayCode}`, {
      headers: bearing(accessToken),
    });
  }
  const bad = {
    recipients: { email: `${stray}\r\nx: y` },
    purpose: stray,
    locale: strayCode,
    config: { codeLength: 99 },
  };
  await call('v1.OtpService/Send', bad);
  await call('v1.OtpService/Send', { recipients: { sms: stray, [stray]: strayCode }, channels: [stray] });
  await call('v1.OtpService/Send', { recipients: { email: email() }, policy: { strategy: partnerKey } });
  await call(`v1.OtpService/${partnerKey}`, {});
  const query = encodeURIComponent(JSON.stringify({ recipient: stray }));
  await exchange('native', 'GET', `/otp.v1.OtpService/ListSessions?encoding=json&message=${query}`, {
    headers: bearing(liveKey),
  });
  await exchange('bad', 'GET', `/inbox.json?${stray}=${strayCode}`);
  await exchange('bad', 'GET', `/${stray}/${partnerKey}`);

  // Providers that fail, and quote what they were given.
  for (const how of [550, 451, 'cut'] as const) {
    smtp.misbehave('rcpt', how);
    const { body } = await call('v1.OtpService/Send', { recipients: { email: email() } });
    await eventually(async () => {
      clock.advance(500);
      const { body: seen } = await call('v1.OtpService/GetSession', { sessionId: body.session.id });
      return seen.session.channels[0].deliveryState === 'DELIVERY_STATE_FAILED';
    });
  }
  smtp.misbehave('rcpt', undefined);

  // Everything under way ends: messages, events, erasing.
  await eventually(async () => {
    clock.advance(1_000);
    const sessions = await service.documents.collection<StoredSession>('sessions').find({}).toArray();
    return sessions.every(({ deliverAt, eventsAt }) => !deliverAt && !eventsAt);
  });
  const webhook = (method: string, message: object = {}) =>
    admin(`/otp.admin.v1.WebhookService/${method}`, { id: listener, ...message });
  await webhook('SendTestEvent');
  await webhook('ListWebhookDeliveries');
  await webhook('ReplayWebhookEvents', { since: new Date(0).toISOString() });
  keep('webhook secret', (await webhook('RotateWebhookSecret')).body.secret);
  await eventually(async () => {
    clock.advance(1_000);
    const { body } = await webhook('ListWebhookDeliveries', { pageSize: 100 });
    return body.deliveries.every(({ waiting = [] }) => waiting.length === 0);
  });
  const webhooks = receiver.received.map(({ headers, body }) => `${JSON.stringify(headers)} ${body}`);
  await receiver.close();
  return { secrets, exchanges, webhooks };
}
