import { limits, refuse, type Refusal } from '../../base/index.ts'
import { idText, toHex } from '../../codec/index.ts'
import type { Bodies, InviteLabel } from '../bodies.ts'
import { duplicate, full, tooLow, type Applied, type Case, type Law } from '../case.ts'
import { isBytes, isSame } from '../command.ts'
import { between, claim, count, id, label, listOf, name, op, optional, role, type Field } from '../fields.ts'
import { lowestRole, type Permission } from '../policy.ts'
import { rankOf, type HeldLabel, type Invite, type TeamState } from '../state.ts'
import { couldInvite } from './cascade.ts'
import { checkGivenRank, needsToGive } from './giving.ts'
import { admit, checkNewDevice } from './members.ts'

const inviteLabel: Field = {
  read(value) {
    if (!Array.isArray(value) || value.length < 2 || value.length > 3) return undefined
    const [named, at, allowed] = value as readonly unknown[]
    const isGood = label.read(named) !== undefined && isBytes(at, 32)
    return isGood && (value.length === 2 || op.read(allowed) !== undefined) ? value : undefined
  },
}

/** Invites: an open door for who holds the key, on the authority of who made it. */
export const invites: { readonly [K in 'CreateInvite' | 'RevokeInvite' | 'AdmitDevice']: Law<Bodies[K]> } = {
  CreateInvite: {
    form: {
      key: id,
      role: optional(role),
      roleAt: optional(id),
      labels: optional(listOf(inviteLabel, limits.labelsPerDeviceMax)),
      maxUses: optional(between(1, limits.inviteUsesMax), 1),
      notAfter: count,
    },
    whole: ({ labels: brought = [] }) =>
      new Set(brought.map(([named]) => named)).size < brought.length ? 'labels' : undefined,
    needs: needsToInvite,
    known: ({ state }, { labels: brought = [] }) => {
      const unknown = brought.find(([named]) => !state.labels.has(named))
      return unknown === undefined ? undefined : refuse('ERR_TEAM_UNKNOWN_LABEL', { label: unknown[0] })
    },
    fresh: ({ state }, { labels: brought = [] }) =>
      brought.every(([named, at]) => isSame(state.labels.get(named) ?? null, at))
        ? undefined
        : refuse('ERR_TEAM_STALE_GENERATION', { field: 'label' }),
    rank: (at, body) => checkGivenRank(at, body.role),
    own: checkNewInvite,
    apply: createInvite,
  },
  RevokeInvite: {
    form: { invite: id },
    needs: needsToRevoke,
    rank: checkRevoker,
    apply: (state, body) => ({ ...state, invites: state.invites.without(toHex(body.invite)) }),
  },
  AdmitDevice: {
    form: { invite: id, claim, commonName: name, gen: count },
    own: checkAdmission,
    apply: admitDevice,
  },
}

function checkNewInvite({ state, facts }: Case, body: Bodies['CreateInvite']): Refusal | undefined {
  if (facts.weak) return refuse('ERR_TEAM_KEY_WEAK')
  let open = 0
  for (const invite of state.invites.values()) {
    if (isSame(invite.key, body.key)) return duplicate('another invite has this key')
    if (invite.uses < invite.maxUses) open++
  }
  return full('open invites', open, limits.invitesOpenMax)
}

function createInvite(state: TeamState, body: Bodies['CreateInvite'], command: Applied): TeamState {
  const { key, role: given, roleAt, labels: brought = [], maxUses, notAfter } = body
  const { id: inviteId, idHex, authorHex: creator } = command
  const invite: Invite = {
    id: inviteId,
    key,
    role: given,
    roleAt,
    labels: brought,
    maxUses,
    uses: 0,
    notAfter,
    creator,
  }
  return { ...state, invites: state.invites.with(idHex, invite) }
}

/** Its creator while it could still make it, needing what making it needs; else who may remove devices. */
/** What an invite gives. */
interface Terms {
  readonly role: string
  readonly labels?: readonly InviteLabel[] | undefined
}

/** What making an invite needs: to add, to give its role, and to assign the labels that come with it. */
function needsToInvite(at: Case, { role: given, labels: brought = [] }: Terms): readonly Permission[] {
  return [
    'device.add',
    ...(given === lowestRole ? [] : needsToGive(at, given)),
    ...(brought.length > 0 ? ['label.assign' as const] : []),
  ]
}

function needsToRevoke(at: Case, body: Bodies['RevokeInvite']): readonly Permission[] {
  const invite = at.state.invites.get(toHex(body.invite))
  const { permissions } = at.role
  // Of an invite that is not here nobody knows who made it: then that is the answer, where the author may be the one.
  if (invite === undefined) return permissions.has('device.add') ? ['device.add'] : ['device.remove']
  return isCreator(at, invite) ? needsToInvite(at, invite) : ['device.remove']
}

function checkRevoker(at: Case, body: Bodies['RevokeInvite']): Refusal | undefined {
  const invite = at.state.invites.get(toHex(body.invite))
  if (invite === undefined || isCreator(at, invite)) return undefined
  const rankOfCreator = rankOf(at.state, invite.creator)
  return rankOfCreator >= at.role.rank ? tooLow(at, rankOfCreator) : undefined
}

/** True for the device that made the invite, while it could still make it. */
function isCreator({ state, author, member }: Case, invite: Invite): boolean {
  return invite.creator === author.authorHex && couldInvite(state, member, invite)
}

function checkAdmission(at: Case, body: Bodies['AdmitDevice']): Refusal | undefined {
  const { bundle, invite: claimed } = body.claim
  const invite = at.state.invites.get(toHex(body.invite))
  if (invite === undefined) return refuse('ERR_TEAM_UNKNOWN_INVITE', { invite: idText('inv', body.invite) })
  if (at.facts.weak) return refuse('ERR_TEAM_KEY_WEAK')
  if (!at.facts.claimHolds || !isSame(claimed, body.invite)) return refuse('ERR_TEAM_INVITE_CLAIM_INVALID')
  if (invite.uses >= invite.maxUses) return refuse('ERR_TEAM_INVITE_EXHAUSTED', { limit: invite.maxUses })
  return checkNewDevice(at, bundle)
}

function admitDevice(state: TeamState, body: Bodies['AdmitDevice'], command: Applied): TeamState {
  const inviteHex = toHex(body.invite)
  const invite = state.invites.get(inviteHex)
  if (invite === undefined) return state
  const { bundle } = body.claim
  const { commonName, gen } = body
  const { role: given, roleAt } = invite
  const brought = new Map(invite.labels.map((entry) => [entry[0], held(entry, command.idHex)]))
  const used = { ...state, invites: state.invites.with(inviteHex, { ...invite, uses: invite.uses + 1 }) }
  return admit(used, { bundle, commonName, gen, role: given, roleAt, labels: brought }, command)
}

function held([, at, allowed = 'send-recv']: InviteLabel, by: string): HeldLabel {
  return { op: allowed, at, by }
}
