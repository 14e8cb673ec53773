import { type Browser, chromium } from 'playwright-core';
import { systemClock } from '../server/platform/clock.js';
import { findBrowser } from '../test/browser/support/findBrowser.js';
import { connectJson } from '../test/support/connectJson.js';
import { startService, type TestService } from '../test/support/service.js';

/**
 * When each screen is painted first and can be used, on a slow network: `npm run first-paint [rounds]`.
 * The network is the one of the browser's own emulation, which counts no set-up of a connection.
 */
const KBIT_PER_S = 400;
const LATENCY_MS = 400;
const rounds = Number(process.argv[2] ?? 5);

interface Screen {
  readonly name: string;
  readonly url: (service: TestService<never>) => Promise<string> | string;
  /** Is there once its script runs. */
  readonly alive: string;
}

const SCREENS: readonly Screen[] = [
  {
    name: 'Verification page',
    alive: '#countdown:not(:empty)',
    async url({ baseUrl, liveKey }) {
      const call = connectJson(baseUrl, liveKey);
      const { body } = await call('otp.v1.VerificationPageService/CreateVerificationPage', {
        send: { recipients: { email: 'slow@example.com' }, sandbox: true },
        returnUrl: 'https://shop.example.com/back',
      });
      return body.url;
    },
  },
  { name: 'Landing page', alive: 'h1', url: ({ baseUrl }) => baseUrl },
  {
    name: 'Inbox, first visit',
    alive: '.live',
    url: ({ baseUrl, inboxToken }) => `${baseUrl}/inbox#t=${inboxToken}`,
  },
  { name: 'Console, first visit', alive: '#app form', url: ({ baseUrl }) => `${baseUrl}/console` },
];

// As text: what compiles this program adds helpers to functions, which a page has not.

/** Marks when there is such an element: what is asked from outside is late. */
const watchFor = (selector: string) => `(() => {
  const look = () =>
    document.querySelector(${JSON.stringify(selector)}) ? performance.mark('alive') : requestAnimationFrame(look);
  look();
})()`;

const READ = `(() => {
  const at = (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN;
  const loads = ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type));
  return {
    paint: at('first-contentful-paint'),
    alive: at('alive'),
    requests: loads.length,
    bytes: loads.reduce((sum, { transferSize }) => sum + transferSize, 0),
  };
})()`;

interface Times {
  readonly paint: number;
  readonly alive: number;
  readonly bytes: number;
  readonly requests: number;
}

const found = await findBrowser();
if (!found) throw new Error('there is no Chromium here: set CHROMIUM to its path');
const browser = await chromium.launch({
  executablePath: found.executablePath,
  env: { ...process.env, ...found.env } as Record<string, string>,
  args: ['--no-sandbox', '--disable-gpu'],
});
/** As clients/build.mjs has just made them. */
const overrides = { screens: 'dist/screens' };
const service = await startService({ clock: systemClock, overrides });
try {
  await connectJson(service.baseUrl, service.liveKey)('otp.admin.v1.WorkspaceService/UpdateWorkspace', {
    workspace: { returnUrls: ['https://shop.example.com/'] },
    updateMask: 'returnUrls',
  });
  process.stdout.write(
    `| ${KBIT_PER_S} kbit/s, ${LATENCY_MS} ms | first paint | can be used | requests | KB |\n`,
  );
  process.stdout.write('|---|---|---|---|---|\n');
  for (const screen of SCREENS) {
    const all: Times[] = [];
    for (let round = 0; round < rounds; round++) all.push(await measure(browser, screen));
    const { name } = screen;
    const seconds = (of: (times: Times) => number) => (middle(all.map(of)) / 1_000).toFixed(2);
    const { requests, bytes } = all[0]!;
    process.stdout.write(
      `| ${name} | ${seconds(({ paint }) => paint)} s | ${seconds(({ alive }) => alive)} s | ${requests} | ${(bytes / 1_024).toFixed(1)} |\n`,
    );
  }
} finally {
  await browser.close();
  await service.stop();
}

/** One visit with an empty cache. */
async function measure(from: Browser, { url, alive }: Screen): Promise<Times> {
  const address = await url(service as TestService<never>);
  const context = await from.newContext({ viewport: { width: 390, height: 844 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const throughput = (KBIT_PER_S * 1_000) / 8;
    await session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: LATENCY_MS,
      downloadThroughput: throughput,
      uploadThroughput: throughput,
    });
    await page.addInitScript({ content: watchFor(alive) });
    await page.goto(address);
    await page.waitForFunction("performance.getEntriesByName('alive').length > 0");
    return await page.evaluate<Times>(READ);
  } finally {
    await context.close();
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
