import type { Act } from './bodies.ts'
import { targetHex } from './check.ts'
import { kinds } from './policy.ts'

/** Where a command goes among the ready ones of a replay (R5): 0 reducers and role changes, 1 the rest, 2 self-reducers. */
export type ReplayClass = 0 | 1 | 2

/** True for a command that takes authority away, or changes a role: a role change may raise as well. */
export function isReducing(act: Act): boolean {
  if (act.kind === 'RetireKey') return act.body.reason === 'compromised'
  return kinds[act.kind].reducing !== 'no'
}

/** True for a reducing command whose target is its author: it hits nothing, and goes last. */
export function isSelfReducing(act: Act, authorHex: string): boolean {
  return isReducing(act) && kinds[act.kind].target && targetHex(act) === authorHex
}

/** The class of a command in replay. */
export function replayClass(act: Act, authorHex: string): ReplayClass {
  if (!isReducing(act)) return 1
  return isSelfReducing(act, authorHex) ? 2 : 0
}
