import { limits, type Randomness } from '../base/index.ts'
import { compareBytes, toHex } from '../codec/index.ts'
import { makeEpoch, type NewEpoch, type SecretAhead } from './epoch.ts'
import type { Intent } from './intent.ts'
import { recipientsOf, rotationPending, sealingEpoch } from './kinds/keys.ts'
import { roleOf, type Member, type TeamState } from './state.ts'

/** What making an epoch takes. */
export interface RotationParts {
  readonly random: Randomness
  /** Boxes a secret of 32 bytes for an X25519 key: 80 bytes that its private half opens. */
  readonly sealBox: (publicKey: Uint8Array, secret: Uint8Array) => Uint8Array
  /** What was made of the next epoch before, where anything was. */
  readonly takeAhead?: (() => SecretAhead | undefined) | undefined
}

/** A rotation that is ready to be signed, and the boxes that go with it. */
export interface Rotation extends NewEpoch {
  readonly intent: Intent & { readonly kind: 'RotateKey' }
}

/** A fresh epoch for exactly the members of a state, after the latest epochs it knows. */
export function makeRotation(state: TeamState, { random, sealBox: seal, takeAhead }: RotationParts): Rotation {
  const made = makeEpoch(state.team, recipientsOf(state), { random, seal, takeAhead })
  const { epoch, boxesHash } = made
  return { ...made, intent: { kind: 'RotateKey', epoch, boxesHash, parents: latestEpochs(state) } }
}

/** The epochs that no other one names as its parent: of too many the last in replay order. Sorted. */
function latestEpochs(state: TeamState): Uint8Array[] {
  const named = new Set(state.epochs.flatMap(({ parents }) => parents.map(toHex)))
  const latest = state.epochs.filter(({ idHex }) => !named.has(idHex)).slice(-limits.commandParentsMax)
  return latest.map(({ id }) => id).sort(compareBytes)
}

/**
 * True where somebody should rotate: because nothing may be sealed before, or because a member has no box of the epoch
 * that is sealed with. A team that has never had an epoch and lost nobody owes nothing: it gets its first one when it is
 * asked for.
 */
export function isRotationOwed(state: TeamState): boolean {
  if (!state.open) return false
  if (rotationPending(state)) return true
  const epoch = sealingEpoch(state)
  if (epoch === undefined) return false
  const boxed = new Map(epoch.recipients.map(([device, gen]) => [toHex(device), gen]))
  const isBoxed = ({ deviceHex, generation }: Member): boolean => boxed.get(deviceHex) === generation
  return state.members.some((member) => member.encryption.length > 0 && !isBoxed(member))
}

/** True for a member that may rotate. */
export function mayRotate(state: TeamState, deviceHex: string): boolean {
  const member = state.members.get(deviceHex)
  return member !== undefined && roleOf(state, member.role)?.permissions.has('key.rotate') === true
}

/** Of these devices those that may rotate: by rank, then seniority. Their order is the order of their turns. */
export function rotators(state: TeamState, devices: Iterable<string>): string[] {
  const able = [...new Set(devices)].filter((deviceHex) => mayRotate(state, deviceHex))
  const members = able.map((deviceHex) => state.members.get(deviceHex)).filter((member) => member !== undefined)
  return members.sort((a, b) => byStanding(state, a, b)).map(({ deviceHex }) => deviceHex)
}

function byStanding(state: TeamState, a: Member, b: Member): number {
  const rank = (member: Member): number => roleOf(state, member.role)?.rank ?? 0
  const isOlder = a.admitted.idHex < b.admitted.idHex ? -1 : 1
  return rank(b) - rank(a) || a.admitted.depth - b.admitted.depth || isOlder
}
