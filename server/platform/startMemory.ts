import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from preparing for work while modules are loaded. Of what they make then most stays, so V8 would double its
 * young generation up to 32 MiB, and it would compile for speed what runs in a start and never again: an idle process
 * would keep both, 30 MiB in all.
 */
export function keepStartSmall(): void {
  growYoungGenerationBy(1);
  setFlagsFromString('--no-opt');
}

/** V8 as it is by default, which grows and compiles as calls need: for when everything is loaded. */
export function endStart(): void {
  growYoungGenerationBy(2);
  setFlagsFromString('--opt');
}

function growYoungGenerationBy(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
