import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onFirstBytes } from '../../../server/http/firstBytes.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What a stream that gives `pieces` is taken for, after how many of them, and what can be read then. */
async function look(pieces: readonly string[], between: () => Promise<unknown> = turn) {
  const stream = new PassThrough();
  let verdict: boolean | undefined;
  let after = 0;
  onFirstBytes(stream as unknown as Socket, (isHttp2) => {
    verdict = isHttp2;
  });
  for (const piece of pieces) {
    if (verdict === undefined) after += 1;
    stream.write(piece, 'latin1');
    await between();
  }
  await turn();
  const rest: Buffer[] = [];
  for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) rest.push(bytes);
  return { verdict, after, rest: Buffer.concat(rest).toString('latin1') };
}

describe('the first bytes of a connection', () => {
  it.each([
    [['P', 'R', 'I', ' * HTTP/2.0'], true, 3],
    [['PR', 'I * HTTP/2.0'], true, 2],
    [['PRI * HTTP/2.0'], true, 1],
    [['P', 'OST /'], false, 2],
    [['P', 'R', 'OPFIND /'], false, 3],
    [['G', 'ET /'], false, 1],
    [['\r\n', 'GET /'], false, 1],
    [['\x16\x03\x01'], false, 1],
    [['PR'], undefined, 1],
  ])('%j decide: HTTP/2 %s, after %i', async (pieces, verdict, after) => {
    expect(await look(pieces)).toMatchObject({ verdict, after });
  });

  it.each([
    [['P', 'R', 'I', ' * HTTP/2.0'], true],
    [['P', 'R', 'OPFIND /'], false],
  ])('%j decide when they are there before anybody looks: HTTP/2 %s', async (pieces, verdict) => {
    expect(await look(pieces, async () => {})).toMatchObject({ verdict, rest: pieces.join('') });
  });

  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `PRI${rest}`),
    fc.string().map((rest) => `PR${rest}`),
  );
  test.prop([text, fc.array(fc.integer({ min: 1, max: 4 }))])(
    'are still there for the next reader',
    async (latin, sizes) => {
      const whole = Buffer.from(latin).toString('latin1');
      const pieces: string[] = [];
      let rest = whole;
      for (const size of [...sizes, whole.length]) {
        if (rest === '') break;
        pieces.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      const seen = await look(pieces);
      if (whole.length >= 3) expect(seen.verdict).toBe(whole.startsWith('PRI'));
      if (seen.verdict !== undefined) expect(seen.rest).toBe(whole);
    },
  );
});
