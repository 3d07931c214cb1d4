import { refuse, type Refusal } from '../base/index.ts'
import { fromHex, idText, looksLikeId, toHex } from '../codec/index.ts'
import { InviteBook, type Created } from './invite-book.ts'
import { letIn, lettingIn } from './lost-admissions.ts'
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

/** All invites of a team, in order of arrival. `now` in ms judges expiry. */
export function invitesOf(replica: Replica, now: number): InviteView[] {
  const book = new InviteBook(replica.graph).refresh()
  return book.created.map((created) => inviteView(replica, book, created, now))
}

/** The invite that a text names: `inv_b…`, or a prefix of one with 8 characters and more. ERR_TEAM_UNKNOWN_INVITE, _AMBIGUOUS. */
export function resolveInvite(replica: Replica, text: string): Uint8Array | Refusal {
  const { created } = new InviteBook(replica.graph).refresh()
  const isLongEnough = looksLikeId('inv', text) && text.length >= 'inv_b'.length + 8
  const fitting = isLongEnough ? created.filter(({ command }) => idText('inv', command.id).startsWith(text)) : []
  const [first] = fitting
  if (fitting.length > 1) return refuse('ERR_TEAM_AMBIGUOUS', { text, what: 'invite' })
  return first?.command.id ?? refuse('ERR_TEAM_UNKNOWN_INVITE', { invite: text })
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
  const lost = [...graph.ofKind(lettingIn)].findLast((node) => letIn(node) === deviceHex)
  const now = lost === undefined ? 'effective' : replica.standing(lost)
  return now === 'effective' ? undefined : refuse(now.code, now.why?.data ?? {})
}

function inviteView(replica: Replica, book: InviteBook, { command, act }: Created, now: number): InviteView {
  const { role, labels = [], maxUses, notAfter } = act.body
  const devices = book
    .admissions(command.id)
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
