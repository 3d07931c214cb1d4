import { limits, refuse, type Refusal } from '../../base/index.ts'
import { idText, toHex } from '../../codec/index.ts'
import type { Bodies } from '../bodies.ts'
import { duplicate, full, noPermission, type Applied, type Case, type Law } from '../case.ts'
import { isSame } from '../command.ts'
import { bundle, count, id, name, optional, policy, role } from '../fields.ts'
import { deviceId, isWeakBundle, type KeyBundle } from '../key-bundle.ts'
import { lowestRole, ownerRole } from '../policy.ts'
import { emptyState, type HeldLabel, type Leave, type Member, type TeamState } from '../state.ts'
import { checkGivenRank, isLastOwner, needsToGive } from './giving.ts'
import { withoutDevice } from './cascade.ts'

/** Who comes, who goes, and the end of it all. */
export const members: {
  readonly [K in 'CreateTeam' | 'CloseTeam' | 'AddDevice' | 'RemoveDevice' | 'ConfirmLeave']: Law<Bodies[K]>
} = {
  CreateTeam: {
    form: { nonce: id, name, policy, bundle, commonName: name },
    apply: createTeam,
  },
  CloseTeam: {
    form: { reason: optional(name) },
    apply: (state) => ({ ...state, open: false, invites: emptyState.invites }),
  },
  AddDevice: {
    form: { bundle, commonName: name, role: optional(role), roleAt: optional(id), gen: count },
    needs: (at, body) => ['device.add', ...(body.role === lowestRole ? [] : needsToGive(at, body.role))],
    rank: (at, body) => checkGivenRank(at, body.role),
    own: (at, body) => checkNewDevice(at, body.bundle),
    apply: (state, body, command) => admit(state, body, command),
  },
  RemoveDevice: {
    form: { device: id, gen: count },
    own: ({ state, targetHex }) => (isLastOwner(state, targetHex) ? refuse('ERR_TEAM_LAST_OWNER') : undefined),
    apply: removeDevice,
  },
  ConfirmLeave: {
    form: { device: id, gen: count, leave: id },
    mayNot: (at, body) => (toHex(body.device) === at.author.authorHex ? noPermission(at, 'none') : undefined),
    known: ({ state }, body) =>
      leaveOf(state, body) === undefined
        ? refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: idText('dev', body.device) })
        : undefined,
    fresh: ({ state }, body) =>
      leaveOf(state, body)?.generation === body.gen
        ? undefined
        : refuse('ERR_TEAM_STALE_GENERATION', { field: 'device' }),
    own: ({ state }, body) =>
      leaveOf(state, body)?.confirmed === true ? duplicate('the leave is confirmed') : undefined,
    apply: confirmLeave,
  },
}

function leaveOf(state: TeamState, { device, leave }: Bodies['ConfirmLeave']): Leave | undefined {
  const found = state.leaves.get(toHex(leave))
  return found?.deviceHex === toHex(device) ? found : undefined
}

function confirmLeave(state: TeamState, body: Bodies['ConfirmLeave']): TeamState {
  const leave = leaveOf(state, body)
  if (leave === undefined) return state
  return { ...state, leaves: state.leaves.with(toHex(body.leave), { ...leave, confirmed: true }) }
}

function createTeam(_: TeamState, body: Bodies['CreateTeam'], command: Applied): TeamState {
  const team: TeamState = { ...emptyState, team: command.id, name: body.name, policy: body.policy, open: true }
  const { bundle: keys, commonName } = body
  return admit(team, { bundle: keys, commonName, gen: 0, role: ownerRole, roleAt: command.id }, command)
}

/** A new device and its keys: sound, of nobody else, and there is room. */
export function checkNewDevice({ state, facts, targetHex }: Case, keys: KeyBundle): Refusal | undefined {
  if (facts.weak || isWeakBundle(keys)) return refuse('ERR_TEAM_KEY_WEAK')
  if (state.members.has(targetHex)) return duplicate('the device is a member')
  const wanted = [keys.identity, ...keys.signing, ...keys.encryption]
  const isWanted = (key: Uint8Array): boolean => wanted.some((one) => isSame(one, key))
  for (const { identity, signing, encryption } of state.members.values())
    if (isWanted(identity) || signing.some(isWanted) || encryption.some(isWanted))
      return duplicate('another member uses one of these keys')
  return full('members', state.members.size, limits.membersMax)
}

/** A device as it comes in. */
interface Newcomer {
  readonly bundle: KeyBundle
  readonly commonName: string
  readonly gen: number
  readonly role: string
  readonly roleAt: Uint8Array
  readonly labels?: ReadonlyMap<string, HeldLabel>
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>()

/** The state with a new member. */
export function admit(state: TeamState, who: Newcomer, command: Applied): TeamState {
  const { identity, signing, encryption, sequence } = who.bundle
  const device = deviceId(identity)
  const deviceHex = toHex(device)
  const member: Member = {
    device,
    deviceHex,
    generation: who.gen,
    role: who.role,
    roleAt: who.roleAt,
    roleBy: command.idHex,
    name: who.commonName,
    identity,
    bundle: sequence,
    signing,
    encryption,
    keyBy: nothing,
    retired: nothing,
    labels: who.labels ?? nothing,
    admitted: { id: command.id, idHex: command.idHex, depth: command.depth, byHex: command.authorHex },
  }
  return { ...state, members: state.members.with(deviceHex, member) }
}

function removeDevice(state: TeamState, body: Bodies['RemoveDevice'], command: Applied): TeamState {
  const deviceHex = toHex(body.device)
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const { device, identity, generation } = member
  const departure = { device, identity, generation: generation + 1, removedBy: command.idHex }
  const left = withoutDevice(state, member, command.idHex)
  const leave = { id: command.id, device, deviceHex, generation, confirmed: false }
  return {
    ...left,
    departures: state.departures.with(deviceHex, departure),
    epochsSpent: state.epochs.length,
    leaves: command.authorHex === deviceHex ? state.leaves.with(command.idHex, leave) : state.leaves,
  }
}
