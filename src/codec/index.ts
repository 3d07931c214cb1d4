/**
 * Bytes and texts to values and back: deterministic CBOR, frames, strict base-N, identity, swarm-key and id texts,
 * addresses of nodes, strict JSON, and foreign strings made safe to print. One value has one spelling; what a decoder
 * takes is what its encoder writes. It refuses to know keys: whether 32 bytes are a point is said by `keys`.
 *
 * @example
 * import { parsePublicIdentity, peerIdText } from '../codec/index.ts'
 * const { pk } = parsePublicIdentity('0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I=')
 * peerIdText(pk) // 12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF
 */
export {
  compareBytes,
  concatBytes,
  copyBytes,
  equalBytes,
  fromHex,
  writeHex,
  fromUtf8,
  isWellFormed,
  toHex,
  utf8,
} from './bytes.ts'
export {
  fromBase32,
  fromBase32Lower,
  fromBase58,
  fromBase64,
  fromBase64Url,
  toBase32,
  toBase32Lower,
  toBase58,
  toBase64,
  toBase64Url,
} from './base-n.ts'
export { decodeCbor, readCborAt, encodeCbor, isCborMap, type CborBounds, type CborMap, type CborValue } from './cbor.ts'
export { createFrameReader, encodeFrame, type FrameReader } from './frames.ts'
export {
  axKeyText,
  parseAxKey,
  parsePeerId,
  parsePublicIdentity,
  peerIdText,
  type PublicIdentity,
} from './identity-text.ts'
export {
  nkeyPrivateText,
  nkeySeedText,
  nkeyText,
  parseNkey,
  type Nkey,
  type NkeyLetter,
  type NkeyWanted,
} from './nkey.ts'
export { openSshBlob, parseOpenSshLine } from './openssh-line.ts'
export { formatSwarmKey, parseSwarmKey, type SwarmKeyForm } from './swarm-key-text.ts'
export {
  formatInviteLine,
  formatJoinLine,
  looksLikeInvite,
  parseInviteLine,
  parseJoinLine,
  type InviteLine,
  type JoinLine,
} from './join-line.ts'
export { formatId, idText, looksLikeId, parseId, readId, type IdKind, type IdScheme } from './ids.ts'
export { isJsonObject, parseJson, type JsonObject, type JsonOptions, type JsonValue } from './json.ts'
export { canonicalHost, isUnspecified, type HostFamily } from './host-name.ts'
export {
  knownAddress,
  multiaddrText,
  parseNodeAddress,
  withPeer,
  type AddressOptions,
  type NodeAddress,
  type TcpAddress,
  type UnixAddress,
} from './node-address.ts'
export { parseListEntry, type ListEntry } from './list-entry.ts'
export { printable } from './printable.ts'
