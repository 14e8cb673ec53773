import { startShop } from './shop.js';

/**
 * A shop that lets Countersign ask for codes. Start the service with `npm start`, then:
 * COUNTERSIGN_API_KEY=<the live key of the first start> npm run shop
 */
const { COUNTERSIGN_URL = 'http://127.0.0.1:8080', COUNTERSIGN_API_KEY, PORT = '3000' } = process.env;
if (COUNTERSIGN_API_KEY) {
  const { url } = await startShop({
    service: COUNTERSIGN_URL,
    apiKey: COUNTERSIGN_API_KEY,
    port: Number(PORT),
  });
  process.stdout.write(`The shop is open on ${url}\n`);
} else {
  process.stderr.write(
    'COUNTERSIGN_API_KEY must be the live key that the first start of the service printed\n',
  );
  process.exitCode = 64;
}
