import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { AuditService, VerifyAuditLogResponseSchema } from '../../gen/otp/admin/v1/audit_service_pb.js';
import {
  type ReplayWebhookEventsRequest,
  ReplayWebhookEventsResponseSchema,
  WebhookService,
} from '../../gen/otp/admin/v1/webhook_service_pb.js';
import type { Connection } from '../../server/cli/connection.js';
import { callThrough, isContinued } from '../../server/cli/resources/callMethod.js';

it('a replay goes on until every event is queued, and counts those of all its calls', async () => {
  const parts = [
    { replayed: 990, pending: 10, nextPageToken: 'a' },
    { replayed: 0, pending: 1_000, nextPageToken: 'b' },
    { replayed: 7, pending: 1, nextPageToken: '' },
  ];
  const asked: ReplayWebhookEventsRequest[] = [];
  const connection = {
    client: () => ({
      replayWebhookEvents: async (request: ReplayWebhookEventsRequest) => {
        asked.push(request);
        return create(ReplayWebhookEventsResponseSchema, parts[asked.length - 1]!);
      },
    }),
  } as unknown as Connection;
  const request = { id: 'endpoint', since: '2030-01-15T12:00:00Z' };
  const response = await callThrough(connection, WebhookService.method.replayWebhookEvents, request);
  expect(response).toMatchObject({ replayed: 997, pending: 1_011, nextPageToken: '' });
  expect(asked.map(({ id, pageToken }) => [id, pageToken])).toEqual([
    ['endpoint', ''],
    ['endpoint', 'a'],
    ['endpoint', 'b'],
  ]);
});

it('the audit log is verified to its end, and lists are not continued so', async () => {
  const parts = [
    { whole: true, checked: 1_000n, hash: 'one', nextPageToken: 'a' },
    { whole: true, checked: 5n, hash: 'two' },
  ];
  const connection = {
    client: () => ({ verifyAuditLog: async () => create(VerifyAuditLogResponseSchema, parts.shift()!) }),
  } as unknown as Connection;
  expect(await callThrough(connection, AuditService.method.verifyAuditLog, {})).toMatchObject({
    whole: true,
    checked: 1_005n,
    hash: 'two',
  });
  expect(isContinued(WebhookService.method.listWebhookDeliveries)).toBe(false);
});
