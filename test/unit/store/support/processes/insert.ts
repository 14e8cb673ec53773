import { openEmbedded } from '../../../../../server/store/embedded.js';
import { THINGS, type Thing } from '../../../../storeContract/documents.js';

/** Inserts documents without end and prints each id once the store has said that it is kept, or why not. */
const [dataDir] = process.argv.slice(2);
const documents = await openEmbedded({ dataDir: dataDir!, collections: [THINGS], ttl: false });
const things = documents.collection<Thing>('things');

for (let n = 0; ; n++) {
  const _id = `w/${n}`;
  try {
    await things.insertOne({ _id, owner: 'child', tags: ['t'], filling: 'x'.repeat(2000) });
    console.log(_id);
  } catch (error) {
    const { reason, details } = error as { reason?: string; details?: { cause?: Error } };
    console.log(`refused ${reason} ${details?.cause?.message}`);
    break;
  }
}
// What was kept before can still be read, and the store still responds.
console.log(`read ${(await things.findOne({ _id: 'w/0' }))?._id}`);
await documents.close();
