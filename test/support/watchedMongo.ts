import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { BSON, MongoClient } from 'mongodb';
import { eachMessage } from './mongoMessages.js';

type Fields = Readonly<Record<string, unknown>>;

/** A command that a process sent to MongoDB. */
export interface WatchedCommand {
  /** What it does, such as `insert`. */
  readonly name: string;
  readonly collection: unknown;
  readonly message: Fields;
  /** How many documents an insert holds. */
  readonly documents: number;
  /** What MongoDB said to it, once that was passed on. */
  reply?: Fields;
}

/** A way to MongoDB on which a test sees every command, and keeps back what MongoDB says to some. */
export interface WatchedMongo {
  /** The connection string of this way. */
  readonly uri: string;
  readonly commands: readonly WatchedCommand[];
  /** Called before a command is passed on, which it is unless the result is false. */
  onCommand(listener: (command: WatchedCommand) => boolean): void;
  /** From now on, what MongoDB says to such commands waits. */
  keepBack(which: (command: WatchedCommand) => boolean): void;
  /** How many replies wait. */
  keptBack(): number;
  /** Passes on what waits, and keeps back nothing more. */
  giveBack(): void;
  close(): Promise<void>;
}

// Messages of MongoDB's wire protocol: OP_MSG, the only one that drivers send commands with.
const HEADER = 16;
const OP_MSG = 2013;
/** The kind of a section: the command itself, or a sequence of its documents. */
const BODY = 0;

export async function watchMongo(uri: string): Promise<WatchedMongo> {
  const { host, port } = new MongoClient(uri).options.hosts[0]!;
  const commands: WatchedCommand[] = [];
  const sockets = new Set<Socket>();
  let listener = (_command: WatchedCommand) => true;
  let which = (_command: WatchedCommand) => false;
  let waiting: (() => void)[] = [];

  const server = createServer((client) => {
    const upstream = connect({ host: host!, port: port!, noDelay: true });
    client.setNoDelay(true);
    const open = new Map<number, WatchedCommand>();
    eachMessage(client, (message) => {
      const command = readCommand(message);
      if (command) {
        commands.push(command);
        open.set(message.readInt32LE(4), command);
        if (!listener(command)) return;
      }
      upstream.write(message);
    });
    eachMessage(upstream, (message) => {
      const command = open.get(message.readInt32LE(8));
      const pass = () => {
        if (command) command.reply = sectionsOf(message).body;
        client.write(message);
      };
      if (command && which(command)) waiting.push(pass);
      else pass();
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        client.destroy();
        upstream.destroy();
        sockets.delete(socket);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = new URL(
    uri.replace(
      /(\/\/(?:[^@/]*@)?)[^/?]*/,
      `$1127.0.0.1:${(server.address() as { readonly port: number }).port}`,
    ),
  );
  own.searchParams.set('directConnection', 'true');
  return {
    uri: own.href,
    commands,
    onCommand(next) {
      listener = next;
    },
    keepBack(next) {
      which = next;
    },
    keptBack: () => waiting.length,
    giveBack() {
      which = () => false;
      const passes = waiting;
      waiting = [];
      for (const pass of passes) pass();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function readCommand(message: Buffer): WatchedCommand | undefined {
  if (message.readInt32LE(12) !== OP_MSG) return undefined;
  const { body, documents } = sectionsOf(message);
  const [name, collection] = Object.entries(body)[0] ?? ['', undefined];
  const inBody = Array.isArray(body.documents) ? body.documents.length : 0;
  return { name, collection, message: body, documents: documents + inBody };
}

/** The command or reply of a message, and how many documents stand beside it. */
function sectionsOf(message: Buffer): { readonly body: Fields; readonly documents: number } {
  let body: Fields = {};
  let documents = 0;
  for (let at = HEADER + 4; at + 5 <= message.length; ) {
    const kind = message[at];
    const length = message.readInt32LE(at + 1);
    const end = at + 1 + length;
    // What is left is a checksum.
    if (end > message.length) break;
    if (kind === BODY) body = BSON.deserialize(message.subarray(at + 1, end));
    else {
      const first = message.indexOf(0, at + 5) + 1;
      for (let from = first; from < end; from += message.readInt32LE(from)) documents++;
    }
    at = end;
  }
  return { body, documents };
}
