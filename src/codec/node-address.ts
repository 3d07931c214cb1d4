import { fail, type HyraxError } from '../base/index.ts'
import { parsePeerId, peerIdText } from './identity-text.ts'
import { canonicalHost, isUnspecified, type HostFamily } from './host-name.ts'
import { printable } from './printable.ts'

/** Where a node listens, as somebody wrote it. */
export type NodeAddress = TcpAddress | UnixAddress

export interface TcpAddress {
  readonly kind: 'tcp'
  /** Canonical: lower-case A-labels, four decimal numbers, or RFC 5952 with its zone. */
  readonly host: string
  readonly port: number
  readonly family: HostFamily
  /** The identity that the address pins, as a base58 PeerId. */
  readonly peer?: string
  /** The address to the letter, for dialogues and messages. */
  readonly typed: string
}

export interface UnixAddress {
  readonly kind: 'unix'
  /** Absolute path of the socket. */
  readonly path: string
  readonly peer?: string
  readonly typed: string
}

export interface AddressOptions {
  /** Port of `host` and `[v6]` without one; 4458, the admin port, unless said. */
  readonly port?: number
  /** Takes port 0 and the unspecified address too, which can be listened on but not dialled. */
  readonly listen?: boolean
}

/**
 * Reads a multiaddress (`/ip4|ip6|dns|dns4|dns6/…/tcp/N`, `/ip6zone/Z/ip6/…`, `/unix/<percent-encoded path>`, each
 * with at most one `/p2p/<id>` at its end), or `host`, `host:port`, `v6`, `[v6]`, `[v6]:port`.
 * Relays, other transports, several identities, port 0, the unspecified address, a bad name: `ERR_INVALID_INPUT`;
 * a bad PeerId fails with the code of `parsePeerId`.
 */
export function parseNodeAddress(text: string, options: AddressOptions = {}): NodeAddress {
  const address = text.startsWith('/') ? parseMultiaddr(text) : parseHostPort(text, options.port ?? 4458)
  if (address.kind === 'tcp' && options.listen !== true) {
    if (address.port === 0) throw badAddress(text, 'port 0 cannot be dialled')
    if (isUnspecified(address.host)) throw badAddress(text, 'the unspecified address cannot be dialled')
  }
  return address
}

/** The canonical `host:port`, `[v6]:port` or socket path that `known_nodes` holds (`FORMATS.md` 3). */
export function knownAddress(address: NodeAddress): string {
  if (address.kind === 'unix') return address.path
  return address.family === 'ip6' ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** The libp2p multiaddress, with `/p2p/…` if the address pins an identity. */
export function multiaddrText(address: NodeAddress): string {
  const pin = address.peer === undefined ? '' : `/p2p/${address.peer}`
  if (address.kind === 'unix') return `/unix/${encodeURIComponent(address.path)}${pin}`
  const [host, zone] = address.host.split('%')
  const place = zone === undefined ? `/${address.family}/${host ?? ''}` : `/ip6zone/${zone}/ip6/${host ?? ''}`
  return `${place}/tcp/${address.port}${pin}`
}

/** The same address that pins `peer`, or pins nobody. */
export function withPeer(address: NodeAddress, peer: string | undefined): NodeAddress {
  const { peer: _dropped, ...rest } = address
  return peer === undefined ? rest : { ...rest, peer }
}

function parseMultiaddr(text: string): NodeAddress {
  const parts = text.slice(1).split('/')
  const pinned = parts.findIndex((part) => part === 'p2p' || part === 'ipfs')
  const place = pinned < 0 ? parts : parts.slice(0, pinned)
  if (pinned >= 0 && parts.length !== pinned + 2) throw badAddress(text, 'nothing may follow its one /p2p/ identity')
  const pin = pinned < 0 ? {} : { peer: peerIdText(parsePeerId(parts[pinned + 1] ?? '')) }
  if (place[0] === 'unix') return { kind: 'unix', path: socketPath(place, text), ...pin, typed: text }
  return { kind: 'tcp', ...parseTcp(place, text), ...pin, typed: text }
}

/** Most who give the path of a file here mean a socket. */
function whatInstead(text: string): string {
  if (!text.endsWith('.sock')) return 'use ip4, ip6, dns, dns4, dns6 or unix'
  return `a socket is written /unix/${printable(
    text.replace(/[%/]/g, (mark) => (mark === '/' ? '%2F' : '%25')),
    200,
  )}`
}

function parseTcp(place: string[], text: string): Pick<TcpAddress, 'host' | 'port' | 'family'> {
  const zone = place[0] === 'ip6zone' ? place[1] : undefined
  const [protocol = '', host = '', transport, port = '', ...more] = zone === undefined ? place : place.slice(2)
  if (!['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(protocol) || (zone !== undefined && protocol !== 'ip6')) {
    throw badAddress(text, `/${printable(protocol, 40)} is not supported; ${whatInstead(text)}`)
  }
  if (transport !== 'tcp' || more.length > 0) throw badAddress(text, 'only /tcp/<port> may follow the host')
  const family = protocol as HostFamily
  const found = readHost(zone === undefined ? host : `${host}%${zone}`, text)
  const fits = protocol.startsWith('ip') ? found.family === protocol : found.family === 'dns'
  if (!fits) throw badAddress(text, `${printable(host, 80)} is no ${protocol} host`)
  return { host: found.host, port: readPort(port, text), family }
}

function socketPath(place: string[], text: string): string {
  let path = ''
  try {
    path = decodeURIComponent(place[1] ?? '')
  } catch {
    throw badAddress(text, 'its percent-encoding is broken')
  }
  if (place.length !== 2 || !path.startsWith('/')) {
    throw badAddress(text, 'the socket needs an absolute path with / written as %2F')
  }
  if (/[\s\p{C}]/u.test(path)) throw badAddress(text, 'the path of a socket holds no white space')
  return path
}

function parseHostPort(text: string, defaultPort: number): NodeAddress {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  const plain = /^([^:]*)(?::([^:]*))?$/.exec(text)
  const host = bracketed?.[1] ?? plain?.[1] ?? text
  const port = bracketed?.[2] ?? plain?.[2]
  const found = readHost(host, text)
  if (bracketed !== null && found.family !== 'ip6') throw badAddress(text, 'only an IPv6 address stands in brackets')
  return { kind: 'tcp', ...found, port: port === undefined ? defaultPort : readPort(port, text), typed: text }
}

function readHost(host: string, text: string): { host: string; family: HostFamily } {
  const found = canonicalHost(host)
  if (found === undefined) throw badAddress(text, 'it has no valid host name or IP address')
  return found
}

function readPort(port: string, text: string): number {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535)
    throw badAddress(text, 'the port is no number up to 65535')
  return Number(port)
}

function badAddress(text: string, why: string): HyraxError {
  return fail('ERR_INVALID_INPUT', { what: `${printable(text, 200)} is not an address of a node: ${why}` })
}
