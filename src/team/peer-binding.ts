import { labels, limits, refuse, type Refusal } from '../base/index.ts'
import { decodeCbor, encodeCbor, parsePeerId } from '../codec/index.ts'
import type { Identity, Keys } from '../keys/index.ts'
import { isBytes, isCount, isList, isMap, isSame } from './command.ts'
import { deviceId } from './key-bundle.ts'

/** What a binding says: this libp2p identity acts for this device. The largest `sequence` of a device counts. */
export interface PeerBinding {
  /** PeerId, `12D3KooW…`. */
  readonly peer: string
  /** Device id, 32 bytes. */
  readonly device: Uint8Array
  readonly sequence: number
}

/** Binding = det-CBOR `[map bytes, signature of the identity key, signature of the peer key]` (`TEAM.md` 3). */
export function makePeerBinding(
  keys: Keys,
  parts: { readonly identity: Identity; readonly node: Identity; readonly sequence: number },
): Uint8Array {
  const { identity, node, sequence } = parts
  const statement = encodeCbor({ peer: node.peer, device: deviceId(identity.publicKey), seq: sequence })
  const ofIdentity = keys.sign(identity, labels.peerBinding, statement)
  return encodeCbor([statement, ofIdentity, keys.sign(node, labels.peerBinding, statement)])
}

/**
 * Reads and verifies a binding of the peer that is connected. By default a device's identity key is the node's key; any
 * other one is looked up by `identityOf` (device id as 32 bytes to the identity key that a team knows).
 * Refused with ERR_TEAM_BAD_ENCODING or ERR_TEAM_BAD_SIGNATURE.
 */
export function readPeerBinding(
  keys: Keys,
  bytes: Uint8Array,
  about: { readonly peer: string; readonly identityOf?: (device: Uint8Array) => Uint8Array | undefined },
): PeerBinding | Refusal {
  try {
    const [statement, ofIdentity, ofPeer] = readParts(bytes)
    const map = decodeCbor(statement)
    if (!isMap(map) || Object.keys(map).length !== 3) return badBinding()
    const { peer, device, seq: sequence } = map
    if (peer !== about.peer || !isBytes(device, 32) || !isCount(sequence)) return badBinding()
    const peerKey = parsePeerId(peer)
    const identity = isSame(deviceId(peerKey), device) ? peerKey : about.identityOf?.(device)
    const isSigned =
      identity !== undefined &&
      isSame(deviceId(identity), device) &&
      keys.isValidPoint(peerKey) &&
      keys.verify(identity, labels.peerBinding, statement, ofIdentity) &&
      keys.verify(peerKey, labels.peerBinding, statement, ofPeer)
    return isSigned ? { peer, device, sequence } : refuse('ERR_TEAM_BAD_SIGNATURE', { what: 'of the peer binding' })
  } catch {
    return badBinding()
  }
}

function readParts(bytes: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const outer = bytes.length > limits.bundleBytesMax ? null : decodeCbor(bytes)
  if (!isList(outer) || outer.length !== 3) return [empty, empty, empty]
  const [statement, ofIdentity, ofPeer] = outer
  if (!isBytes(statement) || !isBytes(ofIdentity, 64) || !isBytes(ofPeer, 64)) return [empty, empty, empty]
  return [statement, ofIdentity, ofPeer]
}

/** Decodes to nothing, and so to a refusal. */
const empty = new Uint8Array(0)

function badBinding(): Refusal {
  return refuse('ERR_TEAM_BAD_ENCODING', { why: 'peer binding' })
}
