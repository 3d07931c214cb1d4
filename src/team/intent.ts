import { refuse, type Refusal } from '../base/index.ts'
import { idText, toHex } from '../codec/index.ts'
import type { Act, InviteLabel, Op, RetireReason } from './bodies.ts'
import type { Claim } from './claim.ts'
import { carriedRecipients } from './epoch.ts'
import { deviceId, type KeyBundle } from './key-bundle.ts'
import { recipientsOf } from './kinds/keys.ts'
import { defaultRole, roleName } from './policy.ts'
import { generationOf, roleOrigin, type TeamState } from './state.ts'

/**
 * What a person wants done, without what the author saw: that is filled in from the state (`gen`, `roleAt`, `labelAt`,
 * `from`, the recipients of an epoch). Devices, invites and keys are 32 bytes; a bundle has been read by `readKeyBundle`,
 * a claim by `readClaim`, other keys have been looked at by `isValidPoint`.
 */
export type Intent =
  | { readonly kind: 'CloseTeam'; readonly reason?: string }
  | { readonly kind: 'AddDevice'; readonly bundle: KeyBundle; readonly name: string; readonly role?: string }
  | { readonly kind: 'RemoveDevice'; readonly device: Uint8Array }
  /** `leave`: id of the self-removal. */
  | { readonly kind: 'ConfirmLeave'; readonly leave: Uint8Array }
  | { readonly kind: 'AssignRole'; readonly device: Uint8Array; readonly role: string }
  | { readonly kind: 'RevokeRole'; readonly device: Uint8Array; readonly role: string }
  | {
      readonly kind: 'CreateRole'
      readonly role: string
      readonly rank: number
      readonly permissions: readonly string[]
    }
  | { readonly kind: 'DeleteRole'; readonly role: string }
  | { readonly kind: 'AddPermission'; readonly role: string; readonly permission: string }
  | { readonly kind: 'RemovePermission'; readonly role: string; readonly permission: string }
  /** `name` in its one spelling (`isNetworkName`). */
  | { readonly kind: 'AssignNetworkName'; readonly device: Uint8Array; readonly name: string }
  | { readonly kind: 'RevokeNetworkName'; readonly device: Uint8Array; readonly name: string }
  | { readonly kind: 'CreateLabel'; readonly label: string }
  | { readonly kind: 'DeleteLabel'; readonly label: string }
  | { readonly kind: 'AssignLabel'; readonly device: Uint8Array; readonly label: string; readonly op?: Op }
  | { readonly kind: 'RevokeLabel'; readonly device: Uint8Array; readonly label: string }
  | {
      readonly kind: 'CreateInvite'
      readonly key: Uint8Array
      readonly role?: string
      readonly labels?: readonly string[]
      readonly maxUses?: number
      /** ms. */
      readonly notAfter: number
    }
  | { readonly kind: 'RevokeInvite'; readonly invite: Uint8Array }
  | { readonly kind: 'AdmitDevice'; readonly claim: Claim; readonly name: string }
  /** Recipients are the members of the state. `parents`: by default the epochs that no other epoch names. */
  | {
      readonly kind: 'RotateKey'
      readonly epoch: Uint8Array
      readonly boxesHash: Uint8Array
      readonly parents?: readonly Uint8Array[]
    }
  | { readonly kind: 'AddDeviceKey'; readonly bundle: KeyBundle }
  | {
      readonly kind: 'RetireKey'
      readonly device: Uint8Array
      readonly key: Uint8Array
      readonly reason: RetireReason
    }
  | {
      readonly kind: 'AddNode'
      readonly peer: string
      readonly addrs?: readonly string[]
      readonly device?: Uint8Array
    }
  | { readonly kind: 'RemoveNode'; readonly peer: string }
  | {
      readonly kind: 'RotateSwarmKey'
      readonly fingerprint: Uint8Array
      readonly epoch: Uint8Array
      readonly sealed: Uint8Array
    }
  | { readonly kind: 'RetireSwarmKey'; readonly fingerprint: Uint8Array }
  | { readonly kind: 'TrustOperator'; readonly key: Uint8Array }
  | { readonly kind: 'DistrustOperator'; readonly key: Uint8Array }
  /** `jti`, or `key` with or without `notAfter` (s). */
  | {
      readonly kind: 'RevokeClaim'
      readonly jti?: string
      readonly key?: Uint8Array
      readonly notAfter?: number
    }

type IntentOf<K extends Intent['kind']> = Intent & { readonly kind: K }

/**
 * The act for an intent in a state. Refused with ERR_TEAM_UNKNOWN_DEVICE, _UNKNOWN_ROLE or _UNKNOWN_LABEL where there is
 * nothing to bind; whether the law allows it is `check`'s matter.
 */
export function actFor(state: TeamState, intent: Intent): Act | Refusal {
  switch (intent.kind) {
    case 'AddDevice':
      return addDevice(state, intent)
    case 'AssignRole':
    case 'RevokeRole':
      return changeRole(state, intent)
    case 'ConfirmLeave':
      return confirmLeave(state, intent)
    case 'CreateRole':
      return createRole(intent)
    case 'DeleteRole':
    case 'AddPermission':
    case 'RemovePermission':
      return onRole(state, intent)
    case 'DeleteLabel':
    case 'AssignLabel':
    case 'RevokeLabel':
      return onLabel(state, intent)
    case 'RemoveDevice':
    case 'AssignNetworkName':
    case 'RevokeNetworkName':
    case 'RetireKey':
      return { kind: intent.kind, body: { ...rest(intent), gen: genOf(state, intent.device) } } as Act
    case 'CreateInvite':
      return createInvite(state, intent)
    case 'AdmitDevice':
      return admitDevice(state, intent)
    case 'RotateKey':
      return rotateKey(state, intent)
    case 'AddNode':
      return addNode(state, intent)
    default:
      return { kind: intent.kind, body: rest(intent) } as Act
  }
}

