import { limits } from '../base/index.ts'
import { isWellFormed, parsePeerId, peerIdText, utf8 } from '../codec/index.ts'
import { isAssigned } from './assigned.ts'
import { parseClaim } from './claim.ts'
import { isBytes, isCount } from './command.ts'
import { intern } from './interned.ts'
import { parseKeyBundle } from './key-bundle.ts'
import { policyVersion, roleName, rankMax, rankMin } from './policy.ts'

/** Reads a value of a payload, or answers undefined where it has not the form. */
export interface Field {
  readonly read: (value: unknown) => unknown
  /** True where it may be absent; then the act has `otherwise`, or lacks it, too. */
  readonly optional?: true
  readonly otherwise?: unknown
}

/** The form of a payload: a reader for each of its members. */
export type Form<B> = Readonly<Record<keyof B, Field>>

/** Printable ASCII. */
const plain = /^[ -~]+$/
/** Control characters (C0, DEL, C1), line and paragraph separators, and everything that turns direction. */
const forbidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/**
 * True for text that may stand in a command: NFC UTF-8, 1 to 128 bytes, no control or bidirectional characters, and none
 * that Unicode 14.0 did not have: what NFC makes of those depends on the version of Node.js.
 */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > limits.nameBytesMax) return false
  // Nearly all names are of these, and of them there is nothing more to ask.
  if (plain.test(value)) return true
  if (!isWellFormed(value) || !isAssigned(value) || value.normalize('NFC') !== value) return false
  if (forbidden.test(value)) return false
  return utf8(value).length <= limits.nameBytesMax
}

/** True for the name of a role or label. */
export function isRoleName(value: unknown): value is string {
  return isName(value) && /^[a-z0-9][a-z0-9._-]*$/.test(value)
}

const byte = '(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
const ip4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)
const dnsLabel = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/
/** What a URL would take for a number, and the name with it for an IPv4 address of another spelling. */
const numeric = /^(?:[0-9]+|0x[0-9a-f]*)$/

/**
 * True for a network name in its one spelling: IPv4 as four decimal numbers, or a DNS name of lower-case A-labels without
 * a final dot, 253 bytes at most. By these rules alone: what a URL makes of a name depends on the version of Node.js.
 */
export function isNetworkName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > limits.networkNameBytesMax) return false
  if (ip4.test(value)) return true
  const parts = value.split('.')
  return parts.every((part) => dnsLabel.test(part)) && !numeric.test(parts.at(-1) ?? '')
}

function field(is: (value: unknown) => boolean): Field {
  return { read: (value) => (is(value) ? value : undefined) }
}

/** The same field, but it may be absent. */
export function optional(of: Field, otherwise?: unknown): Field {
  return { ...of, optional: true, otherwise }
}

/** A list of at most so many, each of the form. */
export function listOf(of: Field, max: number): Field {
  return field((value) => Array.isArray(value) && value.length <= max && value.every((e) => of.read(e) !== undefined))
}

/** One of these texts. */
export function oneOf(...texts: readonly string[]): Field {
  return field((value) => typeof value === 'string' && texts.includes(value))
}

/** A whole number between two, both included. */
export function between(min: number, max: number): Field {
  return field((value) => isCount(value) && value >= min && value <= max)
}

/** A list in ascending order without equals; `compare` gives their order. */
export function ascending<T>(of: Field, compare: (a: T, b: T) => number): Field {
  return field(
    (value) =>
      Array.isArray(value) &&
      value.every((e, i) => of.read(e) !== undefined && (i === 0 || compare(value[i - 1] as T, e as T) < 0)),
  )
}

/** 32 bytes: an id, a key, a hash. */
export const id: Field = { read: (value) => (isBytes(value, 32) ? intern(value, 0).bytes : undefined) }
/** The first 16 bytes of a hash: how a swarm key is shown. */
export const fingerprint = field((value) => isBytes(value, 16))
/** Any bytes; the size of a command bounds them. */
export const bytes = field((value) => isBytes(value))
export const count = field(isCount)
export const policy = field((value) => value === policyVersion)
export const name = field(isName)
export const networkName = field(isNetworkName)
export const label = field(isRoleName)
/** The name of a role; `sync-only` is read as `sync-role`. */
export const role: Field = { read: (value) => (isRoleName(value) ? roleName(value) : undefined) }
export const rank = between(rankMin, rankMax)
/** The name of a permission, of this version or not. */
export const permission = field((value) => isName(value) && /^[a-z]+(?:[.-][a-z]+)*$/.test(value))
export const op = oneOf('send', 'recv', 'send-recv')
/** A PeerId in its one spelling. */
export const peer = field(isPeer)
/** A multiaddress; whether it can be dialled is for who dials. */
export const address = field((value) => typeof value === 'string' && /^\/[!-~]{1,255}$/.test(value))
/** A bundle in its stored form. */
export const bundle: Field = {
  read(value) {
    const read = isBytes(value) ? parseKeyBundle(value) : undefined
    return read === undefined || 'kind' in read ? undefined : read
  },
}
/** A claim in its stored form. */
export const claim: Field = {
  read(value) {
    const read = isBytes(value) ? parseClaim(value) : undefined
    return read === undefined || 'kind' in read ? undefined : read
  },
}

function isPeer(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 64) return false
  try {
    return peerIdText(parsePeerId(value)) === value
  } catch {
    return false
  }
}
