import { setFlagsFromString } from 'node:v8';

/** V8's default: a young generation of which most survives is doubled. */
const DOUBLED = 2;
const AS_IT_IS = 1;

/**
 * Keeps V8's young generation at 2 MiB. Of what modules make while they are loaded most stays, so V8 would double it
 * up to 32 MiB, which an idle process then keeps.
 */
export function keepYoungGenerationSmall(): void {
  growBy(AS_IT_IS);
}

/** Lets the young generation grow as calls need: for when everything is loaded. */
export function letYoungGenerationGrow(): void {
  growBy(DOUBLED);
}

function growBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
