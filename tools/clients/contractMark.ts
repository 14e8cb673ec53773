import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Says from which contract, and by which generators, the clients' code was generated. */
const MARK = 'tools/clients/contract.sha256';
const SOURCES = ['clients/go/buf.gen.yaml', 'tools/clients/requirements.txt'];

function current(): string {
  const hash = createHash('sha256');
  const protos = readdirSync('proto/otp', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.proto'))
    .sort()
    .map((name) => join('proto/otp', name));
  for (const path of [...protos, ...SOURCES]) hash.update(`${path}\n`).update(readFileSync(path));
  return `${hash.digest('hex')}\n`;
}

/** Where no toolchain is there to generate the code again, this still finds a contract that has changed since. */
export const isMarked = (): boolean => readFileSync(MARK, 'utf8') === current();

export const mark = (): void => writeFileSync(MARK, current());
