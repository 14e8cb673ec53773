import { expect, it } from 'vitest';
import { countLiving } from '../../../server/maintenance/livingProcesses.js';
import type { StoredProcess } from '../../../server/store/processes/stored.js';
import { eachEngine } from '../../support/engines.js';

eachEngine((engine) => {
  it('counts the processes whose counter rises, and waits for none where none is recorded', async () => {
    const documents = await engine.open();
    expect(await countLiving(documents, () => expect.unreachable())).toBe(0);
    const processes = documents.collection<StoredProcess>('processes');
    const purgeAt = new Date(Date.now() + 3_600_000);
    for (const _id of ['ended', 'living']) await processes.insertOne({ _id, beats: 1, purgeAt });
    const beat = () => processes.findOneAndUpdate({ _id: 'living' }, { $inc: { beats: 1 } });
    expect(await countLiving(documents, beat)).toBe(1);
    expect(await countLiving(documents, async () => {})).toBe(0);
  });
});
