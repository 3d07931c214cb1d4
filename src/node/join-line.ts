import { fail, limits, roleHolds } from '../base/index.ts'
import {
  axKeyText,
  multiaddrText,
  parseNodeAddress,
  parsePeerId,
  type JoinLine,
  type NodeAddress,
} from '../codec/index.ts'
import type { Caller } from '../operations/index.ts'
import type { NodeParts } from './parts.ts'

/** Port of an address that names none: the swarm's. */
const swarmPort = 4001

/**
 * What somebody needs to reach a node of this swarm: `server`, a multiaddr with `/p2p/`, or this node where there is none.
 * `withKey` puts the swarm key in and wants the right `admin:keys`: ERR_UNAUTHORIZED. ERR_INVALID_INPUT, _NODE_STATE.
 */
export function joinLineOf(
  parts: Pick<NodeParts, 'swarm' | 'swarmKey' | 'identity'>,
  caller: Caller,
  { server, withKey }: { readonly server?: string | undefined; readonly withKey: boolean },
): JoinLine {
  const { key, fingerprint } = parts.swarmKey
  const reached = server === undefined ? own(parts) : named(server)
  return { ...reached, fingerprint, ...(withKey ? { key: mayHave(caller, key) } : {}) }
}

type Reached = Pick<JoinLine, 'peer' | 'addresses'>

function own({ swarm, identity }: Pick<NodeParts, 'swarm' | 'identity'>): Reached {
  const addresses = swarm.addresses().flatMap((text) => usable(text) ?? [])
  if (addresses.length === 0)
    throw fail('ERR_INVALID_NODE_STATE', {
      what: 'it has no address that others could dial: set swarm/announceAddresses, or name a server',
    })
  return { peer: identity.peer, addresses: [...new Set(addresses)].slice(0, limits.helloAddressesMax) }
}

function usable(text: string): string | undefined {
  try {
    return unpinned(parseNodeAddress(text))
  } catch {
    return undefined
  }
}

function named(server: string): Reached {
  const address = parseNodeAddress(server, { port: swarmPort })
  if (address.kind === 'unix' || address.peer === undefined)
    throw fail('ERR_INVALID_INPUT', { what: 'the server needs its identity: /ip4/…/tcp/…/p2p/<PeerId>' })
  return { peer: address.peer, addresses: [unpinned(address)] }
}

function unpinned(address: NodeAddress): string {
  const { peer: _peer, ...bare } = address
  return multiaddrText(bare)
}

function mayHave({ peer, role }: Caller, key: Uint8Array): Uint8Array {
  if (roleHolds(role, 'admin:keys')) return key
  const known = peer === null ? {} : { key: axKeyText(parsePeerId(peer)) }
  throw fail('ERR_UNAUTHORIZED', { ...known, because: `role ${role}` })
}
