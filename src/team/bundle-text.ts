import { HyraxError, refuse, type Refusal } from '../base/index.ts'
import { fromBase64, idText, isJsonObject, parseJson, peerIdText, toBase64, toHex } from '../codec/index.ts'
import { sha256, type Keys } from '../keys/index.ts'
import { deviceId, readKeyBundle, type KeyBundle } from './key-bundle.ts'

/** How a bundle is written (SerializeKeyBundle): `cbor` for machines, `json`, and `text`, armoured with a checksum. */
export type BundleScheme = 'cbor' | 'json' | 'text'

const opening = '-----BEGIN HYRAX KEY BUNDLE-----'
const closing = '-----END HYRAX KEY BUNDLE-----'
const lineLength = 64

/**
 * Writes a bundle. `text` shows device and PeerId for people to compare, and ends with the first 4 bytes of the SHA-256
 * of its bytes; `cbor` is the bytes that are signed over.
 */
export function formatKeyBundle(scheme: 'cbor', bundle: KeyBundle): Uint8Array
export function formatKeyBundle(scheme: 'json' | 'text', bundle: KeyBundle): string
export function formatKeyBundle(scheme: BundleScheme, bundle: KeyBundle): string | Uint8Array
export function formatKeyBundle(scheme: BundleScheme, bundle: KeyBundle): string | Uint8Array {
  if (scheme === 'cbor') return bundle.bytes.slice()
  const { device, peer } = names(bundle)
  const checksum = checksumOf(bundle.bytes)
  const base64 = toBase64(bundle.bytes)
  if (scheme === 'json') return `${JSON.stringify({ v: 1, device, peer, bundle: base64, checksum }, null, 2)}\n`
  const lines = base64.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []
  return `${[opening, `Device: ${device}`, `Peer: ${peer}`, '', ...lines, `=${checksum}`, closing].join('\n')}\n`
}

/**
 * Reads a bundle in a scheme and verifies it. A wrong checksum, device or peer, an unknown scheme, a trailing byte:
 * ERR_TEAM_BAD_ENCODING. A bad signature or a weak key: ERR_TEAM_BAD_SIGNATURE, ERR_TEAM_KEY_WEAK.
 */
export function readBundle(scheme: string, input: string | Uint8Array, keys: Keys): KeyBundle | Refusal {
  try {
    const read = readScheme(scheme, input)
    if (!(read instanceof Uint8Array) && 'kind' in read) return read
    const { bytes, claimed } = read instanceof Uint8Array ? { bytes: read, claimed: undefined } : read
    const bundle = readKeyBundle(keys, bytes)
    if ('kind' in bundle || claimed === undefined) return bundle
    const own = names(bundle)
    const isRight = claimed.device === own.device && claimed.peer === own.peer
    return isRight ? bundle : bad('the ids above the bundle are not its own')
  } catch (error) {
    if (error instanceof HyraxError) return bad(error.message)
    throw error
  }
}

/** Reads a bundle in whichever scheme it is written: armoured text, JSON, or base64 of the CBOR. */
export function readAnyBundle(text: string, keys: Keys): KeyBundle | Refusal {
  const trimmed = text.trim()
  if (trimmed.startsWith(opening)) return readBundle('text', trimmed, keys)
  if (trimmed.startsWith('{')) return readBundle('json', trimmed, keys)
  try {
    return readBundle('cbor', fromBase64(trimmed), keys)
  } catch {
    return bad('neither armoured text, nor JSON, nor base64')
  }
}

interface Claimed {
  readonly bytes: Uint8Array
  readonly claimed: { readonly device: unknown; readonly peer: unknown }
}

function readScheme(scheme: string, input: string | Uint8Array): Uint8Array | Claimed | Refusal {
  if (scheme === 'cbor' && typeof input !== 'string') return input
  if (scheme === 'json' && typeof input === 'string') return readJson(input)
  if (scheme === 'text' && typeof input === 'string') return readArmoured(input)
  return bad(`unknown scheme ${scheme}`)
}

function readJson(text: string): Claimed | Refusal {
  const value = parseJson(text, { what: 'Key bundle' })
  if (!isJsonObject(value) || Object.keys(value).sort().join() !== 'bundle,checksum,device,peer,v')
    return bad('members')
  const { v, device, peer, bundle, checksum } = value
  if (v !== 1 || typeof bundle !== 'string') return bad('members')
  const bytes = fromBase64(bundle)
  return checksumOf(bytes) === checksum ? { bytes, claimed: { device, peer } } : bad('the checksum is wrong')
}

function readArmoured(text: string): Claimed | Refusal {
  const lines = text.trim().split(/\r?\n/)
  const [first, device, peer, empty, ...rest] = lines
  const last = rest.pop()
  const checksum = rest.pop()
  if (first !== opening || last !== closing || empty !== '') return bad('the frame is broken')
  if (device?.startsWith('Device: ') !== true || peer?.startsWith('Peer: ') !== true) return bad('the ids are missing')
  if (rest.some((line, i) => line.length > lineLength || (i < rest.length - 1 && line.length < lineLength)))
    return bad('a line has another length')
  const bytes = fromBase64(rest.join(''))
  if (checksum !== `=${checksumOf(bytes)}`) return bad('the checksum is wrong')
  return { bytes, claimed: { device: device.slice('Device: '.length), peer: peer.slice('Peer: '.length) } }
}

/** First 4 bytes of the SHA-256, as hex. */
function checksumOf(bytes: Uint8Array): string {
  return toHex(sha256(bytes).subarray(0, 4))
}

function names(bundle: KeyBundle): { device: string; peer: string } {
  return { device: idText('dev', deviceId(bundle.identity)), peer: peerIdText(bundle.identity) }
}

function bad(why: string): Refusal {
  return refuse('ERR_TEAM_BAD_ENCODING', { why: `key bundle: ${why}` })
}
