import { limits } from '../base/index.ts'
import { multiaddrText, parseNodeAddress, withPeer, type NodeAddress } from '../codec/index.ts'
import { isLoopbackSource, sourceOf } from '../host/index.ts'

/**
 * A multiaddr that may be dialled in the swarm, without `/p2p`; undefined for what cannot: no TCP, port 0, an
 * unspecified host, anything unparsable. Others' texts come through here and never throw.
 */
export function dialable(text: string): string | undefined {
  const address = readAddress(text)
  return address?.kind === 'tcp' ? multiaddrText(withPeer(address, undefined)) : undefined
}

/** The PeerId that an address pins. */
export function pinOf(text: string): string | undefined {
  return readAddress(text)?.peer
}

/** The same address, pinned. */
export function pinned(address: string, peer: string | undefined): string {
  return peer === undefined ? address : `${address}/p2p/${peer}`
}

function readAddress(text: string): NodeAddress | undefined {
  try {
    // Peers speak multiaddresses; a bare word would be read as the name of a host.
    return text.startsWith('/') ? parseNodeAddress(text) : undefined
  } catch {
    return undefined
  }
}

/**
 * The addresses worth telling to, or believing of, somebody who is connected from `remoteAddress`: loopback ones mean
 * another machine to everybody but those on this one.
 */
export function fitting(addrs: readonly string[], remoteAddress: string): string[] {
  const isLocal = isLoopbackSource(sourceOf(remoteAddress))
  return addrs.filter((address) => isLocal || !isLoopback(address)).slice(0, limits.helloAddressesMax)
}

function isLoopback(address: string): boolean {
  const [, kind, host] = address.split('/')
  if (kind === 'ip4' || kind === 'ip6') return isLoopbackSource(sourceOf(address))
  return host === 'localhost'
}
