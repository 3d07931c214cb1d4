import { limits } from '../../base/index.ts'

const minuteMs = 60_000

/** Who tried how often to join by an invite: so many a minute for each source, and for all together. */
export class InviteAttempts {
  readonly #sources = new Map<string, number[]>()
  #all: number[] = []

  /** Counts an attempt at `now` (ms); false where the source, or everybody, has had enough for this minute. */
  take(source: string, now: number): boolean {
    const isRecent = (at: number): boolean => at <= now && now - at < minuteMs
    const own = (this.#sources.get(source) ?? []).filter(isRecent)
    this.#all = this.#all.filter(isRecent)
    // The source used longest ago is forgotten first: it comes back with an empty count after a minute at the earliest.
    this.#sources.delete(source)
    this.#sources.set(source, own)
    const [oldest] = this.#sources.keys()
    if (this.#sources.size > limits.sourcesRememberedMax && oldest !== undefined) this.#sources.delete(oldest)
    if (own.length >= limits.inviteAttemptsPerMinuteMax) return false
    if (this.#all.length >= limits.inviteAttemptsInAllPerMinuteMax) return false
    own.push(now)
    this.#all.push(now)
    return true
  }
}
