import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VENDORS } from '../../../../server/delivery/vendors/index.js';
import { connectJson } from '../../../support/connectJson.js';
import { type Engine, eachEngine } from '../../../support/engines.js';
import { eventually } from '../../../support/eventually.js';
import { startService } from '../../../support/service.js';
import { keyOf } from '../../../support/tenant.js';
import { newRecipients } from '../../delivery/support/delivering.js';
import { PUBLIC_URL, REPORTERS, type Reporter } from '../support/callbacks/reporters.js';
import { responseAfter } from '../support/callbacks/reporting.js';
import { startVendor } from '../support/callbacks/vendorStub.js';

const PROVIDERS = 'otp.admin.v1.ProviderService';

/** What each vendor's environment variables begin with; an account has the rest of their names. */
const PREFIXES: Readonly<Record<string, string>> = {
  twilio: 'OTP_TWILIO_',
  vonage: 'OTP_VONAGE_',
  'whatsapp-cloud': 'OTP_WHATSAPP_',
  'delivery-webhook': 'OTP_DELIVERY_WEBHOOK_',
};

/** Another secret of the same form, as another account with the vendor has. */
const newSecret = ({ provider }: Reporter): string =>
  provider === 'delivery-webhook'
    ? `whsec_${randomBytes(24).toString('base64')}`
    : randomBytes(16).toString('hex');

interface Own {
  readonly workspace: string;
  readonly name: string;
  readonly secret: string;
}

/** A service that has the vendor itself, and beside it two accounts of one workspace and one of another. */
async function startAccounts(engine: Engine, reporter: Reporter) {
  const vendor = await startVendor(reporter);
  const env = reporter.settings(vendor.url);
  const documents = await (await engine.newStore()).open();
  const service = await startService({ documents, env: { OTP_PUBLIC_URL: PUBLIC_URL, ...env } });
  onTestFinished(() => service.stop());
  const operator = connectJson(service.baseUrl, service.liveKey);
  const acme = await keyOf(service, 'acme');
  await keyOf(service, 'globex');
  const { body: listed } = await operator(`${PROVIDERS}/ListProviders`, {});
  const kind = listed.providers.find(({ name }: { name: string }) => name === reporter.provider);

  async function addAccount(workspace: string, name: string): Promise<Own> {
    const secret = newSecret(reporter);
    const maps: Record<'settings' | 'secrets', Record<string, string>> = { settings: {}, secrets: {} };
    for (const one of kind.settings as { name: string; secret?: boolean }[]) {
      const value = env[`${PREFIXES[reporter.provider]}${one.name.toUpperCase()}`];
      if (value === undefined) continue;
      maps[one.secret ? 'secrets' : 'settings'][one.name] = value.replace(reporter.secret, secret);
    }
    const providerAccount = { name, kind: reporter.provider, ...maps };
    const made = await operator(`${PROVIDERS}/CreateProviderAccount`, { workspace, providerAccount });
    expect(made.status, JSON.stringify(made.body)).toBe(200);
    return { workspace, name, secret };
  }

  const own = await addAccount('acme', 'own');
  const other = await addAccount('acme', 'other');
  const foreign = await addAccount('globex', 'own');
  const routed = await acme('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
    workspace: { routes: [{ channel: `CHANNEL_${reporter.channel.toUpperCase()}`, providers: ['own'] }] },
    updateMask: 'routes',
  });
  expect(routed.status, JSON.stringify(routed.body)).toBe(200);

  const shown = async (session: string) => {
    const { body } = await acme('otp.v1.OtpService/GetSession', { sessionId: session });
    const { deliveryState, deliveryError } = body.session.channels[0];
    return [deliveryState.replace('DELIVERY_STATE_', ''), deliveryError].filter(Boolean);
  };
  let messages = 0;
  return {
    own,
    other,
    foreign,
    shown,
    /** Opens a session whose message is sent through the account `own`. */
    async sent() {
      const { status, body } = await acme('otp.v1.OtpService/Send', {
        recipients: newRecipients(reporter.channel),
      });
      expect(status, JSON.stringify(body)).toBe(200);
      const session = body.session.id as string;
      const message = await vendor.nth(++messages);
      await eventually(async () => (await shown(session))[0] === 'ACCEPTED');
      return { session, ...message };
    },
    /** Reports to an account, or with none to the service itself, and gives the status of the response. */
    async report(account: Own | undefined, secret: string, body: string): Promise<number> {
      const path = `/callbacks/${reporter.name}${account ? `/${account.workspace}/${account.name}` : ''}`;
      const headers = reporter.sign({ body, secret, at: service.clock.now(), address: PUBLIC_URL + path });
      const asking = fetch(service.baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': reporter.mediaType, ...headers },
        body,
      });
      return (await responseAfter(service.clock, asking)).status;
    },
  };
}

eachEngine((engine) => {
  describe.each(REPORTERS)('receipts of a workspace’s account with $provider', (reporter) => {
    it('change its messages where its own secret signed them, and nothing with any other secret', async () => {
      const at = await startAccounts(engine, reporter);
      const { own, other, foreign } = at;
      const delivered = await at.sent();
      const report = reporter.report(delivered.id, reporter.delivered[0]!);
      for (const secret of [other.secret, foreign.secret, reporter.secret])
        expect(await at.report(own, secret, report)).toBe(401);
      expect(await at.shown(delivered.session)).toEqual(['ACCEPTED']);
      expect(await at.report(own, own.secret, report)).toBe(200);
      expect(await at.shown(delivered.session)).toEqual(['DELIVERED']);

      const failed = await at.sent();
      const [status, code, error] = reporter.failed[0]!;
      expect(await at.report(own, own.secret, reporter.report(failed.id, status, code))).toBe(200);
      expect(await at.shown(failed.session)).toEqual(['FAILED', error]);
    });

    it('are ignored where they are about a message of another account, or of the service’s own', async () => {
      const at = await startAccounts(engine, reporter);
      const { session, id } = await at.sent();
      const report = reporter.report(id, reporter.delivered[0]!);
      expect(await at.report(at.other, at.other.secret, report)).toBe(200);
      expect(await at.report(at.foreign, at.foreign.secret, report)).toBe(200);
      expect(await at.report(undefined, reporter.secret, report)).toBe(200);
      expect(await at.shown(session)).toEqual(['ACCEPTED']);
    });

    if (reporter.needs.includes('OTP_PUBLIC_URL'))
      it('are asked for at a URL of the account’s own', async () => {
        const at = await startAccounts(engine, reporter);
        const { body } = await at.sent();
        const url = `${PUBLIC_URL}/callbacks/${reporter.name}/acme/own`;
        expect([body, decodeURIComponent(body)].some((text) => text.includes(url))).toBe(true);
      });
  });

  it('every vendor that sends receipts is among those', async () => {
    const reporting = VENDORS.filter(({ receipts }) => receipts).map(({ name }) => name);
    expect(REPORTERS.map(({ provider }) => provider).sort()).toEqual(reporting.sort());
  });
});
