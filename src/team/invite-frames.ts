import { isErrorCode, limits, refuse, type ErrorCode, type Refusal } from '../base/index.ts'
import type { CborMap } from '../codec/index.ts'
import { isBytes } from './command.ts'

/** The one protocol of teams that is open to who is no member (`TEAM.md` 8): one stream, 8 KiB a frame, 10 s. */
export const inviteProtocol = '/hyrax/invite/1.0.0'

/** Frames about an invite, in their order: the joiner asks, the server draws a nonce, the joiner claims, the server answers. */
export type InviteFrame =
  /** Which team, and the public half of the invite key: both 32 bytes, and neither tells the code. */
  | { readonly t: 'ask'; readonly team: Uint8Array; readonly key: Uint8Array }
  /** Id of the CreateInvite, and a number that this server has never used: 32 bytes each. */
  | { readonly t: 'nonce'; readonly invite: Uint8Array; readonly nonce: Uint8Array }
  /** The claim in its stored form, and how the joiner would be called. */
  | { readonly t: 'claim'; readonly claim: Uint8Array; readonly name: string }
  /** The admission is durable. */
  | {
      readonly t: 'admitted'
      readonly team: Uint8Array
      readonly role: string
      readonly heads: readonly Uint8Array[]
    }
  | { readonly t: 'refused'; readonly code: string }

type FrameName = InviteFrame['t']
/** One frame by its name. */
export type InviteFrameOf<T extends FrameName> = Extract<InviteFrame, { t: T }>

/**
 * Reads the frame that must come next, or a refusal of the other side. Anything else: ERR_CODEC_FRAME; nothing at all:
 * ERR_HOST_STREAM.
 */
export function readInviteFrame<T extends FrameName>(name: T, map: CborMap | undefined): InviteFrameOf<T> | Refusal {
  // Not a bad frame: the other side went away, and may be back.
  if (map === undefined) return refuse('ERR_HOST_STREAM', { peer: 'the other side', what: 'it ended too soon' })
  const found = map['t']
  if (found !== name && found !== 'refused') return refuse('ERR_CODEC_FRAME', { why: `no ${name}` })
  const form = forms[found === name ? name : 'refused']
  if (Object.keys(map).length !== Object.keys(form).length + 1) return refuse('ERR_CODEC_FRAME', { why: 'members' })
  for (const [member, isRight] of Object.entries(form))
    if (!Object.hasOwn(map, member) || !isRight(map[member])) return refuse('ERR_CODEC_FRAME', { why: member })
  if (found === name) return map as unknown as InviteFrameOf<T>
  return refuse(knownCode((map as unknown as InviteFrameOf<'refused'>).code))
}

/** A frame as the map that is sent. */
export function inviteFrameMap(frame: InviteFrame): CborMap {
  return frame
}

/** A code that this version does not know is read as ERR_UNSUPPORTED. */
function knownCode(code: string): ErrorCode {
  return isErrorCode(code) ? code : 'ERR_UNSUPPORTED'
}

type Form = (value: unknown) => boolean

const isId: Form = (value) => isBytes(value, 32)
const isText =
  (most: number): Form =>
  (value) =>
    typeof value === 'string' && value.length <= most
const isHeads: Form = (value) =>
  Array.isArray(value) && value.length <= limits.commandParentsMax && value.every((head) => isId(head))

const forms: Readonly<Record<FrameName, Readonly<Record<string, Form>>>> = {
  ask: { team: isId, key: isId },
  nonce: { invite: isId, nonce: isId },
  claim: { claim: (value) => isBytes(value) && value.length <= limits.inviteClaimBytesMax, name: isText(128) },
  admitted: { team: isId, role: isText(128), heads: isHeads },
  refused: { code: isText(64) },
}
