import { fail } from '../base/index.ts'
import { fromHex } from './bytes.ts'
import { isUnspecified } from './host-name.ts'
import { parseAxKey, parsePeerId, peerIdText } from './identity-text.ts'
import { parseNodeAddress, withPeer, type NodeAddress } from './node-address.ts'
import { printable } from './printable.ts'

/** One entry of a node list (`FORMATS.md` 7): who, and where if the entry says so. */
export interface ListEntry {
  /** 32 bytes; whether they are a point is checked in `keys`. */
  readonly pk: Uint8Array
  /** The PeerId in base58: lists match by this alone. */
  readonly peer: string
  /** Where to dial, pinned to the peer; absent in a bare identity and where nobody can dial (port 0, `0.0.0.0`). */
  readonly address?: NodeAddress
}

/**
 * Reads a multiaddress with `/p2p/<id>`, `enode://<id>@host:port[?query]` (id a PeerId or 64 hex digits), a bare
 * PeerId or an ax public key, white space around it ignored. Fails with `ERR_INVALID_INPUT` or the `ERR_KEYS_…` of
 * its identity: 128 hex digits are a secp256k1 identity of Quorum's, which can be none here (`ERR_KEYS_KIND`).
 */
export function parseListEntry(text: string): ListEntry {
  const entry = text.trim()
  if (entry.startsWith('enode://')) return parseEnode(entry)
  if (entry.startsWith('/')) return parsePinned(entry)
  const pk = entry.startsWith('0') ? parseAxKey(entry) : parsePeerId(entry)
  return { pk, peer: peerIdText(pk) }
}

function parsePinned(entry: string): ListEntry {
  const address = parseNodeAddress(entry, { listen: true })
  if (address.peer === undefined) {
    throw fail('ERR_INVALID_INPUT', { what: `${printable(entry, 200)} names no identity: /p2p/<PeerId> is missing` })
  }
  return placed(parsePeerId(address.peer), address, entry)
}

function parseEnode(entry: string): ListEntry {
  const parts = /^enode:\/\/([^@/?#]*)@([^/?#]*)(?:\?[^#]*)?$/.exec(entry)
  if (parts === null) {
    throw fail('ERR_INVALID_INPUT', { what: `${printable(entry, 200)} is not enode://<id>@host:port` })
  }
  const pk = parseEnodeId(parts[1] ?? '')
  const place = parts[2] ?? ''
  if (!/:[0-9]+$/.test(place)) {
    throw fail('ERR_INVALID_INPUT', { what: `${printable(entry, 200)} has no port` })
  }
  return placed(pk, parseNodeAddress(place, { listen: true }), entry)
}

function parseEnodeId(id: string): Uint8Array {
  if (!/^[0-9a-fA-F]+$/.test(id)) return parsePeerId(id)
  if (id.length === 128) throw fail('ERR_KEYS_KIND', { found: 'secp256k1 (128 hex digits)', expected: 'Ed25519' })
  if (id.length !== 64) throw fail('ERR_KEYS_LENGTH', { found: id.length, expected: 64 })
  return fromHex(id.toLowerCase())
}

function placed(pk: Uint8Array, address: NodeAddress, entry: string): ListEntry {
  const peer = peerIdText(pk)
  return isDialable(address) ? { pk, peer, address: { ...withPeer(address, peer), typed: entry } } : { pk, peer }
}

function isDialable(address: NodeAddress): boolean {
  return address.kind === 'unix' || (address.port !== 0 && !isUnspecified(address.host))
}
