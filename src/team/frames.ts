import { limits, refuse, type Refusal } from '../base/index.ts'
import { encodeCbor, type CborMap } from '../codec/index.ts'
import { sha256 } from '../keys/index.ts'
import { isBytes, isCount } from './command.ts'

/** Protocol of the kept sync stream, one per peer and team (`TEAM.md` 6). */
export const syncProtocol = '/hyrax/team-sync/1.0.0'

/** A device's chain as a frontier tells it: id, largest number, whether it forked. */
export type FrontierEntry = readonly [device: Uint8Array, sequence: number, forked: boolean]
/** A bound of a range in (depth, id) order. */
export type RangeBound = readonly [depth: number, id: Uint8Array]

/** Frames of the sync stream. Ids, hashes and digests are 32 bytes; a frame has at most 64 KiB. */
export type SyncFrame =
  | {
      readonly t: 'hello'
      readonly team: Uint8Array
      readonly heads: readonly Uint8Array[]
      readonly count: number
      readonly stateHash: Uint8Array
      /** Digest of the receiver's frontier that the sender remembers. */
      readonly frontierDigest: Uint8Array | null
      readonly version: number
    }
  | {
      readonly t: 'frontier'
      /** Digest of the frontier to which these entries are the changes; null: they are all. */
      readonly base: Uint8Array | null
      readonly devices: readonly FrontierEntry[]
    }
  | {
      readonly t: 'want'
      /** Of commands, hashes of epoch boxes, or epochs in which the asker has no box. */
      readonly ids: readonly Uint8Array[]
      readonly ranges: readonly (readonly [device: Uint8Array, from: number, to: number])[]
      /** Bytes of COMMANDS and BOXES its sender takes beyond what it granted before. */
      readonly credit: number
    }
  | { readonly t: 'commands'; readonly commands: readonly Uint8Array[] }
  | {
      readonly t: 'range'
      readonly from: RangeBound
      /** First (depth, id) that is no longer meant; null: to the end. */
      readonly to: RangeBound | null
      readonly count: number
      readonly hash: Uint8Array
      /** The ids themselves, where they are few. */
      readonly ids: readonly Uint8Array[] | null
      readonly round: number
    }
  | {
      readonly t: 'boxes'
      readonly hash: Uint8Array
      readonly part: number
      /** 0 where the sender has not got them. */
      readonly parts: number
      readonly bytes: Uint8Array
    }
  | {
      readonly t: 'done'
      readonly heads: readonly Uint8Array[]
      readonly count: number
      readonly stateHash: Uint8Array
      /** Commands that were asked for and not sent because a budget ended the session. */
      readonly remaining: number
    }
  | { readonly t: 'push'; readonly command: Uint8Array }
  | { readonly t: 'announce'; readonly ids: readonly Uint8Array[] }
  | { readonly t: 'error'; readonly code: string }

export type FrameName = SyncFrame['t']
/** One frame by its name. */
export type Frame<T extends FrameName> = Extract<SyncFrame, { t: T }>

/** Reads a frame: exact members, each of its form. Refused with ERR_CODEC_FRAME. */
export function readFrame(map: CborMap): SyncFrame | Refusal {
  const name = map['t']
  const form = typeof name === 'string' && Object.hasOwn(forms, name) ? forms[name as FrameName] : undefined
  if (form === undefined) return refuse('ERR_CODEC_FRAME', { why: 'unknown name' })
  const members = Object.keys(map)
  if (members.length !== Object.keys(form).length + 1) return refuse('ERR_CODEC_FRAME', { why: 'members' })
  for (const [member, isRight] of Object.entries(form))
    if (!Object.hasOwn(map, member) || !isRight(map[member])) return refuse('ERR_CODEC_FRAME', { why: member })
  return map as unknown as SyncFrame
}

/** A frame as the map that is sent. */
export function frameMap(frame: SyncFrame): CborMap {
  return frame
}

/** Digest of a frontier: SHA-256 of its entries, sorted by device. */
export function frontierDigest(entries: readonly FrontierEntry[]): Uint8Array {
  return sha256(encodeCbor(entries))
}

type Form = (value: unknown) => boolean

const isId: Form = (value) => isBytes(value, 32)
const isIds =
  (most: number): Form =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(isId)
const orNull =
  (form: Form): Form =>
  (value) =>
    value === null || form(value)
const isListOf =
  (most: number, form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(form)
const isCommand: Form = (value) => isBytes(value) && value.length <= limits.commandBytesMax
const isEntry: Form = (value) =>
  Array.isArray(value) && value.length === 3 && isId(value[0]) && isCount(value[1]) && typeof value[2] === 'boolean'
const isWantRange: Form = (value) =>
  Array.isArray(value) && value.length === 3 && isId(value[0]) && isCount(value[1]) && isCount(value[2])
const isBound: Form = (value) => Array.isArray(value) && value.length === 2 && isCount(value[0]) && isId(value[1])
const isHeads = isIds(limits.commandParentsMax)

const forms: Readonly<Record<FrameName, Readonly<Record<string, Form>>>> = {
  hello: {
    team: isId,
    heads: isHeads,
    count: isCount,
    stateHash: isId,
    frontierDigest: orNull(isId),
    version: isCount,
  },
  frontier: { base: orNull(isId), devices: isListOf(limits.frontierEntriesMax, isEntry) },
  want: {
    ids: isIds(limits.wantEntriesMax),
    ranges: isListOf(limits.wantEntriesMax, isWantRange),
    credit: isCount,
  },
  commands: { commands: isListOf(limits.syncCommandsMax, isCommand) },
  range: {
    from: isBound,
    to: orNull(isBound),
    count: isCount,
    hash: isId,
    ids: orNull(isIds(limits.syncRangeIdsMax)),
    round: isCount,
  },
  boxes: {
    hash: isId,
    part: isCount,
    parts: isCount,
    bytes: (value) => isBytes(value) && value.length <= limits.boxesPieceBytesMax,
  },
  done: { heads: isHeads, count: isCount, stateHash: isId, remaining: isCount },
  push: { command: isCommand },
  announce: { ids: isIds(limits.announceIdsMax) },
  error: { code: (value) => typeof value === 'string' && value.length <= 64 },
}
