import { fail } from '../base/index.ts'
import {
  planChange,
  readSettings,
  type ChangeFacts,
  type ChangePlan,
  type Settings,
  type SettingsChange,
  type SettingsTree,
} from '../settings/index.ts'
import { guardLockout, type DoorVisitor } from './door.ts'

export interface GuardedFacts extends ChangeFacts {
  /** Who asks: it must not lock itself out. Absent where the node changes something by itself. */
  readonly caller?: DoorVisitor
  /** Milliseconds since 1970. */
  readonly now: number
  /** Overrides the guard on the caller's own key, over the Unix socket only. */
  readonly force: boolean
}

/** A plan that has passed the guard, with the settings before and after as the node uses them. */
export interface GuardedPlan extends ChangePlan {
  readonly before: Settings
  readonly after: Settings
  /** Paths whose value changed, for what must be done at once. */
  readonly changedPaths: ReadonlySet<string>
}

/**
 * A change of settings, validated and guarded; nothing is applied. Fails as `planChange` and with `ERR_ACCESS_LOCKOUT`.
 * The caller writes `printSettings(plan.tree)` and, where `plan.swarmKey` is set, the swarm key's own file; then it
 * judges live connections again.
 */
export function planGuardedChange(tree: SettingsTree, change: SettingsChange, facts: GuardedFacts): GuardedPlan {
  const plan = planChange(tree, change, facts)
  const before = readSettings(tree, facts)
  const after = readSettings(plan.tree, facts)
  const { caller, now, force } = facts
  const refusal = caller === undefined ? undefined : guardLockout(before.admin, after.admin, { ...caller, now, force })
  if (refusal !== undefined) throw fail(refusal.code, refusal.data)
  return { ...plan, before, after, changedPaths: new Set(plan.changes.map(({ path }) => path)) }
}
