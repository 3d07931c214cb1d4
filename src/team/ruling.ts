import type { ErrorCode, Refusal } from '../base/index.ts'
import type { KeyFacts } from './case.ts'
import type { GraphNode } from './graph.ts'
import { defaultRoles, type Role } from './policy.ts'
import type { TeamState } from './state.ts'

export { replayFacts } from './case.ts'

/** Why a command in the graph has no effect. */
export interface Setback {
  /** `recalled`: its check fails where replay has come to it; `void`: taken out by R1 to R4. */
  readonly verdict: 'recalled' | 'void'
  /** The check's answer for a recalled one, ERR_TEAM_VOIDED for a void one. */
  readonly code: ErrorCode
  /** The check's answer: for a recalled one, and for a reducer that turned out never to have had its authority. */
  readonly why?: Refusal
  /** For a void one: the reducer that hit it, the fork's other side, or the void command that it hangs on. */
  readonly by?: GraphNode
}

/** What a command in the graph is now. */
export type Standing = 'effective' | Setback

/** Void by a command, or for want of authority. */
export function voided(by: GraphNode | undefined, why?: Refusal): Setback {
  const code = 'ERR_TEAM_VOIDED'
  return { verdict: 'void', code, ...(by === undefined ? {} : { by }), ...(why === undefined ? {} : { why }) }
}

export function recalled(why: Refusal): Setback {
  return { verdict: 'recalled', code: why.code, why }
}

/** The facts of the origin of a command that has passed it: signatures hold, keys are sound. */
export const originFacts: KeyFacts = { weak: false, claimHolds: true, isOrigin: true }

/** A state in which a member holds that role, as another view defines it. */
export function asRole(state: TeamState, deviceHex: string, role: Role): TeamState {
  const member = state.members.get(deviceHex)
  if (member === undefined) return state
  const members = state.members.with(deviceHex, { ...member, role: role.role })
  if (defaultRoles.has(role.role)) return { ...state, members }
  // The definition of that other view counts, also where this view has another under the name.
  const sources = new Map([...role.permissions].map((permission) => [permission, '']))
  const at = state.roles.get(role.role)?.at ?? state.team
  return { ...state, members, roles: state.roles.with(role.role, { ...role, at, sources }) }
}
