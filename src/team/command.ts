import { bug, fail, labels, limits, refuse, type Refusal } from '../base/index.ts'
import {
  compareBytes,
  decodeCbor,
  encodeCbor,
  equalBytes,
  fromHex,
  readCborAt,
  toHex,
  type CborMap,
  type CborValue,
} from '../codec/index.ts'
import { labelledHash, labelledHashHex } from '../keys/index.ts'
import { remember } from './interned.ts'
import { readQuickly } from './quick-envelope.ts'

/** The unsigned map of a command (`TEAM.md` 3). Ids are 32 bytes, keys 32 bytes, numbers safe integers. */
export interface Envelope {
  /** Team id; null in CreateTeam alone, whose own id is the team's. */
  readonly team: Uint8Array | null
  /** Parent ids, sorted, 1 to 16; none in CreateTeam. */
  readonly parents: readonly Uint8Array[]
  /** Author's device id. */
  readonly author: Uint8Array
  /** The signing key used. */
  readonly key: Uint8Array
  /** Author's generation. */
  readonly generation: number
  /** 1 + the largest number among the author's own commands in the past. */
  readonly sequence: number
  /** 1 + the largest parent depth. */
  readonly depth: number
  /** Author's clock in ms. Shown to people; decides nothing. */
  readonly time: number
  readonly kind: string
  readonly body: CborMap
}

/** A command as received: `bytes` is what is hashed, verified, stored and relayed, never a re-encoding. */
export interface Command extends Envelope {
  readonly id: Uint8Array
  /** The id as lower-case hex: sorts as the bytes do, and serves as map key. */
  readonly idHex: string
  readonly parentHexes: readonly string[]
  readonly authorHex: string
  readonly bytes: Uint8Array
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
}

/** A command of a newer envelope: kept for an upgrade, with as much of it as is needed to keep it. */
export interface ForeignCommand {
  readonly kind: 'foreign'
  readonly id: Uint8Array
  readonly idHex: string
  readonly bytes: Uint8Array
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
  /** What is where this envelope has it; a newer one may have it elsewhere. */
  readonly key: Uint8Array | undefined
  readonly authorHex: string | undefined
  readonly sequence: number | undefined
  readonly parentHexes: readonly string[]
}

/** Encodes the unsigned map: deterministic CBOR, envelope version 1. */
export function encodeUnsigned(envelope: Envelope): Uint8Array {
  const map: Record<string, CborValue> = {
    v: 1,
    p: [...envelope.parents],
    a: envelope.author,
    k: envelope.key,
    g: envelope.generation,
    n: envelope.sequence,
    d: envelope.depth,
    ts: envelope.time,
    c: envelope.kind,
    b: envelope.body,
  }
  if (envelope.team !== null) map['t'] = envelope.team
  return encodeCbor(map)
}

/**
 * Encodes, signs (Ed25519 over `"hyrax/cmd/v1" ‖ 0 ‖ SHA-256(unsigned)`, by the function given) and parses back, so that
 * what leaves here has passed the checks every receiver makes.
 *
 * @throws ERR_TEAM_TOO_LARGE above 4,096 bytes; ERR_TEAM_BAD_ENCODING or ERR_TEAM_BAD_PARENT where a field has not its form.
 */
export function signCommand(envelope: Envelope, sign: (unsigned: Uint8Array) => Uint8Array): Command {
  const unsigned = encodeUnsigned(envelope)
  const parsed = parseCommand(encodeCbor([unsigned, sign(unsigned)]))
  if (parsed.kind === 'refuse') throw fail((parsed as Refusal).code, (parsed as Refusal).data)
  return parsed as Command
}

/** Id of a command: SHA-256 of `"hyrax/cmd-id/v1" ‖ 0 ‖ unsigned ‖ signature`. 32 bytes. */
export function commandId(unsigned: Uint8Array, signature: Uint8Array): Uint8Array {
  return labelledHash(labels.commandId, unsigned, signature)
}

/** The id that stored bytes have, if they have the outer form of a command; what is inside is not looked at. */
export function storedId(bytes: Uint8Array): Uint8Array | undefined {
  const idHex = storedIdHex(bytes)
  return idHex === undefined ? undefined : fromHex(idHex)
}

