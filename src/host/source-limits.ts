import { limits, type Randomness } from '../base/index.ts'

/** Bounds on connections that nobody has proved anything on yet. Defaults: `base/limits.ts`. */
export interface SourceLimitsOptions {
  readonly pendingMax?: number
  readonly dropFrom?: number
  readonly pendingPerSourceMax?: number
  readonly perSecondMax?: number
  readonly burstMax?: number
  /** Sources without a limit of their own; the node-wide ones still hold. */
  readonly isExempt?: (source: string) => boolean
}

/** Why a connection was turned away before it said a word. */
export type SourceRefusal = 'pending' | 'early-drop' | 'pending-of-source' | 'rate' | 'penalty'

/** An accepted connection: `leave` when its upgrade has ended, either way. Idempotent. */
export interface SourceEntry {
  readonly kind: 'admit'
  leave(): void
}

export interface SourceLimits {
  /** A connection from `source` arrives at `nowMs` (any clock that does not run backwards). */
  enter(source: string, nowMs: number): SourceEntry | { readonly kind: 'refuse'; readonly reason: SourceRefusal }
  /** The source did something that costs us: it is refused for a while once enough has come together. */
  penalise(source: string, penaltyMs: number, nowMs: number): void
  readonly pending: number
  readonly sources: number
}

interface SourceState {
  tokens: number
  at: number
  pending: number
  penaltyUntil: number
}

/** Penalties below this are only added up (OpenSSH PerSourcePenalties `min`), so that one mistake bars nobody. */
const penaltyMsMin = 15_000
const penaltyMsMax = 600_000

/**
 * Who may take one of the slots for connections in mid-handshake (`SECURITY.md` 6): a count for the node with early
 * random drop, a tight count and a wide rate for each source, penalties that fade by themselves.
 */
export function createSourceLimits(parts: { random: Randomness }, options: SourceLimitsOptions = {}): SourceLimits {
  const pendingMax = options.pendingMax ?? limits.pendingInboundMax
  const dropFrom = options.dropFrom ?? limits.pendingInboundDropFrom
  const perSourceMax = options.pendingPerSourceMax ?? limits.pendingPerSourceMax
  const perSecond = options.perSecondMax ?? limits.inboundPerSourcePerSecondMax
  const burst = options.burstMax ?? limits.inboundPerSourceBurstMax
  const isExempt = options.isExempt ?? (() => false)
  const sources = new Map<string, SourceState>()
  let pending = 0

  const judge = (state: SourceState, exempt: boolean, now: number): SourceRefusal | undefined => {
    if (!exempt && state.penaltyUntil - now >= penaltyMsMin) return 'penalty'
    if (!exempt && state.pending >= perSourceMax) return 'pending-of-source'
    if (pending >= pendingMax) return 'pending'
    if (!exempt && state.tokens < 1) return 'rate'
    const chance = 0.3 + (0.7 * (pending - dropFrom)) / Math.max(1, pendingMax - dropFrom)
    return pending >= dropFrom && unitOf(parts.random) < chance ? 'early-drop' : undefined
  }

  return {
    enter(source, now) {
      const state = stateOf(sources, source, now, { perSecond, burst })
      const reason = judge(state, isExempt(source), now)
      if (reason !== undefined) return { kind: 'refuse', reason }
      state.tokens -= 1
      state.pending += 1
      pending += 1
      let left = false
      return {
        kind: 'admit',
        leave() {
          if (left) return
          left = true
          state.pending -= 1
          pending -= 1
        },
      }
    },
    penalise(source, penaltyMs, now) {
      if (isExempt(source)) return
      const state = stateOf(sources, source, now, { perSecond, burst })
      state.penaltyUntil = Math.min(Math.max(state.penaltyUntil, now) + penaltyMs, now + penaltyMsMax)
    },
    get pending() {
      return pending
    },
    get sources() {
      return sources.size
    },
  }
}

/** The state of a source with its tokens filled up to now; the one used longest ago is forgotten first. */
function stateOf(
  sources: Map<string, SourceState>,
  source: string,
  now: number,
  { perSecond, burst }: { perSecond: number; burst: number },
): SourceState {
  const state = sources.get(source) ?? { tokens: burst, at: now, pending: 0, penaltyUntil: 0 }
  state.tokens = Math.min(burst, state.tokens + ((now - state.at) / 1000) * perSecond)
  state.at = now
  sources.delete(source)
  sources.set(source, state)
  if (sources.size > limits.sourcesRememberedMax) forgetOldest(sources)
  return state
}

function forgetOldest(sources: Map<string, SourceState>): void {
  for (const [source, state] of sources) {
    if (state.pending > 0) continue
    sources.delete(source)
    return
  }
}

function unitOf(random: Randomness): number {
  const [a = 0, b = 0, c = 0] = random.bytes(3)
  return (a * 65_536 + b * 256 + c) / 16_777_216
}

/**
 * The source an address counts for: an IPv4 address, the /64 of an IPv6 address (one customer has that many), or
 * `unix`. IPv4 in IPv6 form counts as IPv4.
 */
export function sourceOf(remoteAddress: string): string {
  const [, kind, host = ''] = remoteAddress.split('/')
  if (kind === 'ip4') return host
  if (kind === 'ip6zone') return sourceOf('/' + remoteAddress.split('/').slice(3).join('/'))
  if (kind !== 'ip6') return 'unix'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = host.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const fill = tail === undefined ? [] : new Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0')
  return (
    [...front, ...fill, ...back]
      .slice(0, 4)
      .map((group) => parseInt(group, 16).toString(16))
      .join(':') + '::/64'
  )
}

/** True for a source on this machine. */
export function isLoopbackSource(source: string): boolean {
  return source === 'unix' || source.startsWith('127.') || source === '0:0:0:0::/64'
}
