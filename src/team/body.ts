import { limits, refuse, type Refusal } from '../base/index.ts'
import { isWellFormed, utf8, type CborMap, type CborValue } from '../codec/index.ts'
import { isAssigned } from './assigned.ts'
import { isBytes, isCount, type Command } from './command.ts'
import { parseKeyBundle, type KeyBundle } from './key-bundle.ts'
import { isKind, policyVersion, type Kind } from './policy.ts'

/** Payloads of this version's kinds (`TEAM.md` 2.4). Device and role references carry what their author saw. */
export interface Bodies {
  readonly CreateTeam: {
    readonly nonce: Uint8Array
    readonly name: string
    readonly policy: number
    readonly bundle: KeyBundle
    readonly commonName: string
  }
  readonly CloseTeam: { readonly reason?: string }
  readonly AddDevice: {
    readonly bundle: KeyBundle
    readonly commonName: string
    readonly role: string
    readonly roleAt: Uint8Array
    readonly gen: number
  }
  readonly RemoveDevice: { readonly device: Uint8Array; readonly gen: number }
  readonly AssignRole: {
    readonly device: Uint8Array
    readonly gen: number
    readonly role: string
    readonly roleAt: Uint8Array
    readonly from: string
  }
  readonly RevokeRole: {
    readonly device: Uint8Array
    readonly gen: number
    readonly role: string
    readonly roleAt: Uint8Array
  }
}

/** A command of a known kind with its payload read. */
export type Act = { [K in Kind]: { readonly kind: K; readonly body: Bodies[K] } }[Kind]

/**
 * Reads the payload of a command: exact members, each of its form. Refused with ERR_TEAM_BAD_PAYLOAD naming the field;
 * a kind or a team of another version with ERR_TEAM_UNKNOWN_KIND, which parks and does not condemn.
 */
export function readAct(command: Pick<Command, 'kind' | 'body'>): Act | Refusal {
  if (!isKind(command.kind)) return refuse('ERR_TEAM_UNKNOWN_KIND', { kind: command.kind })
  // A team of a newer law: its payload may have another form, too.
  const { policy: law } = command.body
  if (command.kind === 'CreateTeam' && isCount(law) && law > policyVersion)
    return refuse('ERR_TEAM_UNKNOWN_KIND', { kind: `${command.kind} of policy ${law}` })
  const form = forms[command.kind]
  const body: Record<string, unknown> = {}
  for (const name of Object.keys(command.body)) if (!Object.hasOwn(form, name)) return badPayload(name)
  for (const [name, field] of Object.entries(form)) {
    if (!Object.hasOwn(command.body, name)) {
      if (field.optional === true) continue
      return badPayload(name)
    }
    const value = field.read(command.body[name])
    if (value === undefined) return badPayload(name)
    body[name] = value
  }
  return { kind: command.kind, body } as unknown as Act
}

/**
 * True for text that may stand in a command: NFC UTF-8, 1 to 128 bytes, no control or bidirectional characters, and none
 * that Unicode 14.0 did not have: what NFC makes of those depends on the version of Node.js.
 */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > limits.nameBytesMax) return false
  if (!isWellFormed(value) || !isAssigned(value) || value.normalize('NFC') !== value) return false
  if (forbidden.test(value)) return false
  return utf8(value).length <= limits.nameBytesMax
}

/** True for the name of a role or label. */
export function isRoleName(value: unknown): value is string {
  return isName(value) && /^[a-z0-9][a-z0-9._-]*$/.test(value)
}

/** Control characters (C0, DEL, C1), line and paragraph separators, and everything that turns direction. */
const forbidden = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** Reads a value, or answers undefined where it has not the form. */
interface Field {
  readonly read: (value: unknown) => unknown
  readonly optional?: true
}

const id: Field = { read: (value) => (isBytes(value, 32) ? value : undefined) }
const count: Field = { read: (value) => (isCount(value) ? value : undefined) }
const policy: Field = { read: (value) => (value === policyVersion ? value : undefined) }
const name: Field = { read: (value) => (isName(value) ? value : undefined) }
const role: Field = { read: (value) => (isRoleName(value) ? value : undefined) }
const bundle: Field = {
  read(value) {
    const read = isBytes(value) ? parseKeyBundle(value) : undefined
    return read === undefined || 'kind' in read ? undefined : read
  },
}

const forms: { readonly [K in Kind]: Readonly<Record<keyof Bodies[K], Field>> } = {
  CreateTeam: { nonce: id, name, policy, bundle, commonName: name },
  CloseTeam: { reason: { ...name, optional: true } },
  AddDevice: { bundle, commonName: name, role, roleAt: id, gen: count },
  RemoveDevice: { device: id, gen: count },
  AssignRole: { device: id, gen: count, role, roleAt: id, from: role },
  RevokeRole: { device: id, gen: count, role, roleAt: id },
}

function badPayload(field: string): Refusal {
  return refuse('ERR_TEAM_BAD_PAYLOAD', { field })
}

/** The payload of an act as it stands in the unsigned map. */
export function encodeBody(act: Act): CborMap {
  const body: Record<string, CborValue> = {}
  for (const [field, value] of Object.entries(act.body) as [string, unknown][]) {
    if (value === undefined) continue
    body[field] = field === 'bundle' ? (value as KeyBundle).bytes : (value as CborValue)
  }
  return body
}
