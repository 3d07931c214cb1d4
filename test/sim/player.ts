import { concatBytes, equalBytes } from '../../src/codec/index.ts'
import { sha256, type Keys } from '../../src/keys/index.ts'
import type { LoadedCommand, Replica, TeamState } from '../../src/team/index.ts'
import type { Chance } from './chance.ts'
import { DiskIndex } from './disk-index.ts'
import { somebody, type Somebody } from './somebody.ts'

/** One node: keys, a disk that loses what was not synced, a clock that is wrong, and the production replica. */
export interface Player extends Somebody {
  readonly index: number
  /** It keeps to no rule. Its graph is a real replica's; its deeds are a villain's. */
  isEvil: boolean
  /** Durable commands, in order. Survives a crash. */
  disk: LoadedCommand[]
  /** Written and not yet synced. */
  cache: LoadedCommand[]
  /** What its disk has beside the commands, so that a start need not judge them again. */
  readonly beside: DiskIndex
  /** Epoch boxes on its disk, by the hex of their hash. */
  readonly boxes: Map<string, Uint8Array>
  replica: Replica | undefined
  /** The state of its that was looked at last. */
  seen: TeamState | undefined
  /** Counts starts: what was scheduled for an earlier one is void. */
  life: number
  /** Its clock minus the world's, ms; wall clock on top of that. */
  skew: number
  wallSkew: number
  wakeAt: number
  alarms: number
  /** How long a sync of its disk takes at most, ms, and how long a verification. */
  diskDelay: number
  verifyDelay: number
  /** Until then nothing it writes becomes durable: the disk is full. */
  fullUntil: number
  /** Index of the first record of its disk in which a bit was turned since it last started; Infinity: none. */
  rottenAt: number
  /** The newest bundle of its own that it has made. */
  sequence: number
}

const decade = 315_360_000_000

export function makePlayer(
  seed: number,
  index: number,
  chance: Chance,
  options: { real: Keys | undefined; isCalm: boolean },
): Player {
  const { real, isCalm } = options
  const isSlow = !isCalm && chance.is(0.1)
  return {
    ...somebody(`${seed % 100}/${index}`, real),
    index,
    isEvil: false,
    disk: [],
    cache: [],
    beside: new DiskIndex(),
    boxes: new Map(),
    replica: undefined,
    seen: undefined,
    life: 0,
    skew: isCalm ? 0 : chance.between(-100_000, 100_000),
    wallSkew: isCalm ? 0 : chance.between(-decade, decade),
    wakeAt: Infinity,
    alarms: 0,
    diskDelay: isSlow ? 3_000 : chance.is(0.2) ? 200 : 5,
    verifyDelay: isSlow ? 2_000 : 5,
    fullUntil: 0,
    rottenAt: Infinity,
    sequence: 0,
  }
}

/** What a node is given to author with: all signing keys that it has made, newest first. Boxes are as long as real ones. */
export function authorParts(player: Player, now: () => number) {
  const signingKeys = (): Uint8Array[] =>
    Array.from({ length: player.sequence + 1 }, (_, n) => player.key(player.sequence - n))
  const { device, sign } = player
  const sealBox = (publicKey: Uint8Array, secret: Uint8Array): Uint8Array =>
    concatBytes(sha256(publicKey, secret), sha256(secret), new Uint8Array(16))
  const wall = (): number => wallOf(player, now())
  return { device, signingKey: player.key(0), signingKeys, sign, sealBox, wall }
}

/** What its wall clock shows. */
export function wallOf({ wallSkew }: Player, now: number): number {
  return Math.max(0, Math.floor(1_800_000_000_000 + now + wallSkew))
}

/** One bit of one record turns. Returns how many records were before it, or undefined where nothing could turn. */
export function turnBit(player: Player, chance: Chance): number | undefined {
  const at = chance.below(player.disk.length)
  const record = player.disk[at]
  if (at === 0 || record === undefined) return undefined
  const bytes = concatBytes(record.bytes)
  const place = chance.below(bytes.length)
  bytes[place] = (bytes[place] ?? 0) ^ (1 << chance.below(8))
  player.disk[at] = { ...record, bytes }
  player.rottenAt = Math.min(player.rottenAt, at)
  return at
}

export function holds({ disk }: Player, id: Uint8Array): boolean {
  return disk.some((record) => equalBytes(record.id, id))
}

/** True where it can be asked for it when everything is over: it is honest, and its disk will not be found damaged there. */
export function keeps({ disk, isEvil, rottenAt }: Player, id: Uint8Array): boolean {
  const at = disk.findIndex((record) => equalBytes(record.id, id))
  return !isEvil && at >= 0 && at < rottenAt
}
