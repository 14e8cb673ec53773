import { describe, expect, it } from 'vitest';
import { circles, emptyRooms, forbiddenImports, withoutRoom } from '../../tools/layers/check.js';
import { importsIn, serverImports } from '../../tools/layers/imports.js';

const server = serverImports();
/** The server with one more file, or another text of one. */
const withFile = (file: string, text: string) => new Map([...server, [file, importsIn(file, text)]]);

describe('the import order of server/', () => {
  it('gives every file a room, and every room a file', () => {
    expect(withoutRoom(server)).toEqual([]);
    expect(emptyRooms(server)).toEqual([]);
  });

  it('lets a file import from its own room and the layers below only', () => {
    expect(forbiddenImports(server)).toEqual([]);
  });

  it('has no circle between files, types included', () => {
    expect(circles(server)).toEqual([]);
  });
});

describe('the check of the import order', () => {
  it.each([
    ["import { createSend } from '../otp/send.js';", 'server/otp/send.ts'],
    ["import type { Call } from '../call/call.js';", 'server/call/call.ts'],
    ["export { compose } from '../compose/index.js';", 'server/compose/index.ts'],
    ["export * from '../main.js';", 'server/main.ts'],
    ["export const load = () => import('../session/limits.js');", 'server/session/limits.ts'],
    ["export type Seen = import('../session/stored.js').StoredSession;", 'server/session/stored.ts'],
  ])('refuses an upward import: %s', (text, target) => {
    const file = 'server/domain/added.ts';
    expect(forbiddenImports(withFile(file, text))).toContain(`${file} → ${target}`);
  });

  it('refuses an import from another room of the same layer', () => {
    const file = 'server/guard/added.ts';
    const text = "import { createWebhooks } from '../webhooks/webhooks.js';";
    expect(forbiddenImports(withFile(file, text))).toContain(`${file} → server/webhooks/webhooks.ts`);
  });

  it('refuses an import of tests, tools or clients', () => {
    const file = 'server/compose/added.ts';
    const text = "import { eventually } from '../../test/support/eventually.js';";
    expect(forbiddenImports(withFile(file, text))).toContain(`${file} → test/support/eventually.ts`);
  });

  it('allows packages, generated code, the own room and the layers below', () => {
    const file = 'server/otp/added.ts';
    const text = `
      import { create } from '@bufbuild/protobuf';
      import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
      import { createSend } from './send.js';
      import type { Mode } from '../domain/mode.js';`;
    const before = forbiddenImports(server);
    expect(forbiddenImports(withFile(file, text))).toEqual(before);
  });

  it('finds circles of two files and of more, of types as well', () => {
    const files = new Map([
      ['server/domain/a.ts', importsIn('server/domain/a.ts', "import type { B } from './b.js';")],
      ['server/domain/b.ts', importsIn('server/domain/b.ts', "import { c } from './c.js';")],
      ['server/domain/c.ts', importsIn('server/domain/c.ts', "export * from './a.js';")],
      ['server/domain/d.ts', importsIn('server/domain/d.ts', "import { a } from './a.js';")],
    ]);
    expect(circles(files)).toEqual([['server/domain/a.ts', 'server/domain/b.ts', 'server/domain/c.ts']]);
  });

  it('finds files that have no room', () => {
    expect(withoutRoom(withFile('server/elsewhere/added.ts', ''))).toEqual(['server/elsewhere/added.ts']);
  });
});
