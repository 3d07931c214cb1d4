import { limits, refuse } from '../../base/index.ts'
import { parsePeerId, toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, full, type Law } from '../case.ts'
import { address, count, id, listOf, optional, peer } from '../fields.ts'
import { deviceId } from '../key-bundle.ts'
import { generationOf, type TeamState } from '../state.ts'

/** The nodes of the swarm that the team governs. */
export const nodes: { readonly [K in 'AddNode' | 'RemoveNode']: Law<Bodies[K]> } = {
  AddNode: {
    form: {
      peer,
      addrs: optional(listOf(address, limits.nodeAddressesMax)),
      device: optional(id),
      gen: optional(count),
    },
    whole: ({ device, gen }) => ((device === undefined) === (gen === undefined) ? undefined : 'gen'),
    own: ({ state, facts }, body) => {
      if (facts.weak) return refuse('ERR_TEAM_KEY_WEAK')
      if (state.nodes.has(body.peer)) return duplicate('the node is on the list')
      return full('governed nodes', state.nodes.size, limits.governedNodesMax)
    },
    apply: addNode,
  },
  RemoveNode: {
    form: { peer },
    own: ({ state }, body) => (state.barred.has(body.peer) ? duplicate('the node is barred') : undefined),
    apply: (state, body, { idHex }) => ({
      ...state,
      nodes: state.nodes.without(body.peer),
      barred: state.barred.with(body.peer, idHex),
    }),
  },
}

function addNode(state: TeamState, body: Bodies['AddNode']): TeamState {
  const { peer: named, addrs = [], device } = body
  // By default a node's key is its device's identity: a removal that follows takes the node along, bound or not.
  const removals = generationOf(state, toHex(deviceId(parsePeerId(named))))
  const row = { peer: named, addrs, removals, ...(device === undefined ? {} : { deviceHex: toHex(device) }) }
  return { ...state, nodes: state.nodes.with(named, row), barred: state.barred.without(named) }
}
