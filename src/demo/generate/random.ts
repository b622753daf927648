/** Picks from a long list as often as the weights say: by halving, not by going through it. */
export function picker<T>(choices: readonly (readonly [T, number])[], random: Pick<Random, 'next'>): () => T {
  const sums: number[] = [];
  let all = 0;
  for (const [, weight] of choices) sums.push(all += weight);
  return () => {
    const wanted = random.next() * all;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return choices[low]![0];
  };
}

/** A source of numbers that only its seed decides: the same seed writes the same files on every machine. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
  /** As often as the weights say. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T;
  /** Lognormal around a median; `spread` is the deviation of the logarithm. */
  lognormal(median: number, spread: number): number;
  shuffled<T>(list: readonly T[]): T[];
  /** A source of its own for one purpose, so that a change elsewhere does not move its numbers. */
  fork(purpose: string): Random;
}

const seedOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
};

/** 32 bits of state are plenty for a demo's events and give the same numbers wherever integers are. */
export function seeded(seed: string): Random {
  let state = seedOf(seed);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    whole,
    pick: (list) => list[whole(0, list.length - 1)]!,
    weighted(choices) {
      let left = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [choice, weight] of choices) {
        left -= weight;
        if (left < 0) return choice;
      }
      return choices.at(-1)![0];
    },
    lognormal: (median, spread) => median * Math.exp(spread * normal()),
    shuffled(list) {
      const result = [...list];
      for (let at = result.length - 1; at > 0; at -= 1) {
        const other = whole(0, at);
        [result[at], result[other]] = [result[other]!, result[at]!];
      }
      return result;
    },
    fork: (purpose) => seeded(`${seed}/${purpose}`),
  };
}
