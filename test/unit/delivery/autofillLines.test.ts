import { expect, it } from 'vitest';
import { render } from '../../../server/delivery/render.js';

const TEXT = { literal: 'Your code is <OTP>' };
const VALUES = { code: '123456', brand: 'Acme', minutes: 5 };
const HASH = 'FA+9qCX9VSu';

it.each([
  [{}, 'Your code is 123456'],
  [{ androidAppHash: HASH }, `Your code is 123456\n${HASH}`],
  [{ webHost: 'acme.example' }, 'Your code is 123456\n\n@acme.example #123456'],
  [
    { webHost: 'acme.example', androidAppHash: HASH },
    `Your code is 123456\n${HASH}\n\n@acme.example #123456`,
  ],
])('a text message ends with the lines by which devices fill the code in: %j', (lines, text) => {
  expect(render('sms', TEXT, VALUES, lines).text).toBe(text);
  expect(render('whatsapp', TEXT, VALUES, lines).text).toBe('Your code is 123456');
});
