import { readFileSync } from 'node:fs';

/** Colours of clients/look/tokens.css that stand on each other, with the ratio that WCAG 2.2 asks for. */
const STATUSES = ['ok', 'wait', 'part', 'bad', 'off'];
const PAIRS: readonly (readonly [above: string, below: string, least: number])[] = [
  ['ink', 'bg', 7],
  ['ink', 'surface', 7],
  ['ink', 'accent-soft', 7],
  ['ink-2', 'bg', 7],
  ['ink-2', 'surface', 7],
  ['ink-3', 'bg', 4.5],
  ['ink-3', 'surface', 4.5],
  ['ink-3', 'hover', 4.5],
  ['ink-3', 'sunken', 4.5],
  ['accent', 'surface', 4.5],
  ['accent', 'bg', 4.5],
  ['accent-ink', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['surface', 'bad', 4.5],
  ['focus', 'bg', 3],
  ['focus', 'surface', 3],
  ['control', 'bg', 3],
  ['control', 'surface', 3],
  ['chart-1', 'surface', 3],
  ['chart-3', 'surface', 3],
  // They touch, and mean different things.
  ['chart-1', 'chart-2', 2],
  ...STATUSES.flatMap((status): [string, string, number][] => [
    [status, `${status}-soft`, 4.5],
    [status, 'surface', 4.5],
  ]),
];

const css = readFileSync(new URL('../clients/look/tokens.css', import.meta.url), 'utf8');
const colours = new Map(
  [...css.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, [light, dark]],
  ),
);

function luminance(colour: string): number {
  const linear = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}

function ratio(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

for (const [above, below, least] of PAIRS) {
  const ratios = [0, 1].map((theme) => {
    const [one, other] = [above, below].map((name) => colours.get(name)?.[theme]);
    if (!one || !other) throw new Error(`tokens.css has no ${above} or ${below}`);
    return ratio(one, other);
  });
  const isShort = ratios.some((one) => one < least);
  if (isShort) process.exitCode = 1;
  const numbers = ratios.map((one) => one.toFixed(1)).join(' light, ');
  process.stdout.write(`${isShort ? 'SHORT ' : ''}${above} on ${below}: ${numbers} dark, needs ${least}\n`);
}
