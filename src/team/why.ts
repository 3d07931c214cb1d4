import { describe, type Refusal } from '../base/index.ts'
import { idText, toHex } from '../codec/index.ts'
import type { GraphNode } from './graph.ts'
import { subjectOf } from './origin.ts'
import type { Setback, Standing } from './ruling.ts'
import type { TeamState } from './state.ts'
import { summaryOf } from './summary.ts'

/** What is needed to tell of a command. */
export interface Telling {
  readonly state: TeamState
  readonly node: (idHex: string) => GraphNode | undefined
  readonly standing: (node: GraphNode) => Standing
  readonly isBefore: (a: GraphNode, b: GraphNode) => boolean
  /** Name of a device, or its id. */
  readonly name: (device: Uint8Array) => string
}

/**
 * Why a command has no effect: one sentence with ids, for somebody who knows nothing of the rules. Foreign text in it is
 * made safe by who prints it.
 */
export function whyOf(node: GraphNode, setback: Setback, telling: Telling): string {
  const { by, why } = setback
  if (setback.verdict === 'recalled') return recalledFor(node, why, telling)
  if (by === undefined) {
    const said = why === undefined ? 'its author had no right to it' : lowered(messageOf(why))
    return `When its turn came, its author turned out to have no right to it, so it is taken out with all that it did: ${said}`
  }
  const other = tell(by, telling)
  if (by.command.authorHex === node.command.authorHex) return forked(node, by, other, telling)
  if (telling.standing(by) !== 'effective') return `It rests on ${other}, which has no effect.`
  return hitBy(node, by, other, telling)
}

/** What a fork of its own device costs a command. */
function forked(node: GraphNode, by: GraphNode, other: string, telling: Telling): string {
  if (!telling.isBefore(by, node)) {
    const which = telling.standing(by) === 'effective' ? 'it is the other one' : 'it is not this one'
    return `Its device signed it and ${other} beside each other; of two such commands one stands, and ${which}.`
  }
  if (node.origin.deps.includes(by.command.idHex)) return `It rests on ${other}, which has no effect.`
  return `Its device had signed commands beside each other, ${other} among them, and when it signed this one it saw another of them stand than the one that does: what follows such an error is void.`
}

/** What a reducer does to what stands beside it. */
function hitBy(node: GraphNode, by: GraphNode, other: string, { name }: Telling): string {
  const { act } = by
  const target = (device: Uint8Array): string => {
    const isIts = toHex(device) === node.command.authorHex || toHex(device) === subjectOf(node.act)
    return isIts ? name(device) : ''
  }
  const unseen = `Its author had not seen ${other}`
  switch (act.kind) {
    case 'RemoveDevice':
    case 'ConfirmLeave': {
      const who = target(act.body.device)
      if (who === '') break
      return `${unseen}: what ${who} did, or was given, beside its removal does not count.`
    }
    case 'AssignRole':
    case 'RevokeRole': {
      const who = target(act.body.device)
      if (who === '') break
      return `${unseen}: with the role that this left to ${who}, it could not have been done.`
    }
    case 'RemovePermission':
      if (node.origin.role !== act.body.role) break
      return `${unseen}: without the permission ${act.body.permission} it could not have been done.`
    case 'RevokeInvite':
      return `${unseen}: nobody is admitted by an invite beside its revocation.`
    case 'RemoveNode':
      return `${unseen}: a node comes back only by a command that follows every removal of it.`
    case 'RetireKey':
      return `${unseen}: what the stolen key signed beside that does not count.`
    case 'CloseTeam':
      return `${unseen}: what is done beside the end of a team does not count.`
    default:
  }
  return `It and ${other} would each undo the other; the one of higher rank or older membership stands.`
}

/** Recalled: the law refuses it where it comes in the order of all. */
function recalledFor(node: GraphNode, why: Refusal | undefined, telling: Telling): string {
  const message = why === undefined ? 'the law refuses it.' : lowered(messageOf(why))
  const rival = why === undefined ? undefined : telling.node(rivalOf(node, why, telling.state))
  if (rival === undefined || rival === node || telling.isBefore(node, rival) || telling.isBefore(rival, node))
    return `In the order that all nodes apply, it comes when the law refuses it: ${message}`
  return `Its author had not seen ${tell(rival, telling)}, which goes first on all nodes; after that the law refuses it: ${message}`
}

/** Hex id of the command that wrote the fact which is in the way, as far as the state still knows. */
function rivalOf({ act, command }: GraphNode, { code }: Refusal, state: TeamState): string {
  const subject = subjectOf(act)
  switch (code) {
    case 'ERR_TEAM_NOT_MEMBER':
      return state.departures.get(command.authorHex)?.removedBy ?? ''
    case 'ERR_TEAM_UNKNOWN_DEVICE':
    case 'ERR_TEAM_STALE_GENERATION':
      return state.departures.get(subject)?.removedBy ?? ''
    case 'ERR_TEAM_NO_PERMISSION':
    case 'ERR_TEAM_RANK_TOO_LOW':
      return state.members.get(command.authorHex)?.roleBy ?? ''
    case 'ERR_TEAM_STALE_ROLE':
      return state.members.get(subject)?.roleBy ?? ''
    case 'ERR_TEAM_DUPLICATE':
      return makerOf(act, subject, state)
    default:
      return ''
  }
}

/** Hex id of the command that made what an act would make a second time. */
function makerOf({ kind, body }: GraphNode['act'], subject: string, state: TeamState): string {
  if (kind === 'AddDevice' || kind === 'AdmitDevice') return state.members.get(subject)?.admitted.idHex ?? ''
  if (kind === 'CreateLabel') return toHex(state.labels.get(body.label) ?? new Uint8Array(0))
  if (kind === 'CreateRole') return toHex(state.roles.get(body.role)?.at ?? new Uint8Array(0))
  if (kind === 'AssignLabel') return state.members.get(subject)?.labels.get(body.label)?.by ?? ''
  return kind === 'RemoveNode' ? (state.barred.get(body.peer) ?? '') : ''
}

/** A command for people: its id, whose it is, what it says. */
function tell({ command, act }: GraphNode, { name }: Telling): string {
  return `${idText('cmd', command.id)} (${name(command.author)}: ${summaryOf(act, name)})`
}

function messageOf({ code, data }: Refusal): string {
  const { message } = describe(code, data)
  return message.endsWith('.') ? message : `${message}.`
}

/** A sentence in the middle of another one. */
function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}
