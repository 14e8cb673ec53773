import { seededRandom } from '../../support/seededRandom.js';

/** Chooses, the same for the same seed on every machine. */
export interface Chooser {
  int(maxExclusive: number): number;
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of several makers, each as likely as its weight says. */
  weighted<T>(makers: readonly (readonly [weight: number, make: () => T])[]): T;
  bytes(count: number): Buffer;
}

export function chooser(seed: string): Chooser {
  const { int, bytes } = seededRandom(seed);
  return {
    int,
    chance: (percent) => int(100) < percent,
    pick: (list) => list[int(list.length)]!,
    weighted(makers) {
      let left = int(makers.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, make] of makers) {
        if (left < weight) return make();
        left -= weight;
      }
      throw new Error('unreachable');
    },
    bytes,
  };
}
