import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** A message that the server took. */
export interface Mail {
  /** As the envelope says it, not the header. */
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly parsed: Email;
}

/** The points of an SMTP conversation at which a server may misbehave. */
export type Step = 'connect' | 'auth' | 'mail' | 'rcpt' | 'data';

/** A reply, such as '550 5.1.1 no such user', or its code alone, the connection cut, no reply at all, or the message accepted and the reply lost. */
export type Misbehaviour = number | `${number} ${string}` | 'cut' | 'silence' | 'taken and cut';

/** A real SMTP server of this machine that keeps what it is given. */
export interface RecordingSmtp {
  readonly port: number;
  /** Without a user: as OTP_SMTP_URL wants it. */
  readonly url: string;
  /** What was taken, oldest first. */
  readonly mails: readonly Mail[];
  /** How often a conversation reached a step. */
  reached(step: Step): number;
  /** Connections open now. */
  open(): number;
  /** From now on misbehaves there; undefined: no longer. */
  misbehave(step: Step, how: Misbehaviour | undefined): void;
  close(): Promise<void>;
}

interface Options {
  /** Asks for this password of the user "user". */
  readonly password?: string;
  /** Listens there again, as a server does that comes back. */
  readonly port?: number;
}

export async function startRecordingSmtp({ password, port = 0 }: Options = {}): Promise<RecordingSmtp> {
  const mails: Mail[] = [];
  const reached: Record<Step, number> = { connect: 0, auth: 0, mail: 0, rcpt: 0, data: 0 };
  const misbehaviour = new Map<Step, Misbehaviour>();
  const sockets = new Map<number, Socket>();

  function step(at: Step, session: SMTPServerSession, respond: (refusal?: Error) => void): void {
    reached[at]++;
    const how = misbehaviour.get(at);
    if (how === undefined) respond();
    else if (/^\d/.test(`${how}`)) respond(refusal(how));
    else if (how !== 'silence') sockets.get(session.remotePort)?.destroy();
  }

  const server = new SMTPServer({
    authOptional: password === undefined,
    disabledCommands: password === undefined ? ['AUTH', 'STARTTLS'] : ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 1,
    onConnect: (session, respond) => step('connect', session, respond),
    onAuth(given, session, respond) {
      step('auth', session, (refused) => {
        const known = given.username === 'user' && given.password === password;
        if (refused || !known) respond(refused ?? refusal(535));
        else respond(null, { user: 'user' });
      });
    },
    onMailFrom: (_address, session, respond) => step('mail', session, respond),
    onRcptTo: (_address, session, respond) => step('rcpt', session, respond),
    onData(stream, session, respond) {
      const { mailFrom, rcptTo } = session.envelope;
      const take = async (raw: string) => {
        const parsed = await PostalMime.parse(raw);
        const how = misbehaviour.get('data');
        if (how === undefined || how === 'taken and cut') {
          const to = rcptTo.map(({ address }) => address);
          mails.push({ from: mailFrom ? mailFrom.address : '', to, raw, parsed });
        }
        step('data', session, respond);
      };
      // What broke off in the middle is no message.
      void text(stream).then(take, () => {});
    },
  });
  // Clients that cut a connection are part of the tests.
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort!, socket);
    socket.once('close', () => sockets.delete(remotePort!));
  });
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const listening = (server.server.address() as { readonly port: number }).port;
  return {
    port: listening,
    url: `smtp://127.0.0.1:${listening}`,
    mails,
    reached: (at) => reached[at],
    open: () => sockets.size,
    misbehave(at, how) {
      if (how === undefined) misbehaviour.delete(at);
      else misbehaviour.set(at, how);
    },
    async close() {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

function refusal(reply: Misbehaviour): Error {
  const [, responseCode, words] = /^(\d+)(?: (.*))?$/.exec(`${reply}`) ?? [];
  return Object.assign(new Error(words ?? 'refused by the test'), { responseCode: Number(responseCode) });
}
