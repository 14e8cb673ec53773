import { codeIn } from '../../../promises/support/multichannelApi.js';
import { eventually } from '../../../support/eventually.js';
import type { TestService } from '../../../support/service.js';

let people = 0;

/** A person's phone and mailbox, which received nothing before. */
export function newPerson() {
  const n = ++people;
  return { phone: `+573${String(40_000_000 + n).padStart(9, '0')}`, email: `reader.${n}@example.com` };
}

/** The code of the newest message on a channel to an address, once `count` have arrived there. */
export async function readCode(
  service: TestService,
  channel: string,
  address: string,
  count = 1,
): Promise<string> {
  const newest = await eventually(async () => {
    const found = (await service.inbox()).filter((one) => one.to === address && one.channel === channel);
    return found.length >= count && found[0];
  });
  return codeIn(newest.text);
}