/** The same as lower-case hex. */
export function storedIdHex(bytes: Uint8Array): string | undefined {
  const outer = bytes.length > limits.commandBytesMax ? undefined : splitStored(bytes)
  return outer === undefined ? undefined : labelledHashHex(labels.commandId, outer.unsigned, outer.signature)
}

/**
 * Reads a stored command: CBOR `[unsigned bytes, 64-byte signature]`, at most 4,096 bytes, canonical to the byte.
 * Form only: neither parents nor signature are looked at. What comes back holds views of `bytes`, which nobody may change. Refused with ERR_TEAM_TOO_LARGE, ERR_TEAM_BAD_ENCODING or, where
 * CreateTeam has parents or another kind has none, ERR_TEAM_BAD_PARENT; a newer envelope comes back as foreign.
 */
export function parseCommand(bytes: Uint8Array): Command | ForeignCommand | Refusal {
  if (bytes.length > limits.commandBytesMax)
    return refuse('ERR_TEAM_TOO_LARGE', { found: bytes.length, limit: limits.commandBytesMax })
  try {
    return readStored(bytes)
  } catch {
    return refuse('ERR_TEAM_BAD_ENCODING', { why: 'not a canonical command' })
  }
}

function readStored(bytes: Uint8Array): Command | ForeignCommand | Refusal {
  const outer = splitStored(bytes)
  if (outer === undefined) return badForm('outer')
  const { unsigned, signature } = outer
  const quick = readQuickly(unsigned)
  if (quick === undefined) return readSlowly(bytes, unsigned, signature)
  const { id, idHex } = idOf(unsigned, signature)
  return {
    team: quick.team,
    parents: quick.parents,
    author: quick.author,
    key: quick.key,
    generation: quick.generation,
    sequence: quick.sequence,
    depth: quick.depth,
    time: quick.time,
    kind: quick.kind,
    body: quick.body,
    id,
    idHex,
    parentHexes: quick.parentHexes,
    authorHex: quick.authorHex,
    bytes,
    unsigned,
    signature,
  }
}

/** What stands in the bytes of a command that was read before: its id is not computed again. */
export function readAgain(bytes: Uint8Array): Pick<Envelope, 'kind' | 'body' | 'team' | 'time'> {
  const outer = splitStored(bytes)
  const envelope = (outer === undefined ? undefined : readQuickly(outer.unsigned)) ?? parseCommand(bytes)
  if (envelope.kind === 'refuse' || envelope.kind === 'foreign') throw bug('bytes that were read before are no command')
  return envelope as Envelope
}

/** From the beginning of the unsigned map to its member `b`: behind `a`, whose 32 bytes go before it in every command. */
const bodyAt = 37
const bodyBounds = { depthMax: limits.commandDepthMax - 1, isShared: true }

/** The payload in the bytes of a command that was read before; nothing else of it is read. */
export function bodyAgain(bytes: Uint8Array): CborMap {
  const at = lengthOfHead(bytes) + bodyAt
  if (bytes[at] !== 0x61 || bytes[at + 1] !== 0x62) throw bug('bytes that were read before are no command')
  return readCborAt(bytes, at + 2, bodyBounds).value as CborMap
}

/** Bytes in front of the unsigned map. */
function lengthOfHead(bytes: Uint8Array): number {
  return bytes[1] === 0x59 ? 4 : bytes[1] === 0x58 ? 3 : 2
}

function idOf(unsigned: Uint8Array, signature: Uint8Array): { id: Uint8Array; idHex: string } {
  const idHex = labelledHashHex(labels.commandId, unsigned, signature)
  const id = fromHex(idHex)
  // Most likely the parent of the next one.
  remember({ bytes: id, hex: idHex })
  return { id, idHex }
}

