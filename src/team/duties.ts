import { limits } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Author } from './author.ts'
import type { Core } from './core.ts'
import { unconfirmedLeaves } from './leaves.ts'
import { isRotationOwed, rotators } from './rotation.ts'
import type { TeamState } from './state.ts'

/** Doublings of the wait after rotations in vain: to 5 minutes. */
const vainMax = 6

/**
 * What a device authors on its own (`TEAM.md` 2.4, 9): a ConfirmLeave for every leave it knows, after a random delay, so
 * that one of many does it; and a rotation that nobody has made, in turn by standing among who is connected. Nothing
 * while it may not author: not heard, diverged, closed, no member.
 */
export class Duties {
  readonly #core: Core
  readonly #author: Author
  /** When each unconfirmed leave is confirmed here, by its hex id. */
  readonly #confirmAt = new Map<string, number>()
  #seen: TeamState | undefined
  /** Since when a rotation is owed. */
  #owedSince: number | undefined
  /** Rotations of ours that did not end it: each doubles the wait. There should be none. */
  #vain = 0

  constructor(core: Core, author: Author) {
    this.#core = core
    this.#author = author
  }

  /** Does what is due. Called at the end of every step. */
  settle(): void {
    const { state, now } = this.#core
    if (state !== this.#seen) this.#look(state, now)
    if (this.#confirmAt.size === 0 && this.#owedSince === undefined) return
    if (!this.#author.mayAuthorNow()) return
    if ([...this.#confirmAt.values()].some((at) => at <= now)) {
      // Tried once: a leave that cannot be confirmed here is another's duty.
      for (const [idHex, at] of this.#confirmAt) if (at <= now) this.#confirmAt.set(idHex, Infinity)
      this.#author.confirmOnDuty()
    }
    if (this.#owedSince !== undefined && now >= this.#rotateAt(this.#owedSince)) {
      // Whatever becomes of it, the next one waits its turn again.
      this.#owedSince = now
      this.#vain++
      this.#author.rotateOnDuty()
    }
  }

  /** When a tick is wanted next. */
  nextAt(): number {
    if (this.#confirmAt.size === 0 && this.#owedSince === undefined) return Infinity
    if (!this.#author.mayAuthorNow()) return Infinity
    const rotateAt = this.#owedSince === undefined ? Infinity : this.#rotateAt(this.#owedSince)
    return Math.min(rotateAt, ...this.#confirmAt.values())
  }

  #look(state: TeamState, now: number): void {
    this.#seen = state
    const open = new Set(unconfirmedLeaves(state, this.#core.deviceHex).map(({ id }) => toHex(id)))
    for (const idHex of this.#confirmAt.keys()) if (!open.has(idHex)) this.#confirmAt.delete(idHex)
    for (const idHex of open)
      if (!this.#confirmAt.has(idHex)) this.#confirmAt.set(idHex, now + this.#core.draw(limits.confirmLeaveMsMax + 1))
    this.#owedSince = isRotationOwed(state) ? (this.#owedSince ?? now) : undefined
    if (this.#owedSince === undefined) this.#vain = 0
  }

  /** The first in line among the connected rotates after one step of the back-off, the next after two. */
  #rotateAt(since: number): number {
    const { state, deviceHex, links } = this.#core
    const connected = [...links.values()].filter((link) => !link.isStranger).map((link) => link.deviceHex)
    const turn = rotators(state, [deviceHex, ...connected]).indexOf(deviceHex)
    const wait = (turn + 1) * limits.rotationMsInterval * 2 ** Math.min(this.#vain, vainMax)
    return turn < 0 ? Infinity : since + wait
  }
}
