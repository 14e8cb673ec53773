import { openEmbedded } from '../../../../../server/store/embedded.js';
import { THINGS, type Thing } from '../../../../storeContract/documents.js';

/** Takes from the shared counter until it is empty, and prints how often it could. */
const [dataDir] = process.argv.slice(2);
const documents = await openEmbedded({ dataDir: dataDir!, collections: [THINGS], ttl: false });
const things = documents.collection<Thing>('things');

let taken = 0;
for (let more = true; more; ) {
  const round = await Promise.all(
    Array.from({ length: 8 }, () =>
      things.findOneAndUpdate({ _id: 'counter', left: { $gt: 0 } }, { $inc: { left: -1 } }),
    ),
  );
  taken += round.filter((result) => result !== null).length;
  more = round.every((result) => result !== null);
}
await documents.close();
console.log(taken);
