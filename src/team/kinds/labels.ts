import { limits, refuse } from '../../base/index.ts'
import { toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, full, type Applied, type Law } from '../case.ts'
import { count, id, label, op, optional } from '../fields.ts'
import type { HeldLabel, TeamState } from '../state.ts'

/** Labels: what they are called, and who may send and receive on them. */
export const labels: {
  readonly [K in 'CreateLabel' | 'DeleteLabel' | 'AssignLabel' | 'RevokeLabel']: Law<Bodies[K]>
} = {
  CreateLabel: {
    form: { label },
    own: ({ state }, body) =>
      state.labels.has(body.label)
        ? duplicate(`there is a label ${body.label}`)
        : full('labels', state.labels.size, limits.labelsMax),
    apply: (state, body, { id: at }) => ({ ...state, labels: state.labels.with(body.label, at) }),
  },
  DeleteLabel: {
    form: { label, labelAt: id },
    apply: deleteLabel,
  },
  AssignLabel: {
    form: { device: id, gen: count, label, labelAt: id, op: optional(op, 'send-recv') },
    own: ({ state }, body) => {
      const held = state.members.get(toHex(body.device))?.labels
      // Revoke first: what a label allows is never united.
      if (held?.has(body.label) === true) return duplicate(`the device has the label ${body.label}`)
      return full('labels on this device', held?.size ?? 0, limits.labelsPerDeviceMax)
    },
    apply: assignLabel,
  },
  RevokeLabel: {
    form: { device: id, gen: count, label, labelAt: id },
    own: ({ state }, body) =>
      state.members.get(toHex(body.device))?.labels.has(body.label) === true
        ? undefined
        : refuse('ERR_TEAM_UNKNOWN_LABEL', { label: body.label }),
    apply: (state, body) => revokeLabel(state, toHex(body.device), body.label),
  },
}

function assignLabel(state: TeamState, body: Bodies['AssignLabel'], { idHex: by }: Applied): TeamState {
  const deviceHex = toHex(body.device)
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const held: HeldLabel = { op: body.op, at: body.labelAt, by }
  const changed = { ...member, labels: new Map([...member.labels, [body.label, held]]) }
  return { ...state, members: state.members.with(deviceHex, changed) }
}

function revokeLabel(state: TeamState, deviceHex: string, name: string): TeamState {
  const member = state.members.get(deviceHex)
  if (member?.labels.has(name) !== true) return state
  const kept = new Map([...member.labels].filter(([held]) => held !== name))
  return { ...state, members: state.members.with(deviceHex, { ...member, labels: kept }) }
}

/** Its assignments go with a label, and what open invites would have brought of it. */
function deleteLabel(state: TeamState, body: Bodies['DeleteLabel']): TeamState {
  let { invites } = state
  for (const [idHex, invite] of invites) {
    const kept = invite.labels.filter(([name]) => name !== body.label)
    if (kept.length < invite.labels.length) invites = invites.with(idHex, { ...invite, labels: kept })
  }
  let left: TeamState = { ...state, invites, labels: state.labels.without(body.label) }
  for (const { deviceHex, labels: held } of state.members.values())
    if (held.has(body.label)) left = revokeLabel(left, deviceHex, body.label)
  return left
}
