import { refuse, type Refusal } from '../base/index.ts'
import type { CborMap, CborValue } from '../codec/index.ts'
import type { Claim } from './claim.ts'
import { isCount, type Command } from './command.ts'
import type { Recipient } from './epoch.ts'
import type { Field } from './fields.ts'
import type { KeyBundle } from './key-bundle.ts'
import { lawOf } from './kinds/index.ts'
import { defaultRole, isKind, policyVersion, type Kind } from './policy.ts'

export { isName, isNetworkName, isRoleName } from './fields.ts'

/** A member as its author saw it: the generation says which stay in the team is meant. */
interface OfDevice {
  readonly device: Uint8Array
  readonly gen: number
}
/** A role as its author saw it: `roleAt` is the id of the command that made it, for default roles the team id. */
interface OfRole {
  readonly role: string
  readonly roleAt: Uint8Array
}
/** A label as its author saw it: `labelAt` is the id of the command that made it. */
interface OfLabel {
  readonly label: string
  readonly labelAt: Uint8Array
}
/** What a device may do on a label. */
export type Op = 'send' | 'recv' | 'send-recv'
/** Why a key is retired. */
export type RetireReason = 'rotated' | 'compromised'
/** A label that an invite brings with it: the label, its origin, and what it allows (send-recv where absent). */
export type InviteLabel = readonly [label: string, labelAt: Uint8Array, op?: Op]

/**
 * Payloads of this version's kinds (`TEAM.md` 2.4), as they are read: what a payload may leave out and the law has a
 * default for is filled in. Ids and keys are 32 bytes, fingerprints 16.
 */
export interface Bodies {
  readonly CreateTeam: {
    readonly nonce: Uint8Array
    readonly name: string
    readonly policy: number
    readonly bundle: KeyBundle
    readonly commonName: string
  }
  readonly CloseTeam: { readonly reason?: string }
  readonly AddDevice: OfRole & { readonly bundle: KeyBundle; readonly commonName: string; readonly gen: number }
  readonly RemoveDevice: OfDevice
  /** `leave` is the id of the self-removal, `gen` the generation that ended with it. */
  readonly ConfirmLeave: OfDevice & { readonly leave: Uint8Array }
  readonly AssignRole: OfDevice & OfRole & { readonly from: string }
  readonly RevokeRole: OfDevice & OfRole
  /** `permissions` are sorted. */
  readonly CreateRole: { readonly role: string; readonly rank: number; readonly permissions: readonly string[] }
  readonly DeleteRole: OfRole
  readonly AddPermission: OfRole & { readonly permission: string }
  readonly RemovePermission: OfRole & { readonly permission: string }
  readonly AssignNetworkName: OfDevice & { readonly name: string }
  readonly RevokeNetworkName: OfDevice & { readonly name: string }
  readonly CreateLabel: { readonly label: string }
  readonly DeleteLabel: OfLabel
  readonly AssignLabel: OfDevice & OfLabel & { readonly op: Op }
  readonly RevokeLabel: OfDevice & OfLabel
  /** `notAfter` in ms; judged by who admits, never in replay. */
  readonly CreateInvite: OfRole & {
    readonly key: Uint8Array
    readonly labels?: readonly InviteLabel[]
    readonly maxUses: number
    readonly notAfter: number
  }
  readonly RevokeInvite: { readonly invite: Uint8Array }
  readonly AdmitDevice: {
    readonly invite: Uint8Array
    readonly claim: Claim
    readonly commonName: string
    readonly gen: number
  }
  /** `recipients`: the list sorted by device, or its SHA-256 where it does not fit; `boundAct` resolves that. */
  readonly RotateKey: {
    readonly epoch: Uint8Array
    readonly parents: readonly Uint8Array[]
    readonly recipients: readonly Recipient[] | Uint8Array
    readonly boxesHash: Uint8Array
  }
  readonly AddDeviceKey: { readonly bundle: KeyBundle }
  readonly RetireKey: OfDevice & { readonly key: Uint8Array; readonly reason: RetireReason }
  /** `device` and `gen` stand together or not at all. */
  readonly AddNode: {
    readonly peer: string
    readonly addrs?: readonly string[]
    readonly device?: Uint8Array
    readonly gen?: number
  }
  readonly RemoveNode: { readonly peer: string }
  readonly RotateSwarmKey: {
    readonly fingerprint: Uint8Array
    readonly epoch: Uint8Array
    readonly sealed: Uint8Array
  }
  readonly RetireSwarmKey: { readonly fingerprint: Uint8Array }
  readonly TrustOperator: { readonly key: Uint8Array }
  readonly DistrustOperator: { readonly key: Uint8Array }
  /** `jti`; or `key` and `notAfter` (s): its tokens issued until then; or `key` alone: an account and all below. */
  readonly RevokeClaim: { readonly jti?: string; readonly key?: Uint8Array; readonly notAfter?: number }
}

/** A command of a known kind with its payload read. */
export type Act = { [K in Kind]: { readonly kind: K; readonly body: Bodies[K] } }[Kind]

/**
 * Reads the payload of a command: exact members, each of its form; absent ones get the law's default. Refused with
 * ERR_TEAM_BAD_PAYLOAD naming the field; a kind or a team of another version with ERR_TEAM_UNKNOWN_KIND, which parks and
 * does not condemn. `team` is what the default role refers to.
 */
export function readAct(command: Pick<Command, 'kind' | 'body'> & Partial<Pick<Command, 'team'>>): Act | Refusal {
  const { kind } = command
  if (!isKind(kind)) return refuse('ERR_TEAM_UNKNOWN_KIND', { kind })
  // A team of a newer law: its payload may have another form, too.
  const { policy: law } = command.body
  if (kind === 'CreateTeam' && isCount(law) && law > policyVersion)
    return refuse('ERR_TEAM_UNKNOWN_KIND', { kind: `${kind} of policy ${law}` })
  const { form, whole } = lawOf(kind)
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(command.body)) if (!Object.hasOwn(form, name)) return badPayload(name)
  for (const [name, field] of Object.entries<Field>(form)) {
    if (!Object.hasOwn(command.body, name)) {
      if (field.optional !== true) return badPayload(name)
      if (field.otherwise !== undefined) body[name] = field.otherwise
      continue
    }
    const value = field.read(command.body[name])
    if (value === undefined) return badPayload(name)
    body[name] = value
  }
  if ('roleAt' in form && !fillRole(body, command.team ?? null)) return badPayload('roleAt')
  const part = whole?.(body)
  return part === undefined ? ({ kind, body } as unknown as Act) : badPayload(part)
}

/** A role and its origin stand together; where the form lets both be absent, the role is `user`, the team's own. */
function fillRole(body: Record<string, unknown>, team: Uint8Array | null): boolean {
  if ('role' in body && 'roleAt' in body) return true
  if ('role' in body || 'roleAt' in body) return false
  body['role'] = defaultRole
  body['roleAt'] = team ?? new Uint8Array(32)
  return true
}

function badPayload(field: string): Refusal {
  return refuse('ERR_TEAM_BAD_PAYLOAD', { field })
}

/** The payload of an act as it stands in the unsigned map. */
export function encodeBody(act: Act): CborMap {
  const body: Record<string, CborValue> = {}
  for (const [field, value] of Object.entries(act.body) as [string, unknown][]) {
    if (value === undefined) continue
    body[field] = isStored(field) ? (value as { bytes: Uint8Array }).bytes : (value as CborValue)
  }
  return body
}

/** Fields whose value was read from bytes that are kept as they came. */
function isStored(field: string): boolean {
  return field === 'bundle' || field === 'claim'
}
