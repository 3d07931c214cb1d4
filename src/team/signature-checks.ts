import { labels, refuse, type Refusal } from '../base/index.ts'
import { parsePeerId } from '../codec/index.ts'
import type { Act } from './bodies.ts'
import type { KeyFacts } from './case.ts'
import { claimChecks } from './claim.ts'
import type { Command } from './command.ts'
import { bundleChecks } from './key-bundle.ts'
import type { SignatureCheck } from './verification.ts'

/** What the bytes of a payload say once libsodium was asked. */
export type PayloadFacts = Pick<KeyFacts, 'weak' | 'claimHolds'>

/** The facts of a command whose payload was verified before, or made here of verified parts. */
export const soundPayload: PayloadFacts = { weak: false, claimHolds: true }

/** The facts of a payload in which libsodium was asked about nothing. */
const plain: PayloadFacts = { weak: false, claimHolds: false }

/** Team and invite key that a claim is judged by: the key in the CreateInvite that an AdmitDevice names, where it is known. */
export interface ClaimPlace {
  readonly team: Uint8Array
  readonly inviteKey: Uint8Array
}

/** What libsodium must say about a command before the law is asked: its signature first, then what its payload carries. */
export function checksOf(
  { key: publicKey, unsigned: bytes, signature }: Pick<Command, 'key' | 'unsigned' | 'signature'>,
  act: Act | undefined,
  place?: ClaimPlace,
): SignatureCheck[] {
  const own: SignatureCheck = { kind: 'signature', publicKey, label: labels.command, bytes, signature }
  const ofPayload = act === undefined ? noChecks : payloadChecks(act, place)
  return ofPayload.length === 0 ? [own] : [own, ...ofPayload]
}

const noChecks: readonly SignatureCheck[] = []

/** What libsodium must say about a payload: bundles are signed, keys are good points, a claim is signed by both its keys. */
export function payloadChecks({ kind, body }: Act, place?: ClaimPlace): readonly SignatureCheck[] {
  switch (kind) {
    case 'CreateTeam':
    case 'AddDevice':
    case 'AddDeviceKey':
      return bundleChecks(body.bundle)
    case 'AdmitDevice': {
      const ofClaim = place === undefined ? [] : claimChecks(body.claim, place.team, place.inviteKey)
      return [...bundleChecks(body.claim.bundle), ...ofClaim]
    }
    case 'CreateInvite':
    case 'TrustOperator':
      return [{ kind: 'point', publicKey: body.key }]
    case 'AddNode':
      return [{ kind: 'point', publicKey: parsePeerId(body.peer) }]
    default:
      return noChecks
  }
}

/**
 * What the answers to `checksOf` mean, which begin at `from`: ERR_TEAM_BAD_SIGNATURE, or the facts that `check` wants of
 * them.
 */
export function readVerdicts(
  checks: readonly SignatureCheck[],
  verdicts: readonly boolean[],
  from = 0,
): Refusal | PayloadFacts {
  // Nearly every command carries nothing but its signature.
  if (checks.length === 1 && verdicts[from] === true) return plain
  const answers = checks.map((check, i) => ({ check, holds: verdicts[from + i] === true }))
  const points = answers.filter(({ check }) => check.kind === 'point')
  const holds = (label: string): boolean[] =>
    answers.filter(({ check }) => check.kind === 'signature' && check.label === label).map((answer) => answer.holds)
  // No signature holds under a weak identity key: then that, and not the signature, is what is wrong (2.4).
  const isBundleBad = holds(labels.keyBundle).includes(false) && points[0]?.holds !== false
  if (answers[0]?.holds !== true || isBundleBad) return refuse('ERR_TEAM_BAD_SIGNATURE', { what: 'of the command' })
  const ofClaim = [...holds(labels.inviteClaim), ...holds(labels.inviteJoin)]
  return {
    weak: points.some((point) => !point.holds),
    claimHolds: ofClaim.length === 2 && !ofClaim.includes(false),
  }
}