/** An intent without its kind: where nothing is to be bound, that is the payload. */
function rest<I extends Intent>(intent: I): Omit<I, 'kind'> {
  const { kind: _kind, ...body } = intent
  return body
}

function genOf(state: TeamState, device: Uint8Array): number {
  return generationOf(state, toHex(device))
}

/** A role by any spelling, with its origin. */
function boundRole(state: TeamState, typed: string): { role: string; roleAt: Uint8Array } | Refusal {
  const role = roleName(typed)
  const roleAt = roleOrigin(state, role)
  return roleAt === undefined ? refuse('ERR_TEAM_UNKNOWN_ROLE', { role }) : { role, roleAt }
}

function boundLabel(state: TeamState, label: string): { label: string; labelAt: Uint8Array } | Refusal {
  const labelAt = state.labels.get(label)
  return labelAt === undefined ? refuse('ERR_TEAM_UNKNOWN_LABEL', { label }) : { label, labelAt }
}

function addDevice(state: TeamState, { bundle, name, role }: IntentOf<'AddDevice'>): Act | Refusal {
  const bound = boundRole(state, role ?? defaultRole)
  if ('kind' in bound) return bound
  const gen = genOf(state, deviceId(bundle.identity))
  return { kind: 'AddDevice', body: { bundle, commonName: name, ...bound, gen } }
}

function changeRole(state: TeamState, intent: IntentOf<'AssignRole' | 'RevokeRole'>): Act | Refusal {
  const { kind, device } = intent
  const bound = boundRole(state, intent.role)
  if ('kind' in bound) return bound
  const target = state.members.get(toHex(device))
  if (target === undefined) return refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: idText('dev', device) })
  const named = { device, gen: target.generation, ...bound }
  return kind === 'AssignRole' ? { kind, body: { ...named, from: target.role } } : { kind, body: named }
}

function confirmLeave(state: TeamState, { leave }: IntentOf<'ConfirmLeave'>): Act | Refusal {
  const found = state.leaves.get(toHex(leave))
  if (found === undefined) return refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: `that left by ${idText('cmd', leave)}` })
  return { kind: 'ConfirmLeave', body: { device: found.device, gen: found.generation, leave } }
}

function createRole({ role, rank, permissions }: IntentOf<'CreateRole'>): Act {
  return { kind: 'CreateRole', body: { role: roleName(role), rank, permissions: [...new Set(permissions)].sort() } }
}

function onRole(
  state: TeamState,
  intent: IntentOf<'DeleteRole' | 'AddPermission' | 'RemovePermission'>,
): Act | Refusal {
  const bound = boundRole(state, intent.role)
  return 'kind' in bound ? bound : ({ kind: intent.kind, body: { ...rest(intent), ...bound } } as Act)
}

function onLabel(state: TeamState, intent: IntentOf<'DeleteLabel' | 'AssignLabel' | 'RevokeLabel'>): Act | Refusal {
  const bound = boundLabel(state, intent.label)
  if ('kind' in bound) return bound
  if (intent.kind === 'DeleteLabel') return { kind: intent.kind, body: bound }
  const { device } = intent
  const named = { device, gen: genOf(state, device), ...bound }
  return intent.kind === 'AssignLabel'
    ? { kind: intent.kind, body: { ...named, op: intent.op ?? 'send-recv' } }
    : { kind: intent.kind, body: named }
}

function createInvite(state: TeamState, intent: IntentOf<'CreateInvite'>): Act | Refusal {
  const bound = boundRole(state, intent.role ?? defaultRole)
  if ('kind' in bound) return bound
  const labels: InviteLabel[] = []
  for (const name of intent.labels ?? []) {
    const label = boundLabel(state, name)
    if ('kind' in label) return label
    labels.push([label.label, label.labelAt])
  }
  const { key, notAfter, maxUses = 1 } = intent
  const body = { key, ...bound, maxUses, notAfter }
  return { kind: 'CreateInvite', body: labels.length === 0 ? body : { ...body, labels } }
}

function admitDevice(state: TeamState, { claim, name: commonName }: IntentOf<'AdmitDevice'>): Act {
  const gen = genOf(state, deviceId(claim.bundle.identity))
  return { kind: 'AdmitDevice', body: { invite: claim.invite, claim, commonName, gen } }
}

function rotateKey(state: TeamState, { epoch, boxesHash, parents }: IntentOf<'RotateKey'>): Act {
  const recipients = carriedRecipients(recipientsOf(state))
  return { kind: 'RotateKey', body: { epoch, boxesHash, parents: parents ?? latestEpochs(state), recipients } }
}

/** Epochs that no other one names as its parent, sorted. */
function latestEpochs(state: TeamState): Uint8Array[] {
  const named = new Set(state.epochs.flatMap(({ parents }) => parents.map(toHex)))
  const latest = state.epochs.filter(({ idHex }) => !named.has(idHex))
  return latest.sort((a, b) => (a.idHex < b.idHex ? -1 : 1)).map(({ id }) => id)
}

function addNode(state: TeamState, { peer, addrs, device }: IntentOf<'AddNode'>): Act {
  const bound = device === undefined ? {} : { device, gen: genOf(state, device) }
  return { kind: 'AddNode', body: { peer, ...(addrs === undefined ? {} : { addrs }), ...bound } }
}
