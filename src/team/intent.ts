import { refuse, type Refusal } from '../base/index.ts'
import { toHex } from '../codec/index.ts'
import type { Act } from './body.ts'
import { deviceId, type KeyBundle } from './key-bundle.ts'
import { defaultRole, roleName } from './policy.ts'
import { generationOf, roleOrigin, type TeamState } from './state.ts'

/**
 * What a person wants done, without what the author saw: that is filled in from the state (`gen`, `roleAt`, `from`).
 * Devices are 32-byte ids; a bundle has been read by `readKeyBundle`.
 */
export type Intent =
  | { readonly kind: 'CloseTeam'; readonly reason?: string }
  | { readonly kind: 'AddDevice'; readonly bundle: KeyBundle; readonly name: string; readonly role?: string }
  | { readonly kind: 'RemoveDevice'; readonly device: Uint8Array }
  | { readonly kind: 'AssignRole'; readonly device: Uint8Array; readonly role: string }
  | { readonly kind: 'RevokeRole'; readonly device: Uint8Array; readonly role: string }

/** The act for an intent in a state. Refused with ERR_TEAM_UNKNOWN_DEVICE or _UNKNOWN_ROLE where there is nothing to bind. */
export function actFor(state: TeamState, intent: Intent): Act | Refusal {
  switch (intent.kind) {
    case 'CloseTeam':
      return { kind: 'CloseTeam', body: intent.reason === undefined ? {} : { reason: intent.reason } }
    case 'AddDevice':
      return addDevice(state, intent)
    case 'RemoveDevice': {
      const { device } = intent
      return { kind: 'RemoveDevice', body: { device, gen: generationOf(state, toHex(device)) } }
    }
    case 'AssignRole':
    case 'RevokeRole':
      return changeRole(state, intent)
  }
}

function addDevice(state: TeamState, intent: Intent & { kind: 'AddDevice' }): Act | Refusal {
  const { bundle, name: commonName } = intent
  const role = roleName(intent.role ?? defaultRole)
  const roleAt = roleOrigin(state, role)
  if (roleAt === undefined) return refuse('ERR_TEAM_UNKNOWN_ROLE', { role })
  const gen = generationOf(state, toHex(deviceId(bundle.identity)))
  return { kind: 'AddDevice', body: { bundle, commonName, role, roleAt, gen } }
}

function changeRole(state: TeamState, intent: Intent & { kind: 'AssignRole' | 'RevokeRole' }): Act | Refusal {
  const { kind, device } = intent
  const role = roleName(intent.role)
  const roleAt = roleOrigin(state, role)
  if (roleAt === undefined) return refuse('ERR_TEAM_UNKNOWN_ROLE', { role })
  const target = state.members.get(toHex(device))
  if (target === undefined) return refuse('ERR_TEAM_UNKNOWN_DEVICE', { device: toHex(device) })
  const named = { device, gen: target.generation, role, roleAt }
  return kind === 'AssignRole' ? { kind, body: { ...named, from: target.role } } : { kind, body: named }
}
