import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SessionStatus } from '../../gen/otp/v1/session_pb.js';

const diagramOf = async (path: string) => /```mermaid\n([\s\S]*?)```/.exec(await readFile(path, 'utf8'))![1]!;

it('the state diagram of the session is the same in its room and on the page of concepts', async () => {
  expect(await diagramOf('docs/explanation/concepts.md')).toBe(await diagramOf('server/session/README.md'));
});

it('the state diagram has every status of the contract, and REDEEMED besides', async () => {
  const states = [...(await diagramOf('docs/explanation/concepts.md')).matchAll(/[A-Z]{4,}/g)].map(
    ([name]) => name,
  );
  const statuses = Object.keys(SessionStatus).filter(
    (name) => /^[A-Z]+$/.test(name) && name !== 'UNSPECIFIED',
  );
  expect([...new Set(states)].sort()).toEqual([...statuses, 'REDEEMED'].sort());
});
