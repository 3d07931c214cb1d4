import { fromHex, idText, looksLikeId, toHex } from '../codec/index.ts'
import { refuse, type Refusal } from '../base/index.ts'
import type { Bodies } from './body.ts'
import type { GraphNode } from './graph.ts'
import { letIn } from './lost-admissions.ts'
import type { Replica } from './replica.ts'

/**
 * How an invite stands (PollInvite). `open`: nobody has used it; `used`: somebody has, and there are uses left;
 * `exhausted`: there are none. Expiry is by the clock that was asked with.
 */
export type InviteStatus = 'open' | 'used' | 'exhausted' | 'revoked' | 'expired'

/** An invite for people. */
export interface InviteView {
  /** `inv_b…`: the id of its CreateInvite. */
  readonly invite: string
  readonly status: InviteStatus
  readonly role: string
  readonly labels: readonly string[]
  readonly maxUses: number
  /** ms since 1970. */
  readonly notAfter: number
  /** `dev_b…` of who made it. */
  readonly creator: string
  /** `dev_b…` of the devices it admitted, as far as that has an effect, in order of arrival. */
  readonly devices: readonly string[]
}

type Created = GraphNode & { readonly act: { readonly kind: 'CreateInvite'; readonly body: Bodies['CreateInvite'] } }
type Admitted = GraphNode & { readonly act: { readonly kind: 'AdmitDevice'; readonly body: Bodies['AdmitDevice'] } }

/** All invites of a team, in order of arrival. `now` in ms judges expiry. */
export function invitesOf(replica: Replica, now: number): InviteView[] {
  return replica.graph.nodes.filter(isCreated).map((node) => inviteView(replica, node, now))
}

/** The CreateInvite with that Ed25519 key, the latest where there are several. */
export function inviteByKey(replica: Replica, key: Uint8Array): Uint8Array | undefined {
  const keyHex = toHex(key)
  return replica.graph.nodes.findLast((node) => isCreated(node) && toHex(node.act.body.key) === keyHex)?.command.id
}

/** The invite that a text names: `inv_b…`, or a prefix of one with 8 characters and more. ERR_TEAM_UNKNOWN_INVITE, _AMBIGUOUS. */
export function resolveInvite(replica: Replica, text: string): Uint8Array | Refusal {
  const ids = replica.graph.nodes.filter(isCreated).map(({ command }) => command.id)
  if (looksLikeId('inv', text)) {
    const fitting = ids.filter((id) => idText('inv', id).startsWith(text))
    const [first] = fitting
    if (fitting.length > 1) return refuse('ERR_TEAM_AMBIGUOUS', { text, what: 'invite' })
    if (first !== undefined && text.length >= 'inv_b'.length + 8) return first
  }
  return refuse('ERR_TEAM_UNKNOWN_INVITE', { invite: text })
}

/** What became of a device's admission by an invite: the command, and whether it stands; undefined where there is none. */
export function admissionOf(
  replica: Replica,
  invite: Uint8Array,
  device: Uint8Array,
): { readonly command: Uint8Array; readonly standing: ReturnType<Replica['standing']> } | undefined {
  const [inviteHex, deviceHex] = [toHex(invite), toHex(device)]
  const node = replica.graph.nodes.findLast(
    (known) => isAdmitted(known) && toHex(known.act.body.invite) === inviteHex && letIn(known) === deviceHex,
  )
  return node === undefined ? undefined : { command: node.command.id, standing: replica.standing(node) }
}

/**
 * Why a device is not in a team that has let it in once: it was removed (ERR_TEAM_NOT_MEMBER), or the command that let it in
 * has lost its effect (ERR_TEAM_VOIDED, or the code it was recalled with). Undefined for a member, and for who never was one.
 */
export function whyOut(replica: Replica, device: Uint8Array): Refusal | undefined {
  const { state, graph } = replica
  const deviceHex = toHex(device)
  if (state.members.has(deviceHex)) return undefined
  if (state.departures.has(deviceHex)) return refuse('ERR_TEAM_NOT_MEMBER', { device: deviceHex })
  const lost = graph.nodes.findLast((node) => letIn(node) === deviceHex)
  const now = lost === undefined ? 'effective' : replica.standing(lost)
  return now === 'effective' ? undefined : refuse(now.code, now.why?.data ?? {})
}

function inviteView(replica: Replica, node: Created, now: number): InviteView {
  const { command, act } = node
  const { role, labels = [], maxUses, notAfter } = act.body
  const admitted = replica.graph.nodes.filter(
    (known): known is Admitted => isAdmitted(known) && toHex(known.act.body.invite) === command.idHex,
  )
  const devices = admitted
    .filter((admission) => replica.standing(admission) === 'effective')
    .map((admission) => idText('dev', fromHex(letIn(admission) ?? '')))
  return {
    invite: idText('inv', command.id),
    status: statusOf(replica, command.idHex, now),
    ...{ role, labels: labels.map(([label]) => label), maxUses, notAfter, devices },
    creator: idText('dev', command.author),
  }
}

function statusOf({ state }: Replica, idHex: string, now: number): InviteStatus {
  const invite = state.invites.get(idHex)
  if (invite === undefined || !state.open) return 'revoked'
  if (invite.uses >= invite.maxUses) return 'exhausted'
  if (invite.notAfter < now) return 'expired'
  return invite.uses === 0 ? 'open' : 'used'
}

function isCreated(node: GraphNode): node is Created {
  return node.act.kind === 'CreateInvite'
}

function isAdmitted(node: GraphNode): node is Admitted {
  return node.act.kind === 'AdmitDevice'
}
