import { verify } from '@node-rs/argon2';
import { handleRequests } from './requests.js';

/** What to hash, how often, and how many at once. */
export interface RawHashing {
  /** A PHC string: it names the parameters. */
  readonly phc: string;
  readonly code: string;
  /** Base64. */
  readonly secret: string;
  readonly times: number;
  readonly inFlight: number;
}

/** The hash alone: what Verify could reach if everything else cost nothing. */
handleRequests({
  async hash({ phc, code, secret, times, inFlight }: RawHashing) {
    const options = { secret: Buffer.from(secret, 'base64') };
    let left = times;
    const lanes = Array.from({ length: inFlight }, async () => {
      while (left-- > 0) {
        if (!(await verify(phc, code, options))) throw new Error('the hash is not that of the code');
      }
    });
    await Promise.all(lanes);
  },
});

// Nothing else keeps this process alive.
process.channel?.ref();
