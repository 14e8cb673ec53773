import { RawClient } from './rawClient.js';

/** Frame types and flags of RFC 9113 section 6. */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const CONTINUATION = 9;
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One setting: its number (RFC 9113 section 6.5.2) and value. */
export const setting = (id: number, value: number): Buffer =>
  Buffer.concat([Buffer.from([0, id]), uint32(value)]);

/** A header block without compression: every field a literal that is not indexed (RFC 7541 section 6.2.2). */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string) => Buffer.concat([length(value.length), Buffer.from(value, 'latin1')]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** An integer with a 7-bit prefix (RFC 7541 section 5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

export const request = (method: string, path: string, ...more: (readonly [string, string])[]): Buffer =>
  headerBlock([
    [':method', method],
    [':scheme', 'http'],
    [':path', path],
    [':authority', 'localhost'],
    ...more,
  ]);

/** An HTTP/2 client that sends exactly the frames it is given. */
export class FrameClient extends RawClient {
  /** Sends the preface and SETTINGS, and acknowledges the server's once they are there, if it is to. */
  static async greet(
    port: number,
    settings: Uint8Array = Buffer.alloc(0),
    acknowledge = true,
  ): Promise<FrameClient> {
    const client = new FrameClient(port);
    await client.send(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0, settings)]));
    await client.untilFrame(({ type, flags }) => type === SETTINGS && flags === 0);
    if (acknowledge) await client.send(frame(SETTINGS, ACK, 0));
    return client;
  }

  get frames(): Frame[] {
    return framesIn(this.bytes);
  }

  /** The first frame that fits, waiting for it. */
  async untilFrame(fits: (frame: Frame) => boolean): Promise<Frame> {
    await this.until((bytes) => framesIn(bytes).some(fits));
    return this.frames.find(fits) as Frame;
  }

  /** Resolves when the server has read everything sent so far: it acknowledges PING in order. */
  async settle(): Promise<void> {
    const payload = Buffer.from(String(Math.random()).slice(2, 10).padEnd(8, '0'));
    await this.send(frame(PING, 0, 0, payload));
    await this.untilFrame((f) => f.type === PING && f.flags === ACK && f.payload.equals(payload));
  }
}

function framesIn(bytes: Buffer): Frame[] {
  const found: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const size = bytes.readUIntBE(at, 3);
    if (at + 9 + size > bytes.length) break;
    found.push({
      type: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload: bytes.subarray(at + 9, at + 9 + size),
    });
    at += 9 + size;
  }
  return found;
}
