import { refuse } from '../../base/index.ts'
import { toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, type Law } from '../case.ts'
import { count, id, networkName } from '../fields.ts'
import type { TeamState } from '../state.ts'

/** Network names: one for a device, one device for a name. */
export const names: { readonly [K in 'AssignNetworkName' | 'RevokeNetworkName']: Law<Bodies[K]> } = {
  AssignNetworkName: {
    form: { device: id, gen: count, name: networkName },
    own: ({ state }, body) => {
      const holder = state.names.get(body.name)
      const isFree = holder === undefined || holder === toHex(body.device)
      return isFree ? undefined : duplicate(`another device is called ${body.name}`)
    },
    apply: (state, body) => rename(state, toHex(body.device), body.name),
  },
  RevokeNetworkName: {
    form: { device: id, gen: count, name: networkName },
    own: ({ state }, body) =>
      state.names.get(body.name) === toHex(body.device)
        ? undefined
        : refuse('ERR_TEAM_UNKNOWN_NAME', { name: body.name }),
    apply: (state, body) => rename(state, toHex(body.device), undefined),
  },
}

/** The state with a device called so, or no longer called anything. */
function rename(state: TeamState, deviceHex: string, name: string | undefined): TeamState {
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const { networkName: before, ...rest } = member
  const names = before === undefined ? state.names : state.names.without(before)
  const changed = name === undefined ? rest : { ...rest, networkName: name }
  return {
    ...state,
    members: state.members.with(deviceHex, changed),
    names: name === undefined ? names : names.with(name, deviceHex),
  }
}
