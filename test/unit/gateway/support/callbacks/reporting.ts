import { expect, onTestFinished } from 'vitest';
import { Failure } from '../../../../../server/errors.js';
import type { StoredSession } from '../../../../../server/session/stored.js';
import type { StoredDelivery } from '../../../../../server/session/storedDelivery.js';
import { connectJson } from '../../../../support/connectJson.js';
import type { TestStore } from '../../../../support/engines.js';
import { eventually } from '../../../../support/eventually.js';
import { ManualClock } from '../../../../support/manualClock.js';
import { startService, type TestService } from '../../../../support/service.js';
import { type Target, wrapOperations } from '../../../../support/wrapOperations.js';
import { newRecipients, passing } from '../../../delivery/support/delivering.js';
import { PUBLIC_URL, type Reporter } from './reporters.js';
import { startVendor, type VendorStub } from './vendorStub.js';

/** What of a report is not as it should be. */
interface Otherwise {
  readonly secret?: string;
  /** Milliseconds. */
  readonly at?: number;
  readonly address?: string;
  /** Sent in place of what was signed. */
  readonly body?: string;
  /** Behind the address. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service that sends by a vendor with delivery receipts. */
export interface Reporting {
  readonly service: TestService;
  readonly clock: ManualClock;
  readonly vendor: VendorStub;
  readonly call: ReturnType<typeof connectJson>;
  /** Operations on the store so far, but for the polls of the queues, which come at any time. */
  operations(): number;
  /** From now on the store cannot be reached; or it can again. */
  loseStore(lost: boolean): void;
  /** Opens a session whose message the vendor takes and gives the ids of both. */
  sent(more?: object): Promise<{ readonly session: string; readonly id: string }>;
  stored(session: string): Promise<StoredSession>;
  delivery(session: string): Promise<StoredDelivery>;
  /** Sends a callback signed by hand. */
  post(body: string, otherwise?: Otherwise): Promise<Response>;
}

const POLLED = ['deliverKey', 'eventsKey', 'dueKey'];
const isPoll = ({ filter = {} }: Target): boolean => POLLED.some((key) => key in filter);

/** Starts one; it ends with the test. */
export async function startReporting(
  store: TestStore,
  reporter: Reporter,
  env: Readonly<Record<string, string>> = {},
): Promise<Reporting> {
  const vendor = await startVendor(reporter);
  const clock = new ManualClock();
  let operations = 0;
  let lost = false;
  const documents = await store.open({ clock });
  const service = await startService({
    clock,
    documents: wrapOperations(documents, async (operation, target) => {
      if (!isPoll(target)) operations++;
      if (lost) throw new Failure('STORE_UNAVAILABLE');
      return operation();
    }),
    env: { ...reporter.settings(vendor.url), ...env },
  });
  onTestFinished(() => service.stop());
  const call = connectJson(service.baseUrl, service.liveKey);
  const stored = async (session: string) =>
    (await documents.collection<StoredSession>('sessions').findOne({ _id: `default/${session}` }))!;
  const delivery = async (session: string) => (await stored(session)).channels[reporter.channel]!.delivery;
  let messages = 0;
  return {
    service,
    clock,
    vendor,
    call,
    operations: () => operations,
    loseStore(now) {
      lost = now;
    },
    async sent(more = {}) {
      const recipients = newRecipients(reporter.channel);
      const response = await call('otp.v1.OtpService/Send', { recipients, ...more });
      expect(response.status, JSON.stringify(response.body)).toBe(200);
      const session = response.body.session.id as string;
      const { id } = await vendor.nth(++messages);
      await eventually(async () => (await delivery(session)).state === 'ACCEPTED');
      return { session, id };
    },
    stored,
    delivery,
    post(body, otherwise = {}) {
      const { secret = reporter.secret, at = clock.now(), query = '' } = otherwise;
      const path = `/callbacks/${reporter.name}${query}`;
      const { address = PUBLIC_URL + path } = otherwise;
      const headers = reporter.sign({ body, secret, at, address });
      return fetch(service.baseUrl + path, {
        method: 'POST',
        headers: { 'content-type': reporter.mediaType, ...headers, ...otherwise.headers },
        body: otherwise.body ?? body,
      });
    },
  };
}

/** The response to a request, with time passing until it arrives. */
export async function responseAfter(clock: ManualClock, asking: Promise<Response>): Promise<Response> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  asking.then(over, over);
  await passing(clock, () => isOver);
  return asking;
}
