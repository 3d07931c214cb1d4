import type { Act, Bodies } from './body.ts'
import { targetHex } from './check.ts'
import type { Command } from './command.ts'
import { deviceId } from './key-bundle.ts'
import { lowestRole, ownerRole } from './policy.ts'
import { emptyState, type Member, type TeamState } from './state.ts'

/** What `apply` needs of the command around an act. */
export type Applied = Pick<Command, 'id' | 'idHex' | 'depth' | 'author' | 'authorHex'>

/**
 * The state after an act whose check succeeded. Pure and total: a new state, sharing what did not change. What hangs on a
 * row goes with it.
 */
export function apply(state: TeamState, act: Act, command: Applied): TeamState {
  switch (act.kind) {
    case 'CreateTeam':
      return createTeam(act.body, command)
    case 'CloseTeam':
      return { ...state, open: false }
    case 'AddDevice':
      return addDevice(state, act, command)
    case 'RemoveDevice':
      return removeDevice(state, targetHex(act), command)
    case 'AssignRole':
      return setRole(state, targetHex(act), act.body.role, act.body.roleAt)
    case 'RevokeRole':
      return setRole(state, targetHex(act), lowestRole, state.team)
  }
}

function createTeam(body: Bodies['CreateTeam'], command: Applied): TeamState {
  const owner = admit(body, command, { deviceHex: command.authorHex, device: command.author, generation: 0 })
  return {
    ...emptyState,
    team: command.id,
    name: body.name,
    policy: body.policy,
    open: true,
    members: emptyState.members.with(owner.deviceHex, { ...owner, role: ownerRole, roleAt: command.id }),
  }
}

function addDevice(state: TeamState, act: Act & { kind: 'AddDevice' }, command: Applied): TeamState {
  const deviceHex = targetHex(act)
  const { gen: generation, role, roleAt } = act.body
  const device = deviceId(act.body.bundle.identity)
  const member: Member = { ...admit(act.body, command, { deviceHex, device, generation }), role, roleAt }
  return { ...state, members: state.members.with(deviceHex, member) }
}

function admit(
  body: Bodies['CreateTeam'] | Bodies['AddDevice'],
  command: Applied,
  who: { device: Uint8Array; deviceHex: string; generation: number },
): Omit<Member, 'role' | 'roleAt'> {
  const { bundle, commonName: name } = body
  const { identity, signing, encryption, sequence } = bundle
  const admitted = { id: command.id, idHex: command.idHex, depth: command.depth, byHex: command.authorHex }
  return { ...who, name, identity, signing, encryption, bundle: sequence, admitted }
}

function removeDevice(state: TeamState, deviceHex: string, command: Applied): TeamState {
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const { device, identity } = member
  const departure = { device, identity, generation: member.generation + 1, removedBy: command.idHex }
  return {
    ...state,
    members: state.members.without(deviceHex),
    departures: state.departures.with(deviceHex, departure),
  }
}

function setRole(state: TeamState, deviceHex: string, role: string, roleAt: Uint8Array): TeamState {
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  return { ...state, members: state.members.with(deviceHex, { ...member, role, roleAt }) }
}
