import { limits } from '../base/index.ts'
import type { Command } from './command.ts'

/** A command whose parents are not all here yet. */
export interface Orphan {
  readonly command: Command
  readonly peer: string
  readonly at: number
}

/**
 * Commands with unknown parents, bounded per peer (1,000 or 4 MiB), in all (10,000) and in time (10 minutes). What does
 * not fit is left out and comes again by sync: a local limit never judges.
 */
export class OrphanPool {
  readonly #orphans = new Map<string, Orphan>()
  readonly #waitingFor = new Map<string, Set<string>>()
  readonly #perPeer = new Map<string, { count: number; bytes: number }>()

  get size(): number {
    return this.#orphans.size
  }

  has(idHex: string): boolean {
    return this.#orphans.has(idHex)
  }

  /** False where a bound is reached. */
  add(orphan: Orphan): boolean {
    const { command, peer } = orphan
    const held = this.#perPeer.get(peer) ?? { count: 0, bytes: 0 }
    if (this.#orphans.size >= limits.orphansMax || held.count >= limits.orphansPerPeerMax) return false
    if (held.bytes + command.bytes.length > limits.orphanBytesPerPeerMax) return false
    this.#perPeer.set(peer, { count: held.count + 1, bytes: held.bytes + command.bytes.length })
    this.#orphans.set(command.idHex, orphan)
    for (const parent of command.parentHexes) {
      const waiting = this.#waitingFor.get(parent)
      if (waiting === undefined) this.#waitingFor.set(parent, new Set([command.idHex]))
      else waiting.add(command.idHex)
    }
    return true
  }

  /** Takes out those that wait for this parent and, by `isKnown`, for no other. */
  release(parentHex: string, isKnown: (idHex: string) => boolean): Orphan[] {
    const released: Orphan[] = []
    for (const idHex of this.#waitingFor.get(parentHex) ?? []) {
      const orphan = this.#orphans.get(idHex)
      if (orphan?.command.parentHexes.every(isKnown) !== true) continue
      this.#remove(orphan)
      released.push(orphan)
    }
    return released
  }

  /**
   * Parents that are waited for and wait for nothing themselves: what to ask for, at most so many. With a peer: of what
   * came from it, alone.
   */
  missing(most: number, peer?: string): string[] {
    const wanted: string[] = []
    for (const [parent, waiting] of this.#waitingFor) {
      if (wanted.length >= most) break
      const isAsked = peer === undefined || [...waiting].some((idHex) => this.#orphans.get(idHex)?.peer === peer)
      if (isAsked && !this.#orphans.has(parent)) wanted.push(parent)
    }
    return wanted
  }

  /** Drops all that descend from a command; iteratively. */
  dropDescendants(idHex: string): void {
    const open = [idHex]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const child of this.#waitingFor.get(at) ?? []) {
        const orphan = this.#orphans.get(child)
        if (orphan === undefined) continue
        this.#remove(orphan)
        open.push(child)
      }
    }
  }

  /** Drops what has waited too long. */
  expire(now: number): void {
    for (const orphan of this.#orphans.values())
      if (now - orphan.at > limits.orphanMsMax || now < orphan.at) this.#remove(orphan)
  }

  #remove({ command, peer }: Orphan): void {
    this.#orphans.delete(command.idHex)
    for (const parent of command.parentHexes) {
      const waiting = this.#waitingFor.get(parent)
      waiting?.delete(command.idHex)
      if (waiting?.size === 0) this.#waitingFor.delete(parent)
    }
    const held = this.#perPeer.get(peer)
    if (held === undefined) return
    if (held.count === 1) this.#perPeer.delete(peer)
    else this.#perPeer.set(peer, { count: held.count - 1, bytes: held.bytes - command.bytes.length })
  }
}
