import { refuse, type Refusal } from '../base/index.ts'
import type { CborMap, CborValue } from '../codec/index.ts'
import type { Act } from './bodies.ts'
import { isCount, type Command } from './command.ts'
import type { Field } from './fields.ts'
import { lawOf } from './kinds/index.ts'
import { defaultRole, isKind, policyVersion, type Kind } from './policy.ts'

export { isName, isNetworkName, isRoleName } from './fields.ts'

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
  for (const name in command.body) if (!Object.hasOwn(form, name)) return badPayload(name)
  for (const { name, field } of membersOf(kind)) {
    const said = command.body[name]
    if (said === undefined) {
      if (field.optional !== true) return badPayload(name)
      if (field.otherwise !== undefined) body[name] = field.otherwise
      continue
    }
    const value = field.read(said)
    if (value === undefined) return badPayload(name)
    body[name] = value
  }
  if ('roleAt' in form && !fillRole(body, command.team ?? null)) return badPayload('roleAt')
  const part = whole?.(body)
  return part === undefined ? ({ kind, body } as unknown as Act) : badPayload(part)
}

const members = new Map<Kind, readonly { readonly name: string; readonly field: Field }[]>()

/** The members of a form, as a list that is made once. */
function membersOf(kind: Kind): readonly { readonly name: string; readonly field: Field }[] {
  let list = members.get(kind)
  if (list === undefined)
    members.set(kind, (list = Object.entries<Field>(lawOf(kind).form).map(([name, field]) => ({ name, field }))))
  return list
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

/** The members of a kind's payload, in the order of the page; those that may be absent end in `?`. */
export function payloadOf(kind: Kind): string[] {
  return Object.entries<Field>(lawOf(kind).form).map(([name, { optional }]) => (optional === true ? `${name}?` : name))
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
