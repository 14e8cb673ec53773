import { expect, it } from 'vitest';
import { COLLECTIONS } from '../../../../server/store/collections.js';
import type { Filter } from '../../../../server/store/documents.js';
import { chooseIndex, searchFields } from '../../../../server/store/indexChoice.js';
import { connectJson } from '../../../support/connectJson.js';
import { eachEngine } from '../../../support/engines.js';
import { startService } from '../../../support/service.js';
import { wrapOperations } from '../../../support/wrapOperations.js';

eachEngine((engine) => {
  it('a diagnosis reads sessions and refusals by the index of recipients, newest first, however much else is stored', async () => {
    const asked: { readonly collection: string; readonly filter: Filter }[] = [];
    const documents = wrapOperations(await engine.open(), (operation, { collection, name, filter }) => {
      if (name === 'find' && filter && 'recipients' in filter) asked.push({ collection, filter });
      return operation();
    });
    const service = await startService({ documents });
    const admin = connectJson(service.baseUrl, service.liveKey);
    await admin('otp.v1.OtpService/Send', { recipients: { email: 'index@example.com' } });
    const { body } = await admin('otp.admin.v1.RecipientService/DiagnoseRecipient', {
      recipient: 'index@example.com',
    });
    expect(body.evidence).not.toEqual([]);
    expect(new Set(asked.map(({ collection }) => collection))).toEqual(
      new Set(['sessions', 'refusalCounts']),
    );
    for (const { collection, filter } of asked) {
      const spec = COLLECTIONS.find(({ name }) => name === collection)!;
      const { field, direction } = chooseIndex(spec, searchFields(spec), filter, { _id: -1 });
      expect([collection, field?.path, direction]).toEqual([collection, 'recipients', -1]);
    }
    await service.stop();
  });
});
