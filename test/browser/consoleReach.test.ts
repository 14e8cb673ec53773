import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RULES } from '../../server/limits/rules.js';
import { contractServices } from '../support/services.js';

const ROOT = 'clients/console';
/** Takes the inbox token and no API key: its page is the inbox. */
const INBOX = 'otp.admin.v1.InboxService';

/** Methods of the operator's contract that no page calls, with the reason. At most ten. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  'otp.admin.v1.GuardService/ListRefusedSends': 'deprecated: RecipientService.ListRefusals shows the same',
};

/** All of the console's own text. */
const source = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(ROOT, name), 'utf8'))
  .join('\n');

/** `api.<name>` by the service that it calls. */
const clients = new Map(
  [...source.matchAll(/(\w+): createClient\((\w+), transport\)/g)].map(([, name, service]) => [
    service ?? '',
    name ?? '',
  ]),
);

it('reaches every method of the operator’s contract from the console, but for a few that say why not', async () => {
  const services = (await contractServices()).filter(
    ({ typeName }) => typeName.startsWith('otp.admin.v1.') && typeName !== INBOX,
  );
  const missing = services.flatMap((service) =>
    service.methods
      .filter(({ localName }) => {
        const client = clients.get(service.name);
        const calls = [`api.${client}.${localName}(`, `createClient(${service.name}, bare).${localName}(`];
        return !calls.some((call) => source.replaceAll(/\s+/g, '').includes(call.replaceAll(/\s+/g, '')));
      })
      .map(({ name }) => `${service.typeName}/${name}`),
  );
  expect(missing.sort()).toEqual(Object.keys(NOT_CALLED).sort());
  expect(Object.keys(NOT_CALLED).length).toBeLessThanOrEqual(10);
});

it('has words for every limit', () => {
  expect(Object.keys(RULES).filter((name) => !source.includes(`'${name}': '`))).toEqual([]);
});
