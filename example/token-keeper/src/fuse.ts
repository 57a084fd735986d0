/** Stops the marking of dead tokens where too many die at once: then it is Threads, or the app, that has a problem. */
export interface Fuse {
  /** Notes whether a token that Threads was asked about is dead. */
  note(isDead: boolean): void;
  isBlown(): boolean;
}

/** What blows a fuse. */
export interface FuseOptions {
  /** The share of deaths from which nothing is marked, in percent; 100: never. */
  percent: number;
  /** How many looks count, the last ones. */
  looks?: number;
  /** As long as there are fewer deaths among them, they are taken for what they are. */
  least?: number;
}

/** A fuse, which is whole again once the share is. */
export function createFuse({ percent, looks = 200, least = 10 }: FuseOptions): Fuse {
  const last: boolean[] = [];
  let deaths = 0;
  return {
    note(isDead) {
      last.push(isDead);
      if (isDead) deaths += 1;
      if (last.length > looks && last.shift()) deaths -= 1;
    },
    isBlown: () => percent < 100 && deaths >= least && (deaths / last.length) * 100 > percent,
  };
}