/** Reads whatever has another layout, to say what is wrong with it, or that it is of a newer version. */
export function readSlowly(
  bytes: Uint8Array,
  unsigned: Uint8Array,
  signature: Uint8Array,
): Command | ForeignCommand | Refusal {
  const map = decodeCbor(unsigned, { depthMax: limits.commandDepthMax, isShared: true })
  if (!isMap(map)) return badForm('map')
  const { id, idHex } = idOf(unsigned, signature)
  if (isCount(map['v']) && map['v'] > 1) return readForeign(map, { id, idHex, bytes, unsigned, signature })
  const envelope = readEnvelope(map)
  if (typeof envelope === 'string') return badForm(envelope)
  if ((envelope.parents.length === 0) !== (envelope.team === null))
    return refuse('ERR_TEAM_BAD_PARENT', { why: 'CreateTeam, and no other command, has no parents' })
  const parentHexes = envelope.parents.map(toHex)
  return { ...envelope, id, idHex, parentHexes, authorHex: toHex(envelope.author), bytes, unsigned, signature }
}

function readForeign(
  map: CborMap,
  said: Pick<ForeignCommand, 'id' | 'idHex' | 'bytes' | 'unsigned' | 'signature'>,
): ForeignCommand {
  const { a, k, n, p } = map
  return {
    ...said,
    kind: 'foreign',
    key: isBytes(k, 32) ? k : undefined,
    authorHex: isBytes(a, 32) ? toHex(a) : undefined,
    sequence: isCount(n) ? n : undefined,
    parentHexes: isParents(p) ? p.map(toHex) : [],
  }
}

/**
 * The two byte strings of `[unsigned, signature(64)]`, as views. Read by hand, because half of the time that a command
 * takes would go into decoding and encoding it twice: a list of two, and for each string the one shortest length.
 */
function splitStored(bytes: Uint8Array): { unsigned: Uint8Array; signature: Uint8Array } | undefined {
  const from = lengthOfHead(bytes)
  const end = bytes.length - 66
  const length = end - from
  const head = length > 0xff ? [0x82, 0x59, length >> 8, length & 0xff] : [0x82, 0x58, length]
  // Below 24 bytes there is no unsigned map, so that shortest form of a length is left out.
  const isForm = length >= 24 && head.length === from && head.every((byte, i) => bytes[i] === byte)
  if (!isForm || bytes[end] !== 0x58 || bytes[end + 1] !== 0x40) return undefined
  return { unsigned: bytes.subarray(from, end), signature: bytes.subarray(end + 2) }
}

/** The envelope, or the name of the first field that has not its form. */
function readEnvelope(map: CborMap): Envelope | string {
  const isRoot = map['c'] === 'CreateTeam'
  const names = isRoot ? rootFields : fields
  if (Object.keys(map).length !== names.length) return 'fields'
  for (const name of names) if (!Object.hasOwn(map, name)) return name
  const { v, t, p, a, k, g, n, d, ts, c, b } = map as Record<string, CborValue>
  if (v !== 1) return 'v'
  if (!isRoot && !isBytes(t, 32)) return 't'
  if (!isParents(p)) return 'p'
  if (!isBytes(a, 32)) return 'a'
  if (!isBytes(k, 32)) return 'k'
  if (!isCount(g)) return 'g'
  if (!isCount(n)) return 'n'
  if (!isCount(d)) return 'd'
  if (!isCount(ts)) return 'ts'
  if (typeof c !== 'string' || !/^[A-Z][A-Za-z]{0,63}$/.test(c)) return 'c'
  if (!isMap(b)) return 'b'
  const team = isRoot ? null : (t as Uint8Array)
  return { team, parents: p, author: a, key: k, generation: g, sequence: n, depth: d, time: ts, kind: c, body: b }
}

const rootFields = ['v', 'p', 'a', 'k', 'g', 'n', 'd', 'ts', 'c', 'b'] as const
const fields = [...rootFields, 't'] as const

function badForm(field: string): Refusal {
  return refuse('ERR_TEAM_BAD_ENCODING', { why: `field ${field}` })
}

function isParents(value: CborValue | undefined): value is Uint8Array[] {
  if (!Array.isArray(value) || value.length > limits.commandParentsMax) return false
  return value.every(
    (parent, i) => isBytes(parent, 32) && (i === 0 || compareBytes(value[i - 1] as Uint8Array, parent) < 0),
  )
}

/** True for a byte string, of that length where one is given. */
export function isBytes(value: unknown, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length)
}

/** True for a list. */
export function isList(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value)
}

/** True for an unsigned safe integer. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** True for a CBOR map. */
export function isMap(value: unknown): value is CborMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** True where two ids or keys are the same bytes; null equals null. */
export function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b)
}
