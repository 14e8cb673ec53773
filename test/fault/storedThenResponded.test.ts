import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { builtMain } from '../support/builtServer.js';
import { connectJson } from '../support/connectJson.js';
import { eventually } from '../support/eventually.js';
import { describeWithMongo, freshDatabase } from '../support/mongodb.js';
import { type ServiceProcess, startProcess } from '../support/serviceProcess.js';
import { type WatchedCommand, type WatchedMongo, watchMongo } from '../support/watchedMongo.js';

const KEY = randomBytes(24).toString('base64url');
const timeout = 120_000;

beforeAll(() => builtMain(), 120_000);

let dataDir: string;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-order-'));
  service = undefined;
});
afterEach(async () => {
  await service?.end('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

const settings = () => ({ OTP_DATA_DIR: dataDir, OTP_BOOTSTRAP_API_KEY: KEY, OTP_HASH: 'hmac' });

/** The calls whose response says that something is stored. */
const sendTo = (call: ReturnType<typeof connectJson>) =>
  call('otp.v1.OtpService/Send', { recipients: { email: 'order@example.com' }, sandbox: true });

/** Whether strace is here and may look into the processes it starts. */
const canTrace = spawnSync('strace', ['-D', '-f', '-qq', '-e', 'trace=none', 'true']).status === 0;
const TRACED = 'trace=read,recvfrom,pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync';

describe('on the embedded store, by the calls to the operating system', () => {
  it.runIf(canTrace)(
    'a Send and a right code are on the disk before their response is written',
    {
      timeout,
    },
    async () => {
      const trace = join(dataDir, 'trace');
      service = await startProcess(settings(), {
        through: ['strace', '-D', '-f', '-y', '-s', '48', '-e', TRACED, '-o', trace],
      });
      const call = connectJson(service.baseUrl, KEY);
      const sent = await sendTo(call);
      const verified = await call('otp.v1.OtpService/Verify', {
        sessionId: sent.body.session.id,
        code: sent.body.sandboxCodes.email,
      });
      expect([sent.status, verified.status]).toEqual([200, 200]);
      const { pid } = service.process;
      await service.end();

      const hasEnded = new RegExp(`^${pid}\\s+\\+\\+\\+ exited`, 'm');
      const text = await eventually(async () => {
        const soFar = await readFile(trace, 'utf8');
        return hasEnded.test(soFar) && soFar;
      });
      const events = eventsOf(text);
      for (const request of ['Send', 'Verify'] as const) {
        expect(events).toContain(request);
        const from = events.indexOf(request);
        const between = events.slice(from, events.indexOf('response', from));
        const logged = between.indexOf('logged');
        expect(logged, between.join()).toBeGreaterThan(0);
        expect(between.indexOf('synchronized', logged), between.join()).toBeGreaterThan(logged);
      }
    },
  );

  it.runIf(!canTrace)('is not looked at: strace is missing, or may not trace', () => {});
});

type Event = 'Send' | 'Verify' | 'logged' | 'synchronized' | 'response';

/** What a trace shows of requests, the store's log and responses, in its order. A call counts once it has returned. */
function eventsOf(trace: string): Event[] {
  const unfinished = new Map<string, Event>();
  return trace.split('\n').flatMap((line): Event[] => {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    if (call.startsWith('<... ')) {
      const event = unfinished.get(thread) ?? eventOf(call);
      unfinished.delete(thread);
      return event ? [event] : [];
    }
    const event = eventOf(call);
    if (!event) return [];
    // A response counts from where it begins to be written.
    if (event === 'response' || !call.endsWith('<unfinished ...>')) return [event];
    unfinished.set(thread, event);
    return [];
  });
}

function eventOf(call: string): Event | undefined {
  if (/^f(data)?sync\(\d+<[^>]*-wal>/.test(call)) return 'synchronized';
  if (/^(pwrite64|write)\(\d+<[^>]*-wal>/.test(call)) return 'logged';
  if (call.includes('"HTTP/1.1 200 OK')) return 'response';
  const [, request] = /"POST \/otp\.v1\.OtpService\/(Send|Verify) /.exec(call) ?? [];
  return request as 'Send' | 'Verify' | undefined;
}

describeWithMongo('on MongoDB, by the commands', (mongodb) => {
  let name: string;
  let way: WatchedMongo;
  beforeEach(async () => {
    name = freshDatabase();
    way = await watchMongo(mongodb.uri(name));
  });
  afterEach(async () => {
    await way.close();
    await mongodb.drop(name);
  });

  const WRITES = ['insert', 'update', 'findAndModify', 'delete'];
  const writes = (collection: string) => (command: WatchedCommand) =>
    WRITES.includes(command.name) && command.collection === collection;

  it('a Send and a right code respond once the majority has what they stored, on its disk', {
    timeout,
  }, async () => {
    service = await startProcess({
      ...settings(),
      MONGODB_URI: way.uri,
      OTP_MASTER_KEYS: `1:${randomBytes(32).toString('base64')}`,
    });
    const call = connectJson(service.baseUrl, KEY);
    const held = async <T>(response: Promise<T>): Promise<T> => {
      let hasResponded = false;
      void response.then(() => {
        hasResponded = true;
      });
      await eventually(() => way.keptBack() > 0 || hasResponded);
      // A response that needs no store would have come by now.
      await fetch(`${service!.baseUrl}/healthz`);
      expect(hasResponded).toBe(false);
      way.giveBack();
      return response;
    };

    way.keepBack(writes('sessions'));
    const sent = await held(sendTo(call));
    expect(sent.status).toBe(200);
    way.keepBack(writes('sessions'));
    const code = { sessionId: sent.body.session.id, code: sent.body.sandboxCodes.email };
    expect((await held(call('otp.v1.OtpService/Verify', code))).status).toBe(200);

    const written = way.commands.filter(({ name: command }) => WRITES.includes(command));
    expect(written.length).toBeGreaterThan(0);
    for (const { message } of written) {
      expect(message.writeConcern).toMatchObject({ w: 'majority', j: true });
    }
  });
});
