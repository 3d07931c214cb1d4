import { fail, isErrorCode, limits, type ErrorCode } from '../base/index.ts'
import { encodeCbor, isCborMap, type CborMap, type CborValue } from '../codec/index.ts'
import { wire } from './wire.ts'

/** Digests of the sender's node lists (`FORMATS.md` 7), so that differing lists can be shown. */
export interface ListDigests {
  readonly permissioned: string
  readonly disallowed: string
}

/** What one side says of itself, once per connection. All of it is a claim but the peer, which Noise proved. */
export interface Hello {
  /** At most 64 bytes of foreign text. */
  readonly name: string
  readonly agent: string
  /** Multiaddr texts it listens on, at most 8, as it wrote them. */
  readonly addrs: readonly string[]
  readonly gate: 'open' | 'permissioned'
  readonly lists: ListDigests | null
  /** Fingerprint of the swarm key being rotated in. */
  readonly keyNext: string | null
  /** Peer binding of `TEAM.md` 3, unread. */
  readonly binding: Uint8Array | null
}

/** A peer that somebody else has welcomed, with the addresses of its own hello. */
export interface NamedPeer {
  readonly peer: string
  readonly addrs: readonly string[]
}

export type Answer = { readonly kind: 'welcome' } | { readonly kind: 'refused'; readonly code: ErrorCode }

const textBytesMax = 256
const bindingBytesMax = 2_048

export function helloFrame(hello: Hello): CborMap {
  const lists =
    hello.lists === null ? null : { permissioned: hello.lists.permissioned, disallowed: hello.lists.disallowed }
  return { ...hello, addrs: [...hello.addrs], lists, t: wire.hello, v: 1 }
}

/** Reads a hello strictly; `ERR_SWARM_HELLO` says what is wrong with it. */
export function readHello(peer: string, frame: CborMap | undefined): Hello {
  const read = reader(peer, frame, wire.hello, ['v', 'agent', 'name', 'addrs', 'gate', 'lists', 'keyNext', 'binding'])
  if (encodeCbor(read.map).length > limits.helloFrameBytesMax) throw read.broken('the frame is too long')
  if (read.map['v'] !== 1) throw read.broken('unknown version')
  const gate = read.map['gate']
  if (gate !== 'open' && gate !== 'permissioned') throw read.broken('gate')
  return {
    name: read.text('name', limits.helloNameBytesMax),
    agent: read.text('agent', textBytesMax),
    addrs: addressesOf(read, read.map['addrs']),
    gate,
    lists: listsOf(read, read.map['lists']),
    keyNext: read.map['keyNext'] === null ? null : read.text('keyNext', textBytesMax),
    binding: bindingOf(read, read.map['binding']),
  }
}

export function answerFrame(answer: Answer): CborMap {
  return answer.kind === 'welcome' ? { t: wire.welcome } : { t: wire.refused, code: answer.code }
}

/** Reads the answer to a hello. A code we do not know is read as `ERR_UNSUPPORTED`. */
export function readAnswer(peer: string, frame: CborMap | undefined): Answer {
  if (frame?.['t'] === wire.refused) {
    const read = reader(peer, frame, wire.refused, ['code'])
    const code = read.text('code', textBytesMax)
    return { kind: 'refused', code: isErrorCode(code) ? code : 'ERR_UNSUPPORTED' }
  }
  reader(peer, frame, wire.welcome, [])
  return { kind: 'welcome' }
}

/** As many of the peers as fit the frame's limit. */
export function peersFrame(peers: readonly NamedPeer[]): CborMap {
  const kept = peers
    .slice(0, limits.peersNamedMax)
    .map(({ peer, addrs }) => ({ peer, addrs: addrs.slice(0, limits.helloAddressesMax) }))
  while (kept.length > 0 && encodeCbor({ t: wire.peers, peers: kept }).length > limits.peersFrameBytesMax) kept.pop()
  return { t: wire.peers, peers: kept }
}

/** Reads a PEERS frame. Only its form: whether a peer is one, and is admitted, is the reader's matter. */
export function readPeers(peer: string, frame: CborMap | undefined): NamedPeer[] {
  const read = reader(peer, frame, wire.peers, ['peers'])
  const named = read.map['peers']
  if (!Array.isArray(named) || named.length > limits.peersNamedMax) throw read.broken('peers')
  return (named as readonly CborValue[]).map((entry) => {
    if (!isCborMap(entry) || Object.keys(entry).length !== 2 || typeof entry['peer'] !== 'string')
      throw read.broken('peers')
    return { peer: entry['peer'], addrs: addressesOf(read, entry['addrs']) }
  })
}

interface Reading {
  readonly map: CborMap
  broken(what: string): Error
  text(name: string, bytesMax: number): string
}

function reader(peer: string, frame: CborMap | undefined, word: string, members: readonly string[]): Reading {
  const broken = (what: string): Error => fail('ERR_SWARM_HELLO', { peer, what })
  if (frame === undefined) throw broken(`the stream ended before ${word}`)
  if (frame['t'] !== word) throw broken(`${word} expected`)
  for (const member of members) if (!Object.hasOwn(frame, member)) throw broken(`${member} is missing`)
  // `x` may hold anything, so that the frame can grow inside a version; nothing is decided by it (R0.11).
  const allowed = new Set(['t', 'x', ...members])
  for (const member of Object.keys(frame)) if (!allowed.has(member)) throw broken('unknown member')
  return {
    map: frame,
    broken,
    text(name, bytesMax) {
      const value = frame[name]
      if (typeof value !== 'string' || new TextEncoder().encode(value).length > bytesMax) throw broken(name)
      return value
    },
  }
}

function addressesOf(read: Reading, value: CborValue | undefined): string[] {
  if (!Array.isArray(value) || value.length > limits.helloAddressesMax) throw read.broken('addrs')
  return value.map((text) => {
    if (typeof text !== 'string' || text.length > textBytesMax) throw read.broken('addrs')
    return text
  })
}

function listsOf(read: Reading, value: CborValue | undefined): ListDigests | null {
  if (value === null) return null
  if (!isCborMap(value) || Object.keys(value).length !== 2) throw read.broken('lists')
  const { permissioned, disallowed } = value
  if (typeof permissioned !== 'string' || typeof disallowed !== 'string') throw read.broken('lists')
  return { permissioned, disallowed }
}

function bindingOf(read: Reading, value: CborValue | undefined): Uint8Array | null {
  if (value === null) return null
  if (!(value instanceof Uint8Array) || value.length > bindingBytesMax) throw read.broken('binding')
  return value
}
