import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../../support/builtServer.js';
import { type Collector, startCollector } from '../../support/collector.js';
import { connectJson } from '../../support/connectJson.js';
import { eventually } from '../../support/eventually.js';
import { startService } from '../../support/service.js';
import { type ServiceProcess, startProcess } from '../../support/serviceProcess.js';
import { scrape } from './support/busyDay.js';

const KEY = randomBytes(24).toString('base64url');

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

const spansCounted = async (baseUrl: string, result: string): Promise<number> => {
  const metric = (await scrape({ baseUrl })).get('countersign_trace_spans_total');
  return metric?.series.find(({ labels }) => labels.result === result)?.value ?? 0;
};

describe('a collector that refuses what it is sent', () => {
  it('costs the spans and one line in the log, and no caller notices', async () => {
    const service = await startService({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    const call = connectJson(service.baseUrl, service.liveKey);
    const { baseUrl } = service;
    collector.behave(400);
    for (const batch of [1, 2]) {
      expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
      await eventually(() => collector.requests.length >= batch);
      await eventually(async () => (await spansCounted(baseUrl, 'lost')) > 0);
    }
    await eventually(async () => (await spansCounted(baseUrl, 'lost')) >= 2);
    expect(await spansCounted(baseUrl, 'exported')).toBe(0);
    collector.behave('well');
    await call('otp.v1.OtpService/ListSessions', {});
    await eventually(async () => (await spansCounted(baseUrl, 'exported')) > 0);
    await service.stop();
    expect(service.logged().match(/the trace collector takes no spans/g)).toHaveLength(1);
    expect(service.logged().match(/the trace collector takes spans again/g)).toHaveLength(1);
  });

  it('and one that never responds holds up neither calls nor the end of the service', async () => {
    collector.behave('silence');
    const service = await startService({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    const call = connectJson(service.baseUrl, service.liveKey);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    await eventually(() => collector.requests.length > 0);
    expect((await call('otp.v1.OtpService/ListSessions', {})).status).toBe(200);
    await service.stop();
  });
});

describe('a process', () => {
  let folder: string;
  let service: ServiceProcess;
  beforeAll(() => builtMain(), 120_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-traces-'));
  });
  afterEach(async () => {
    await service.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** The addresses of all modules that it loaded until its end, which node writes down with what was run of them. */
  async function loadedBy(env: Readonly<Record<string, string>>): Promise<string[]> {
    const NODE_V8_COVERAGE = join(folder, 'coverage');
    service = await startProcess({
      OTP_DATA_DIR: folder,
      OTP_BOOTSTRAP_API_KEY: KEY,
      NODE_V8_COVERAGE,
      ...env,
    });
    const sent = await connectJson(service.baseUrl, KEY)('otp.v1.OtpService/Send', {
      recipients: { email: 'someone@example.com' },
    });
    expect(sent.status).toBe(200);
    expect(await service.end()).toEqual({ code: 0, signal: null });
    const [file] = await readdir(NODE_V8_COVERAGE);
    const { result } = JSON.parse(await readFile(join(NODE_V8_COVERAGE, file!), 'utf8'));
    return (result as { url: string }[]).map(({ url }) => url);
  }

  const libraries = (urls: readonly string[]) => urls.filter((url) => url.includes('/@opentelemetry/'));

  it('without a collector loads nothing of OpenTelemetry', async () => {
    const urls = await loadedBy({});
    expect(urls.some((url) => url.endsWith('/server/observe/log.js'))).toBe(true);
    expect(libraries(urls)).toEqual([]);
  });

  it('exports the spans of its last calls before it stops', async () => {
    expect(libraries(await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }))).not.toEqual([]);
    const names = collector.spans().map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['otp.v1.OtpService/Send', 'hash code', 'insertOne sessions']),
    );
  });
});
