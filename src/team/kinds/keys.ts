import { limits, refuse, type Refusal } from '../../base/index.ts'
import { compareBytes, equalBytes, toHex } from '../../codec/index.ts'
import type { Act, Bodies } from '../bodies.ts'
import { duplicate, full, noPermission, type Applied, type Case, type Law } from '../case.ts'
import { isBytes, isCount, isSame } from '../command.ts'
import { hashOfRecipients, sortRecipients, type Recipient } from '../epoch.ts'
import { ascending, bundle, count, id, oneOf, type Field } from '../fields.ts'
import { deviceId, isWeakBundle, type KeyBundle } from '../key-bundle.ts'
import type { Member, TeamState } from '../state.ts'

const recipient: Field = {
  read(value) {
    if (!Array.isArray(value) || value.length !== 3) return undefined
    const [device, gen, key] = value as readonly unknown[]
    return isBytes(device, 32) && isCount(gen) && isBytes(key, 32) ? value : undefined
  },
}
const recipientList = ascending<Recipient>(recipient, (a, b) => compareBytes(a[0], b[0]))
const recipients: Field = { read: (value) => (isBytes(value, 32) ? value : recipientList.read(value)) }

/** Keys: the team's epochs, and each device's own. */
export const keys: { readonly [K in 'RotateKey' | 'AddDeviceKey' | 'RetireKey']: Law<Bodies[K]> } = {
  RotateKey: {
    form: { epoch: id, parents: ascending(id, compareBytes), recipients, boxesHash: id },
    own: checkEpoch,
    apply: addEpoch,
  },
  AddDeviceKey: {
    form: { bundle },
    mayNot: (at, body) =>
      isSame(deviceId(body.bundle.identity), at.author.author) ? undefined : noPermission(at, 'none'),
    own: checkAddedKeys,
    apply: addKeys,
  },
  RetireKey: {
    form: { device: id, gen: count, key: id, reason: oneOf('rotated', 'compromised') },
    own: ({ state }, body) => checkRetired(state.members.get(toHex(body.device)), body.key),
    apply: retireKey,
  },
}

/** Everybody who is in the team, with the newest encryption key of each: whom an epoch is boxed for. */
export function recipientsOf(state: TeamState): Recipient[] {
  return sortRecipients([...state.members.values()].flatMap(recipientRows))
}

/** One row for a member as long as it is the same: many epochs name the same recipients. */
const rows = new WeakMap<Member, readonly Recipient[]>()

function recipientRows(member: Member): readonly Recipient[] {
  const known = rows.get(member)
  if (known !== undefined) return known
  const newest = member.encryption.at(-1)
  const made: Recipient[] = newest === undefined ? [] : [[member.device, member.generation, newest]]
  rows.set(member, made)
  return made
}

/**
 * The act as it is kept: RotateKey with the list of recipients from the view in which its check succeeded. Replay needs the
 * list where the command has only its hash, and cannot know that view.
 */
export function boundAct(view: TeamState, act: Act): Act {
  if (act.kind !== 'RotateKey') return act
  return { kind: 'RotateKey', body: { ...act.body, recipients: recipientsOf(view) } }
}

function checkEpoch({ state, facts }: Case, body: Bodies['RotateKey']): Refusal | undefined {
  // Who was a member is a matter of what the author saw; in replay somebody may have left beside it (T55).
  if (facts.isOrigin) {
    const expected = hashOfRecipients(recipientsOf(state))
    const found = isBytes(body.recipients) ? body.recipients : hashOfRecipients(body.recipients)
    if (!equalBytes(found, expected))
      return refuse('ERR_TEAM_BAD_RECIPIENTS', { what: 'they are not exactly the members' })
  }
  return epochOf(state, body.epoch) === undefined ? undefined : duplicate('there is an epoch of this id')
}

function addEpoch(state: TeamState, body: Bodies['RotateKey'], command: Applied): TeamState {
  const list = isBytes(body.recipients) ? recipientsOf(state) : body.recipients
  const { epoch, parents, boxesHash } = body
  const recipientsHash = hashOfRecipients(list)
  const made = {
    id: epoch,
    idHex: toHex(epoch),
    parents,
    recipients: list,
    recipientsHash,
    boxesHash,
    by: command.idHex,
  }
  return { ...state, epochs: [...state.epochs, made] }
}

