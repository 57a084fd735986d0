const SWEEP_FROM = 10_000;
const MOST = 100_000;

/**
 * A map that stays bounded under load. Expired entries stay readable until a sweep, so that a token can still
 * answer that it expired; sweeps come at doubling sizes, so that their cost per entry is constant.
 */
export class ExpiringMap<Entry extends { expiresAt: number }> extends Map<string, Entry> {
  #sweepAt = SWEEP_FROM;

  add(key: string, entry: Entry, now: number): void {
    if (this.size >= this.#sweepAt) this.#sweep(now);
    this.set(key, entry);
  }

  #sweep(now: number): void {
    for (const [key, entry] of this) if (entry.expiresAt <= now) this.delete(key);
    for (const key of this.keys()) {
      if (this.size < MOST * 0.9) break;
      this.delete(key);
    }
    this.#sweepAt = Math.min(MOST, Math.max(SWEEP_FROM, this.size * 2));
  }
}
