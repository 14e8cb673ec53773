import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';
import { eachMessage } from './mongoMessages.js';

type Fields = Readonly<Record<string, unknown>>;

/** Something that speaks MongoDB's wire protocol and responds as a test wants. */
export interface FakeMongod {
  readonly port: number;
  /** Every command it was sent, handshakes left out. */
  readonly commands: readonly Fields[];
  close(): Promise<void>;
}

/** What a healthy primary says of itself. */
const PRIMARY: Fields = {
  ok: 1,
  helloOk: true,
  isWritablePrimary: true,
  ismaster: true,
  setName: 'fake',
  maxWireVersion: 25,
  minWireVersion: 0,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  readOnly: false,
};

// Message headers and kinds: MongoDB wire protocol, OP_QUERY and OP_REPLY (old handshakes) and OP_MSG.
const HEADER = 16;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

/** `hello` changes what it says of itself; `respondTo` responds to commands, `{ok: 1}` where it returns nothing. */
export async function startFakeMongod(
  hello: Fields = {},
  respondTo: (command: Fields) => Fields | undefined = () => undefined,
): Promise<FakeMongod> {
  const commands: Fields[] = [];
  const sockets = new Set<Socket>();
  const reply = (command: Fields): Fields => {
    if (command.hello || command.ismaster || command.isMaster) return { ...PRIMARY, ...hello };
    commands.push(command);
    return { ok: 1, ...respondTo(command) };
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    eachMessage(socket, (message) => socket.write(respond(message, reply)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { readonly port: number }).port,
    commands,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function respond(message: Buffer, reply: (command: Fields) => Fields): Buffer {
  const request = message.readInt32LE(4);
  if (message.readInt32LE(12) === OP_QUERY) {
    const query = message.indexOf(0, HEADER + 4) + 1 + 8;
    const body = BSON.serialize(reply(BSON.deserialize(message.subarray(query))));
    const preamble = Buffer.alloc(20);
    preamble.writeInt32LE(1, 16);
    return frame(OP_REPLY, request, preamble, body);
  }
  const document = message.subarray(HEADER + 5, HEADER + 5 + message.readInt32LE(HEADER + 5));
  return frame(OP_MSG, request, Buffer.alloc(5), BSON.serialize(reply(BSON.deserialize(document))));
}

function frame(kind: number, responseTo: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(HEADER + body.length, 0);
  header.writeInt32LE(responseTo, 8);
  header.writeInt32LE(kind, 12);
  return Buffer.concat([header, body]);
}
