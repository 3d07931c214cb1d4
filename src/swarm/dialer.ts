import { limits, type ErrorCode, type HyraxError, type Randomness } from '../base/index.ts'
import { dialable, pinned, pinOf } from './addresses.ts'

export interface DialerParts {
  readonly random: Randomness
  /** Our own PeerId: never a target. */
  readonly self: string
  /** Dials one address and runs hello; resolves with the peer once it has welcomed us. */
  readonly connect: (address: string) => Promise<string>
  readonly isConnected: (peer: string) => boolean
  /** May this peer be dialled now? A peer's word, a list's line and an old memory all end here. */
  readonly mayDial: (peer: string | undefined) => boolean
  /** One attempt failed. */
  readonly onFailed: (peer: string | undefined, address: string, error: HyraxError) => void
}

export interface DialerOptions {
  /** First wait, ms; doubles. */
  readonly waitMsMin?: number
  readonly waitMsMax?: number
  readonly healthyMs?: number
}

/** Why we know an address. Static and bootstrap addresses are tried for ever, learnt ones are forgotten at last. */
export type TargetKind = 'static' | 'bootstrap' | 'learnt'

/**
 * Keeps connections to all the peers it knows (`STACK.md` 8): 1 s doubling to 5 min with half jitter, reset after a
 * healthy minute; a refusal goes straight to the long end, so that a node which does not want us is not hammered.
 */
export interface Dialer {
  start(): void
  stop(): void
  /** Replaces the addresses of a kind. Each may pin a peer; those that cannot be dialled are left out. */
  set(kind: 'static' | 'bootstrap', addresses: readonly string[]): void
  /** A peer with addresses that somebody told of. Bounded; the least useful is forgotten. */
  learn(peer: string, addresses: readonly string[]): void
  /** A peer has been welcomed, by whichever side dialled. */
  connected(peer: string): void
  /** Its last connection is gone after that many milliseconds. */
  gone(peer: string, livedMs: number): void
  /** The lists have changed: forget whom we may not dial, and try the others soon. */
  rejudge(): void
  /** Something changed by which dials may succeed: whoever waits is tried now. */
  hurry(): void
  /** Source addresses of targets, for slots kept free. */
  knows(host: string): boolean
  readonly targets: number
}

interface Target {
  readonly key: string
  kind: TargetKind
  peer: string | undefined
  /** Last good first. */
  addresses: string[]
  tries: number
  timer: ReturnType<typeof setTimeout> | undefined
  dialling: boolean
  /** The last try ended before hello, and it was the first to do so. */
  wasClosed: boolean
  /** Learnt targets that are not sought now rest. */
  sought: boolean
}

const targetsMax = 1_024
const dialsAtOnceMax = 16
const learntTriesMax = 12
const closedMsWait = 30_000
const longEnd: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_SWARM_REFUSED',
  'ERR_SWARM_CLOSED_BEFORE_HELLO',
  'ERR_ACCESS_NOT_PERMISSIONED',
  'ERR_UNSUPPORTED',
  'ERR_NODE_AUTH',
])

export function createDialer(parts: DialerParts, options: DialerOptions = {}): Dialer {
  return new SwarmDialer(parts, options)
}

class SwarmDialer implements Dialer {
  readonly #parts: DialerParts
  readonly #waitMsMin: number
  readonly #waitMsMax: number
  readonly #healthyMs: number
  readonly #targets = new Map<string, Target>()
  #running = false
  #dials = 0
  readonly #queue: Target[] = []

  constructor(parts: DialerParts, options: DialerOptions) {
    this.#parts = parts
    this.#waitMsMin = options.waitMsMin ?? limits.redialMsMin
    this.#waitMsMax = options.waitMsMax ?? limits.redialMsMax
    this.#healthyMs = options.healthyMs ?? limits.redialHealthyMs
  }

  start(): void {
    this.#running = true
    this.#seekAll()
  }

