import type { Claim } from './claim.ts'
import type { Recipient } from './epoch.ts'
import type { KeyBundle } from './key-bundle.ts'
import type { Kind } from './policy.ts'

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
