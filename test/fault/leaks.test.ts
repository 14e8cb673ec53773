import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BSON, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeyring, PURPOSES } from '../../server/secrets/keyring/keyring.js';
import { parseMasterKeys } from '../../server/secrets/keyring/masterKeys.js';
import { type Collector, startCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type RecordingSmtp, startRecordingSmtp } from '../support/recordingSmtp.js';
import { seededRandom } from '../support/seededRandom.js';
import { startService, type TestService } from '../support/service.js';
import { findings, type Secret } from './support/finding.js';
import { type Day, wholeDay } from './support/wholeDay.js';

const MASTER = randomBytes(32);
const PASSWORD = 'smtp-password-of-the-test';

function suite(
  env: () => Readonly<Record<string, string>>,
  dump: (dataDir: string) => Promise<Record<string, Buffer>>,
) {
  let smtp: RecordingSmtp;
  let collector: Collector;
  let service: TestService;
  let day: Day;
  let secrets: Secret[];
  /** What was stored, while the service ran and when it had stopped. */
  let stored: Record<string, Buffer>;

  beforeAll(async () => {
    smtp = await startRecordingSmtp({ password: PASSWORD });
    collector = await startCollector();
    service = await startService({
      env: {
        OTP_SMTP_URL: `smtp://user:${PASSWORD}@127.0.0.1:${smtp.port}`,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTP_MASTER_KEYS: `1:${MASTER.toString('base64')}`,
        ...env(),
      },
    });
    day = await wholeDay(service, smtp);
    const keys = await ringKeys(service);
    secrets = [
      ...day.secrets,
      ...keys,
      { kind: 'master key', value: MASTER.toString('latin1') },
      { kind: 'SMTP password', value: PASSWORD },
    ];
    stored = await dump(service.dataDir);
  }, 120_000);
  afterAll(async () => {
    await service.stop();
    await smtp.close();
    await collector.close();
  });

  it('nothing of it is in the log', () => {
    const logged = service.logged();
    // It says a lot all the same.
    expect(logged.split('\n').length).toBeGreaterThan(150);
    expect(logged).toMatch(/"reason":"INVALID_CODE"/);
    expect(logged).toMatch(/"error":"WRONG_RECIPIENT"/);
    expect(findings(secrets, { 'the log': logged })).toEqual([]);
  });

  it('nothing of it is in the database', () => {
    expect(Object.keys(stored).length).toBeGreaterThanOrEqual(1);
    const all = Buffer.concat(Object.values(stored)).toString('latin1');
    // It is all there, unreadable: masked addresses, sessions, sealed messages.
    expect(all).toContain('+57 301 *** ** ');
    expect(all).toContain('l***x@example.com');
    expect(findings(secrets, stored)).toEqual([]);
  });

  it('nothing of it is in any error', () => {
    const errors = day.exchanges.filter(({ status }) => status >= 400);
    expect(errors.length).toBeGreaterThan(40);
    for (const transport of ['native', 'operator', 'oauth', 'A', 'B', 'C', 'bad']) {
      const text = errors.filter((one) => one.transport === transport).map((one) => one.text);
      expect(text.length, transport).toBeGreaterThan(0);
      expect(findings(secrets, { [`an error of ${transport}`]: text.join('\n') })).toEqual([]);
    }
  });

  it('no response to a caller holds an address, a key or a live code', () => {
    const responses = day.exchanges.filter(({ transport }) => ['native', 'A', 'B', 'C'].includes(transport));
    const never = secrets.filter(
      ({ kind }) => !['sandbox code', 'session token', 'verification token'].includes(kind),
    );
    const handedOut = never.filter(({ kind }) => kind !== 'signature of a session token');
    expect(findings(handedOut, { 'a response': responses.map(({ text }) => text).join('\n') })).toEqual([]);
  });

  it('nothing of it is in what webhook endpoints receive', () => {
    expect(day.webhooks.length).toBeGreaterThan(50);
    expect(day.webhooks.join('\n')).toContain('l***x@example.com');
    expect(findings(secrets, { 'a webhook': day.webhooks.join('\n') })).toEqual([]);
  });

  it('nothing of it is in the metrics', async () => {
    const response = await fetch(`${service.baseUrl}/metrics`);
    expect(findings(secrets, { 'the metrics': await response.text() })).toEqual([]);
  });

  it('nothing of it is in the traces', async () => {
    // A last call, with whose spans all those before it have come.
    const trace = randomBytes(16).toString('hex');
    const traceparent = `00-${trace}-${'1'.repeat(16)}-01`;
    await fetch(`${service.baseUrl}/otp.v1.OtpService/ListSessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: '{}',
    });
    await eventually(() => collector.spans().some(({ traceId }) => traceId === trace));
    const names = new Set(collector.spans().map(({ name }) => name));
    expect([...names]).toEqual(expect.arrayContaining(['deliver', 'hash code', 'compare code']));
    expect(names.size).toBeGreaterThan(20);
    const bodies = collector.requests.map(({ body }) => body).join('\n');
    expect(findings(secrets, { 'the traces': bodies })).toEqual([]);
  });

  it('nothing of it is in what a person sees of the service itself', async () => {
    for (const path of ['/openapi.json', '/readyz', '/healthz']) {
      const response = await fetch(service.baseUrl + path);
      expect(findings(secrets, { [path]: await response.text() })).toEqual([]);
    }
  });

  it('what was looked for can be found: it is where it belongs', async () => {
    const inbox = JSON.stringify(await service.inbox());
    const mails = smtp.mails.map(({ parsed, to }) => `${to} ${parsed.text}`).join('\n');
    const delivered = { 'inbox and mailboxes': inbox + mails };
    const kinds = new Set(findings(secrets, delivered).map((found) => found.split(' (')[0]));
    expect([...kinds]).toEqual(expect.arrayContaining(['code', 'mailbox', 'phone']));
  });
}

/** The keys that everything stands on, unwrapped. */
async function ringKeys(service: TestService): Promise<Secret[]> {
  const { documents, clock } = service;
  const masters = parseMasterKeys(`1:${MASTER.toString('base64')}`);
  const keyring = await openKeyring({ documents, masters, clock, random: seededRandom('leaks') });
  return PURPOSES.flatMap((purpose) =>
    keyring
      .keys(purpose)
      .all()
      .map(({ secret }) => ({ kind: `${purpose} key`, value: secret.export().toString('latin1') })),
  );
}

describe('after a day on the embedded store', () => {
  suite(
    () => ({}),
    async (dataDir) => {
      const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const contents: Record<string, Buffer> = {};
      for (const { parentPath, name } of files) {
        const path = join(parentPath, name);
        // Only SQLite may open the empty file by whose lock a process is known to live.
        if ((await stat(path)).size > 0) contents[relative(dataDir, path)] = await readFile(path);
      }
      expect(Object.keys(contents)).toEqual(
        expect.arrayContaining([
          'countersign.db',
          'countersign.db-wal',
          expect.stringMatching(/^proc\/.*\.sent$/),
        ]),
      );
      return contents;
    },
  );
});

describeWithMongo('after a day on MongoDB', (mongodb) => {
  const name = freshDatabase();
  afterAll(() => mongodb.drop(name));
  suite(
    () => ({ MONGODB_URI: mongodb.uri(name) }),
    async () => {
      const client = new MongoClient(mongodb.uri(name));
      const collections = await client.db(name).listCollections().toArray();
      const dumped: Record<string, Buffer> = {};
      for (const { name: collection } of collections) {
        const documents = await client.db(name).collection(collection).find().toArray();
        dumped[collection] = Buffer.concat(
          documents.map((document) => Buffer.from(BSON.serialize(document))),
        );
      }
      await client.close();
      return dumped;
    },
  );
});