/** The epoch of that id. */
export function epochOf(state: TeamState, epoch: Uint8Array): TeamState['epochs'][number] | undefined {
  return state.epochs.find(({ id: known }) => equalBytes(known, epoch))
}

/** True where nobody can open an epoch's secret but members: same generation, key not known to be stolen. */
export function isForMembersAlone(state: TeamState, epoch: TeamState['epochs'][number]): boolean {
  return epoch.recipients.every(([device, gen, key]) => {
    const member = state.members.get(toHex(device))
    return member?.generation === gen && member.retired.get(toHex(key))?.reason !== 'compromised'
  })
}

/**
 * The epoch that data is sealed with: the last in replay order that is for members alone, and younger than every removal
 * and every theft of a key. None: sealing is refused.
 */
export function sealingEpoch(state: TeamState): TeamState['epochs'][number] | undefined {
  for (let at = state.epochs.length - 1; at >= state.epochsSpent; at--) {
    const epoch = state.epochs[at]
    if (epoch !== undefined && isForMembersAlone(state, epoch)) return epoch
  }
  return undefined
}

/** True where the team's epoch key must be rotated before anything is sealed: somebody has it who should not. */
export function rotationPending(state: TeamState): boolean {
  const isDue = state.epochs.length > 0 || state.departures.size > 0 || state.members.some(hasTheft)
  return isDue && sealingEpoch(state) === undefined
}

function hasTheft({ retired }: Member): boolean {
  return retired.size > 0 && [...retired.values()].some(({ reason }) => reason === 'compromised')
}

function checkAddedKeys(at: Case, { bundle: added }: Bodies['AddDeviceKey']): Refusal | undefined {
  if (at.facts.weak || isWeakBundle(added)) return refuse('ERR_TEAM_KEY_WEAK')
  if (added.sequence <= at.member.bundle) return duplicate(`a bundle of number ${at.member.bundle} is known`)
  const { signing, encryption } = active(at.member, added)
  return (
    full('active signing keys on this device', signing.length - 1, limits.bundleKeysMax) ??
    full('active encryption keys on this device', encryption.length - 1, limits.bundleKeysMax)
  )
}

/** The keys of a member with those of its bundle beside them, newest last. What was retired stays so. */
function active(member: Member, added: KeyBundle): Pick<Member, 'signing' | 'encryption'> {
  const join = (before: readonly Uint8Array[], more: readonly Uint8Array[]): Uint8Array[] => {
    const isNew = (key: Uint8Array): boolean => !member.retired.has(toHex(key)) && !before.some((k) => isSame(k, key))
    return [...before, ...more.filter(isNew)]
  }
  return { signing: join(member.signing, added.signing), encryption: join(member.encryption, added.encryption) }
}

function addKeys(state: TeamState, { bundle: added }: Bodies['AddDeviceKey'], command: Applied): TeamState {
  const member = state.members.get(command.authorHex)
  if (member === undefined) return state
  const { signing, encryption } = active(member, added)
  const isNew = (key: Uint8Array): boolean => !member.signing.includes(key)
  const sources = signing.filter(isNew).map((key): [string, string] => [toHex(key), command.idHex])
  const keyBy = new Map([...member.keyBy, ...sources])
  const changed = { ...member, signing, encryption, keyBy, bundle: added.sequence }
  return { ...state, members: state.members.with(member.deviceHex, changed) }
}

function checkRetired(member: Member | undefined, key: Uint8Array): Refusal | undefined {
  const kind = [member?.signing ?? [], member?.encryption ?? []].find((list) => list.some((k) => isSame(k, key)))
  if (kind === undefined) return refuse('ERR_TEAM_UNKNOWN_KEY', { what: 'the device has no such active key' })
  return kind.length === 1 ? refuse('ERR_TEAM_LAST_KEY', { what: 'the device' }) : undefined
}

function retireKey(state: TeamState, body: Bodies['RetireKey']): TeamState {
  const member = state.members.get(toHex(body.device))
  if (member === undefined) return state
  const others = (key: Uint8Array): boolean => !isSame(key, body.key)
  const changed: Member = {
    ...member,
    signing: member.signing.filter(others),
    encryption: member.encryption.filter(others),
    retired: new Map([...member.retired, [toHex(body.key), { reason: body.reason }]]),
  }
  const epochsSpent = body.reason === 'compromised' ? state.epochs.length : state.epochsSpent
  return { ...state, members: state.members.with(member.deviceHex, changed), epochsSpent }
}
