import { create, type DescMethod, type MessageInitShape } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import {
  AuditService,
  type ListAuditEntriesResponse,
  type ListAuditEntriesResponseSchema,
} from '../../../../gen/otp/admin/v1/audit_service_pb.js';
import { createAuditHandlers } from '../../../../server/admin/audit/handlers.js';
import { createAudit } from '../../../../server/admin/shared/audit.js';
import { createAuditChain } from '../../../../server/admin/shared/auditChain.js';
import type { Call } from '../../../../server/call/call.js';
import { isUnary, register } from '../../../../server/call/handlers.js';
import { createIds } from '../../../../server/domain/ids.js';
import { Failure } from '../../../../server/errors.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';
import { contractServices } from '../../../support/services.js';

const METHODS = (await contractServices())
  .filter(({ typeName }) => typeName.startsWith('otp.admin.'))
  .flatMap(({ methods }): DescMethod[] => methods)
  .filter(isUnary);
const pathOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;
const READING = /^(Get|List|Check|Preview|Diagnose|Verify|Simulate|WhoAmI|Find|Export)/;
const CHANGING = METHODS.filter(({ name }) => !READING.test(name));

describe('the audit', () => {
  // By this alone it is decided what is recorded.
  it.each(METHODS.map((method) => [pathOf(method), method] as const))(
    '%s says whether it changes',
    (_, method) => {
      const harmless = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
      expect(harmless).toBe(READING.test(method.name));
    },
  );

  eachEngine((engine) => {
    it('holds every call that changes something, newest first, with who, when, what and how it ended', async () => {
      const clock = new ManualClock();
      const documents = await engine.open({ clock });
      const chain = createAuditChain({ documents, newSalt: () => 'salt', clock });
      const audit = createAudit({ chain, newId: createIds(clock, seededRandom('audit')), clock });
      const principal = { workspace: 'acme', mode: 'live', client: 'key-1', scopes: new Set(['admin']) };
      const call = (method: DescMethod) => ({ method, peer: '192.0.2.1', principal }) as unknown as Call;
      const handlers = new Map(
        audit
          .record(
            METHODS.map((method, nth) =>
              register(method, async (made) => {
                made.resource = `things/${nth}`;
                if (nth % 3 === 0) throw new Failure('NOT_FOUND');
                return {};
              }),
            ),
          )
          .map(({ method, handler }) => [method, handler]),
      );
      const wanted = [];
      for (const [nth, method] of METHODS.entries()) {
        clock.advance(1_000);
        const request = create(method.input, {} as MessageInitShape<typeof method.input>);
        await handlers.get(method)!(call(method), request).catch(() => {});
        if (!CHANGING.includes(method)) continue;
        const outcome = nth % 3 === 0 ? 'NOT_FOUND' : 'OK';
        wanted.unshift({
          method: pathOf(method),
          resource: `things/${nth}`,
          outcome,
          seconds: clock.now() / 1_000,
        });
      }

      const workspaces = { isKnown: async () => true };
      const list = createAuditHandlers({ documents, chain, workspaces, clock }).listAuditEntries;
      const seen: ListAuditEntriesResponse['entries'] = [];
      let pageToken = '';
      do {
        const request = create(AuditService.method.listAuditEntries.input, { pageSize: 7, pageToken });
        const page = (await list(call(AuditService.method.listAuditEntries), request)) as MessageInitShape<
          typeof ListAuditEntriesResponseSchema
        >;
        expect(page.entries!.length).toBeLessThanOrEqual(7);
        seen.push(...(page.entries as typeof seen));
        pageToken = page.nextPageToken!;
      } while (pageToken);
      expect(
        seen.map(({ method, resource, outcome, at }) => ({
          method,
          resource,
          outcome,
          seconds: Number(at!.seconds),
        })),
      ).toEqual(wanted);
      expect(new Set(seen.map(({ actor, peer }) => `${actor} ${peer}`))).toEqual(
        new Set(['key-1 192.0.2.1']),
      );
    });
  });
});
