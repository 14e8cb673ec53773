import type { Socket } from 'node:net';

/** How every HTTP/2 connection begins (RFC 9113 section 3.4); no HTTP/1.1 method begins so. */
const PREFACE = Buffer.from('PRI');

/**
 * Waits for the first bytes of a connection and reports whether HTTP/2 follows.
 * The bytes are put back, so the next reader of the socket reads them again. They
 * may come one by one, or never: the caller limits the time.
 */
export function onFirstBytes(socket: Socket, notify: (http2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const look = () => {
    // Newer Node gives what has come piece by piece, and does not call again for the rest of it.
    for (let bytes: Buffer | null = socket.read(); bytes !== null; bytes = socket.read()) {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      const known = Math.min(seen.length, PREFACE.length);
      const http2 = PREFACE.compare(seen, 0, known, 0, known) === 0;
      if (http2 && known < PREFACE.length) continue;
      socket.off('readable', look).off('end', giveUp);
      socket.unshift(seen);
      notify(http2);
      return;
    }
  };
  const giveUp = () => socket.destroy();
  socket.on('readable', look).on('end', giveUp);
}
