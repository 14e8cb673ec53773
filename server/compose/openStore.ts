import type { Config } from '../config/config.js';
import type { Clock } from '../platform/clock.js';
import type { Documents, StoreRefused } from '../store/documents.js';
import { openEmbedded } from '../store/embedded.js';

/** The driver is loaded only where it is used: it doubles the time to start and the memory of an embedded service. */
export async function openStore(
  config: Pick<Config, 'mongodbUri' | 'dataDir'>,
  clock: Clock,
  refused: (why: StoreRefused) => void = () => {},
): Promise<Documents> {
  if (!config.mongodbUri) return openEmbedded({ dataDir: config.dataDir, clock, refused });
  const { openMongo } = await import('../store/mongo.js');
  return openMongo({ uri: config.mongodbUri });
}
