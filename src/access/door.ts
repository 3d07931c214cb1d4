import { refuse, type DoorRole, type Refusal } from '../base/index.ts'
import { axKeyText, parsePeerId } from '../codec/index.ts'
import { cidrHolds, isLoopback, type AuthorizedKey } from '../settings/index.ts'

/** Who knocks, where. */
export interface DoorVisitor {
  /** PeerId that Noise proved; null over HTTP, which proves none. */
  readonly peer: string | null
  readonly door: 'tcp' | 'unix' | 'http'
  /** Address of the socket's other end without its port; over the Unix socket its path. */
  readonly source: string
}

/** The settings that decide, as `readSettings(…).admin` gives them. */
export interface DoorRules {
  readonly authorizedKeys: readonly AuthorizedKey[]
  /** Set where the stored list has a bad entry: then only the Unix socket opens. */
  readonly authorizedKeysDamaged: string | null
  readonly requireAuthentication: boolean
  readonly allowRemoteUnauthenticated: boolean
}

export interface DoorAdmission {
  readonly kind: 'admit'
  readonly role: DoorRole
  readonly because: string
  /** Milliseconds since 1970 from which on this no longer holds. */
  readonly until?: number
}

/**
 * Who may administer: an authorized key, in its time and from where it may come; without `requireAuthentication` also
 * the Unix socket and loopback. Refusals are `ERR_UNAUTHORIZED` with the reason in `because`, for the operator's log
 * and not for the visitor; over HTTP, where authentication is required, `ERR_NODE_MISCONFIGURED`.
 */
export function judgeDoor(visitor: DoorVisitor, rules: DoorRules, now: number): DoorAdmission | Refusal {
  const open = openBecause(visitor, rules)
  if (open !== undefined) return { kind: 'admit', role: 'admin', because: open }
  if (visitor.door === 'http' && rules.requireAuthentication) return refuse('ERR_NODE_MISCONFIGURED')
  if (rules.authorizedKeysDamaged !== null) return refused(visitor, 'the stored list of authorized keys is damaged')
  const key = rules.authorizedKeys.find((entry) => entry.peer === visitor.peer)
  if (key === undefined) return refused(visitor, 'no authorized key')
  if (isExpired(key, now)) return refused(visitor, `the key expired at ${key.expires ?? ''}`)
  if (!mayComeFrom(key, visitor)) return refused(visitor, 'the key may not be used from there')
  const until = key.expiresAt === undefined ? {} : { until: key.expiresAt }
  return { kind: 'admit', role: key.role, because: `authorized key, role ${key.role}`, ...until }
}

/** True from the second on in which the key expires. */
export function isExpired(key: AuthorizedKey, now: number): boolean {
  return key.expiresAt !== undefined && Math.floor(now / 1_000) >= Math.floor(key.expiresAt / 1_000)
}

/** Who asks for a change of the door's rules. */
export interface LockoutCaller extends DoorVisitor {
  /** Overrides the guard on the caller's own key, over the Unix socket only. */
  readonly force: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Refuses (`ERR_ACCESS_LOCKOUT`) a change of rules that would lock people out: required authentication without one
 * usable admin key, always; or a change by which the caller itself would no longer pass as it does now, its expiry and
 * source included, which `force` overrides over the Unix socket only. Undefined: the change may be made.
 */
export function guardLockout(before: DoorRules, after: DoorRules, caller: LockoutCaller): Refusal | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined
  if (after.requireAuthentication && !hasUsableAdmin(after, caller.now)) {
    return lockout('no usable authorized key of role admin would be left', 'First: ax keys authorize KEY')
  }
  if (caller.force && caller.door === 'unix') return undefined
  const verdictBefore = judgeDoor(caller, before, caller.now)
  const verdictAfter = judgeDoor(caller, after, caller.now)
  if (verdictBefore.kind === 'refuse') return undefined
  if (verdictAfter.kind === 'admit' && verdictAfter.role === verdictBefore.role) return undefined
  const why = caller.peer === null ? 'this door proves no identity' : 'your own key would no longer pass as it does now'
  return lockout(why, ownKeyHint(caller))
}

function hasUsableAdmin(rules: DoorRules, now: number): boolean {
  const hasAdmin = rules.authorizedKeys.some((key) => key.role === 'admin' && !isExpired(key, now))
  return hasAdmin && rules.authorizedKeysDamaged === null
}

/** Why anybody may come in here; undefined where a key is needed. */
function openBecause({ door, source }: DoorVisitor, rules: DoorRules): string | undefined {
  if (rules.authorizedKeysDamaged !== null) {
    return door === 'unix' ? 'the local socket, while the stored list of authorized keys is damaged' : undefined
  }
  if (rules.requireAuthentication) return undefined
  if (door === 'unix') return 'the local socket; authentication is not required'
  if (isLoopback(source)) return 'a loopback address; authentication is not required'
  return door === 'tcp' && rules.allowRemoteUnauthenticated ? 'admin/allowRemoteUnauthenticated is on' : undefined
}

function mayComeFrom(key: AuthorizedKey, { door, source }: DoorVisitor): boolean {
  if (key.from === undefined) return true
  if (door === 'unix') return key.fromUnix === true
  return key.from.some((range) => cidrHolds(range, source))
}

function refused({ peer }: DoorVisitor, because: string): Refusal {
  return refuse('ERR_UNAUTHORIZED', { key: peer === null ? 'unknown' : axKeyText(parsePeerId(peer)), because })
}

function lockout(why: string, hint: string): Refusal {
  return refuse('ERR_ACCESS_LOCKOUT', { why, hint })
}

function ownKeyHint({ peer, door }: DoorVisitor): string {
  if (peer === null) return 'Use port 4458 or the Unix socket, where your key is proved.'
  const key = axKeyText(parsePeerId(peer))
  const authorize = `Authorize your own key first: ax keys authorize ${key}`
  return door === 'unix' ? `${authorize}. --force does it all the same.` : authorize
}
