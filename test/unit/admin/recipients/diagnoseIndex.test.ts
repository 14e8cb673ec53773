import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COLLECTIONS } from '../../../../server/store/collections.js';
import type { FindOptions } from '../../../../server/store/documents.js';
import { chooseIndex, searchFields } from '../../../../server/store/indexChoice.js';
import { openMongo } from '../../../../server/store/mongo.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { describeWithMongo, freshDatabase } from '../../../support/mongodb.js';
import { startService } from '../../../support/service.js';
import { type Target, wrapOperations } from '../../../support/wrapOperations.js';

/** Of which a person can have many, or a workspace: what a diagnosis reads of them must not grow with the rest. */
const LARGE = ['sessions', 'refusalCounts', 'limits', 'recipientRules', 'audit'];
const NEWEST_FIRST: FindOptions['sort'] = { _id: -1 };

eachEngine((engine) => {
  it('a diagnosis reads each collection by an index or an id, sessions and refusals newest first', async () => {
    let asked: Target[] = [];
    const documents = wrapOperations(await engine.open(), (operation, target) => {
      if (LARGE.includes(target.collection)) asked.push(target);
      return operation();
    });
    const service = await startService({ documents });
    const admin = connectJson(service.baseUrl, service.liveKey);
    const recipient = 'index@example.com';
    await admin('otp.v1.OtpService/Send', { recipients: { email: recipient } });
    const recipientRule = { type: 'RECIPIENT_RULE_TYPE_ALLOW', recipient, note: 'a friend' };
    await admin('otp.admin.v1.RecipientService/CreateRecipientRule', { recipientRule });
    asked = [];
    const { body } = await admin('otp.admin.v1.RecipientService/DiagnoseRecipient', { recipient });
    expect(body.evidence).not.toEqual([]);
    const byRecipient = new Set<string>();
    for (const { collection, name, filter = {} } of asked) {
      if (name !== 'find' && name !== 'deleteMany') {
        if (name !== 'insertOne' && typeof filter._id !== 'string')
          expect(Object.keys(filter), `${collection}.${name}`).toContain('_id');
        continue;
      }
      const spec = COLLECTIONS.find((one) => one.name === collection)!;
      const isTheirs = 'recipients' in filter;
      const { field, onField, onId, direction } = chooseIndex(
        spec,
        searchFields(spec),
        filter,
        isTheirs ? NEWEST_FIRST : undefined,
      );
      expect(onField.length + onId.length, `${collection} ${JSON.stringify(filter)}`).toBeGreaterThan(0);
      if (!isTheirs) continue;
      byRecipient.add(collection);
      expect([collection, field?.path, direction]).toEqual([collection, 'recipients', -1]);
    }
    expect(byRecipient).toEqual(new Set(['sessions', 'refusalCounts']));
    await service.stop();
  });
});

describeWithMongo('on MongoDB', (mongodb) => {
  const name = freshDatabase();
  const client = new MongoClient(mongodb.uri(name));
  beforeAll(async () => {
    await (await openMongo({ uri: mongodb.uri(name) })).close();
  });
  afterAll(async () => {
    await client.close();
    await mongodb.drop(name);
  });

  it.each(['sessions', 'refusalCounts'])(
    'no diagnosis scans %s: the index of recipients is there',
    async (collection) => {
      const stored = client.db(name).collection<{ _id: string; recipients: string[] }>(collection);
      const keys = (await stored.indexes()).map(({ key }) => key);
      expect(keys).toContainEqual({ recipients: 1, _id: -1 });
      // What this one explains is not how it reads.
      if (/secantus/i.test(mongodb.title)) return;
      const filter = { _id: { $gte: 'a/', $lt: 'a0' }, recipients: { $in: ['x', 'y'] } };
      const plan = await stored.find(filter, { sort: { _id: -1 }, limit: 5 }).explain('queryPlanner');
      const text = JSON.stringify(plan.queryPlanner.winningPlan);
      expect(text).toContain('IXSCAN');
      expect(text).not.toContain('COLLSCAN');
    },
  );
});
