import { lowestRole } from '../policy.ts'
import { roleOf, type Invite, type Member, type TeamState } from '../state.ts'
import type { Table } from '../table.ts'
import { needsToGive, ranksToGive } from './giving.ts'

/** The state without a member: its role, labels, name, keys, invites, and the nodes bound to it, which are barred. */
export function withoutDevice(state: TeamState, member: Member, byHex: string): TeamState {
  const { deviceHex, networkName } = member
  let { nodes, barred } = state
  for (const node of nodes.values()) {
    if (node.deviceHex !== deviceHex) continue
    nodes = nodes.without(node.peer)
    barred = barred.with(node.peer, byHex)
  }
  return {
    ...state,
    members: state.members.without(deviceHex),
    names: networkName === undefined ? state.names : state.names.without(networkName),
    invites: keepInvites(state, (invite) => invite.creator !== deviceHex),
    nodes,
    barred,
  }
}

/** The state without the invites of these devices that they could no longer make. */
export function rejudgeInvites(state: TeamState, isConcerned: (creator: Member) => boolean): TeamState {
  if (state.invites.size === 0) return state
  const invites = keepInvites(state, (invite) => {
    const creator = state.members.get(invite.creator)
    return creator !== undefined && (!isConcerned(creator) || couldInvite(state, creator, invite))
  })
  return invites === state.invites ? state : { ...state, invites }
}

/** The invites that pass. */
export function keepInvites(state: TeamState, passes: (invite: Invite) => boolean): Table<Invite> {
  let { invites } = state
  for (const [idHex, invite] of invites) if (!passes(invite)) invites = invites.without(idHex)
  return invites
}

/** True where a member has the permissions and the rank that making this invite now would need. */
export function couldInvite(state: TeamState, creator: Member, invite: Pick<Invite, 'role' | 'labels'>): boolean {
  const role = roleOf(state, creator.role)
  const given = roleOf(state, invite.role)
  if (role === undefined || given === undefined || !role.permissions.has('device.add')) return false
  if (invite.labels.length > 0 && !role.permissions.has('label.assign')) return false
  const needed = given.role === lowestRole ? [] : needsToGive({ role }, given.role)
  return needed.every((p) => role.permissions.has(p)) && ranksToGive(role, given)
}