  stop(): void {
    this.#running = false
    this.#queue.length = 0
    for (const target of this.#targets.values()) this.#rest(target)
  }

  set(kind: 'static' | 'bootstrap', addresses: readonly string[]): void {
    const wanted = new Map<string, { peer: string | undefined; addresses: string[] }>()
    for (const text of addresses) {
      const address = dialable(text)
      const peer = pinOf(text)
      if (address === undefined || peer === this.#parts.self) continue
      const key = peer ?? address
      wanted.set(key, { peer, addresses: [...(wanted.get(key)?.addresses ?? []), address] })
    }
    for (const target of [...this.#targets.values()]) {
      if (target.kind === kind && !wanted.has(target.key)) this.#demote(target)
    }
    for (const [key, found] of wanted) this.#keep(key, kind, found.peer, found.addresses)
    this.#seekAll()
  }

  learn(peer: string, addresses: readonly string[]): void {
    const found = addresses.flatMap((text) => dialable(text) ?? []).slice(0, limits.helloAddressesMax)
    if (peer === this.#parts.self || found.length === 0 || !this.#parts.mayDial(peer)) return
    const known = this.#targets.get(peer)
    if (known === undefined && this.#targets.size >= targetsMax && !this.#forgetOne()) return
    // What a peer tells of itself does not push out what the operator wrote, and cannot grow without end.
    this.#keep(peer, known?.kind ?? 'learnt', peer, found)
    this.#seekAll()
  }

  connected(peer: string): void {
    for (const target of this.#of(peer)) this.#rest(target)
  }

  gone(peer: string, livedMs: number): void {
    for (const target of this.#of(peer)) {
      if (livedMs >= this.#healthyMs) target.tries = 0
      this.#later(target)
    }
  }

  rejudge(): void {
    for (const target of [...this.#targets.values()])
      if (target.kind === 'learnt' && !this.#parts.mayDial(target.peer)) this.#drop(target)
    this.hurry()
  }

  hurry(): void {
    for (const target of this.#targets.values()) {
      if (target.timer === undefined) continue
      this.#rest(target)
      target.tries = 0
      target.wasClosed = false
    }
    this.#seekAll()
  }

  knows(host: string): boolean {
    for (const target of this.#targets.values())
      if (target.addresses.some((address) => address.split('/')[2] === host)) return true
    return false
  }

  get targets(): number {
    return this.#targets.size
  }

  *#of(peer: string): Iterable<Target> {
    for (const target of this.#targets.values()) if (target.peer === peer) yield target
  }

  #keep(key: string, kind: TargetKind, peer: string | undefined, addresses: readonly string[]): void {
    const known = this.#targets.get(key)
    if (known === undefined) {
      const addressed = [...new Set(addresses)]
      this.#targets.set(key, {
        key,
        kind,
        peer,
        addresses: addressed,
        tries: 0,
        timer: undefined,
        dialling: false,
        wasClosed: false,
        sought: false,
      })
      return
    }
    known.kind = kind
    known.addresses = [...new Set([...known.addresses, ...addresses])].slice(-2 * limits.helloAddressesMax)
  }

  // An address taken off a list stays known while its peer is: it is then sought like any other, or not at all.
  #demote(target: Target): void {
    if (target.peer === undefined) this.#drop(target)
    else target.kind = 'learnt'
  }

  #drop(target: Target): void {
    this.#rest(target)
    this.#targets.delete(target.key)
  }

  #forgetOne(): boolean {
    for (const target of this.#targets.values()) {
      if (target.kind !== 'learnt' || target.dialling || this.#isConnected(target)) continue
      this.#drop(target)
      return true
    }
    return false
  }

  #rest(target: Target): void {
    clearTimeout(target.timer)
    target.timer = undefined
    target.sought = false
  }

  #isConnected(target: Target): boolean {
    return target.peer !== undefined && this.#parts.isConnected(target.peer)
  }

  // All known peers up to 32; beyond that 16 of the learnt ones, drawn at random, and all that the operator named.
  #seekAll(): void {
    if (!this.#running) return
    const idle = [...this.#targets.values()].filter((target) => !target.sought && !this.#isConnected(target))
    const learntMax =
      this.#targets.size > limits.connectionsSoughtMax ? limits.peersNamedMax : limits.connectionsSoughtMax
    const learnt = [...this.#targets.values()].filter(({ kind }) => kind === 'learnt')
    let room = learntMax - learnt.filter((target) => target.sought || this.#isConnected(target)).length
    for (const target of shuffled(idle, this.#parts.random)) {
      if (target.kind === 'learnt' && room-- <= 0) continue
      target.sought = true
      this.#soon(target)
    }
  }

  #soon(target: Target): void {
    if (this.#dials >= dialsAtOnceMax) this.#queue.push(target)
    else void this.#try(target)
  }

  #later(target: Target, wait = this.#waitMsMin * 2 ** Math.min(Math.max(target.tries - 1, 0), 16)): void {
    clearTimeout(target.timer)
    if (!this.#running || !this.#targets.has(target.key)) return
    target.sought = true
    const bounded = Math.min(wait, this.#waitMsMax)
    const jittered = bounded / 2 + (bounded / 2) * unitOf(this.#parts.random)
    target.timer = setTimeout(() => {
      this.#soon(target)
    }, jittered)
  }

  async #try(target: Target): Promise<void> {
    target.timer = undefined
    if (!this.#running || target.dialling || this.#isConnected(target)) return
    if (!this.#parts.mayDial(target.peer)) {
      // A list may admit it again: asked at the long end, and at once when a list changes.
      this.#later(target, this.#waitMsMax)
      return
    }
    target.dialling = true
    this.#dials += 1
    const failure = await this.#dial(target)
    this.#dials -= 1
    target.dialling = false
    this.#settle(target, failure)
    const next = this.#queue.shift()
    if (next !== undefined) void this.#try(next)
  }

  /** Dials the target's addresses in turn; undefined when one led to a welcome. */
  async #dial(target: Target): Promise<HyraxError | undefined> {
    let worst: HyraxError | undefined
    for (const address of [...target.addresses]) {
      if (!this.#isRunning()) return worst
      const pin = target.key === target.peer ? target.peer : undefined
      try {
        const peer = await this.#parts.connect(pinned(address, pin))
        target.peer = peer
        target.addresses = [address, ...target.addresses.filter((other) => other !== address)]
        return undefined
      } catch (error) {
        const failure = error as HyraxError
        if (target.peer !== undefined && this.#parts.isConnected(target.peer)) return undefined
        if (this.#isRunning()) this.#parts.onFailed(pin, address, failure)
        if (worst === undefined || isFinal(failure)) worst = failure
      }
    }
    return worst
  }

  #isRunning(): boolean {
    return this.#running
  }

  #settle(target: Target, failure: HyraxError | undefined): void {
    if (failure === undefined) {
      target.wasClosed = false
      this.#rest(target)
      // Connected and gone again while we looked away: gone() found no timer to set.
      if (!this.#isConnected(target)) this.#later(target)
      return
    }
    target.tries += 1
    if (failure.code === 'ERR_INVALID_INPUT') {
      // It leads to ourselves.
      this.#drop(target)
      return
    }
    if (target.kind === 'learnt' && target.tries >= learntTriesMax) this.#drop(target)
    else if (failure.code === 'ERR_SWARM_CLOSED_BEFORE_HELLO' && !target.wasClosed) {
      // Perhaps only a list that was just being edited there: asked once more before the long end.
      target.wasClosed = true
      this.#later(target, closedMsWait)
    } else if (isFinal(failure)) this.#later(target, this.#waitMsMax)
    else this.#later(target)
  }
}

/** True for a failure that trying again soon will not change. Busy passes. */
function isFinal({ code, data }: HyraxError): boolean {
  return longEnd.has(code) && data['reason'] !== 'ERR_SWARM_BUSY'
}

function shuffled<T>(list: readonly T[], random: Randomness): T[] {
  const drawn = [...list]
  for (let last = drawn.length - 1; last > 0; last--) {
    const other = Math.floor(unitOf(random) * (last + 1))
    const [a, b] = [drawn[last], drawn[other]]
    if (a !== undefined && b !== undefined) [drawn[last], drawn[other]] = [b, a]
  }
  return drawn
}

/** Draws up to `count` of the list. */
export function drawn<T>(list: readonly T[], count: number, random: Randomness): T[] {
  return shuffled(list, random).slice(0, count)
}

function unitOf(random: Randomness): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  return (a * 65_536 + b * 256 + c) / 16_777_216
}
