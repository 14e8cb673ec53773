import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { eventually } from '../../../../support/eventually.js';

/** A message that a vendor took. */
export interface Taken {
  /** The vendor's own id of it. */
  readonly id: string;
  /** What we sent. */
  readonly body: string;
}

/** A vendor that takes every message. */
export interface VendorStub {
  readonly url: string;
  /** The n-th message, counted from 1, once it has come. */
  nth(n: number): Promise<Taken>;
  /** From now on messages are accepted without a response, until the returned function is called. */
  hold(): () => void;
}

interface Words {
  newId(): string;
  accept(id: string): { readonly status: number; readonly body: unknown };
}

/** Starts it on a free port; it ends with the test. */
export async function startVendor({ newId, accept }: Words): Promise<VendorStub> {
  const taken: Taken[] = [];
  let held = Promise.resolve();
  const server = createServer(async (req, res) => {
    const body = await text(req);
    // Another process on this machine that mistakes the port.
    if (req.method !== 'POST') {
      res.writeHead(405).end();
      return;
    }
    const id = newId();
    taken.push({ id, body });
    await held;
    const response = accept(id);
    res.writeHead(response.status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(response.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nth: (n) => eventually(() => taken[n - 1]),
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
  };
}

export const hexId = (prefix: string): string => prefix + randomUUID().replaceAll('-', '');
