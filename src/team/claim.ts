import { labels, limits, refuse, type Refusal } from '../base/index.ts'
import { decodeCbor, encodeCbor, equalBytes } from '../codec/index.ts'
import { sha256, type Identity, type Keys } from '../keys/index.ts'
import { isBytes, isList, isMap } from './command.ts'
import { bundleChecks, isWeakBundle, parseKeyBundle, type KeyBundle } from './key-bundle.ts'
import { answerCheck, type SignatureCheck } from './verification.ts'

/**
 * What a device shows to be admitted by an invite (`TEAM.md` 8). It is signed by the invite key, which only the holder of
 * the code can derive, and by the joiner's identity key: whoever overhears it cannot be admitted with other keys.
 */
export interface Claim {
  /** Id of the CreateInvite, 32 bytes. */
  readonly invite: Uint8Array
  /** The joiner's keys. */
  readonly bundle: KeyBundle
  /** Drawn by the admitting server, 32 bytes. */
  readonly nonce: Uint8Array
  /** Signature of the invite key, 64 bytes. */
  readonly ofInvite: Uint8Array
  /** Signature of the identity key, 64 bytes. */
  readonly ofIdentity: Uint8Array
  /** The stored form: det-CBOR `[map bytes {i, b, n}, ofInvite, ofIdentity]`. */
  readonly bytes: Uint8Array
}

/** What both signatures of a claim cover: det-CBOR `{t: team, i: invite, b: SHA-256 of the bundle's bytes, n: nonce}`. */
function statementOf(team: Uint8Array, { invite, bundle, nonce }: Pick<Claim, 'invite' | 'bundle' | 'nonce'>) {
  return encodeCbor({ t: team, i: invite, b: sha256(bundle.bytes), n: nonce })
}

/** Makes a claim: the code's holder signs with the invite key, the device with its identity key. */
export function makeClaim(parts: {
  readonly team: Uint8Array
  readonly invite: Uint8Array
  readonly nonce: Uint8Array
  readonly bundle: KeyBundle
  readonly inviteKey: Identity
  readonly identity: Identity
}): Claim {
  const { team, invite, nonce, bundle, inviteKey, identity } = parts
  const statement = statementOf(team, parts)
  const ofInvite = inviteKey.sign(labels.inviteClaim, statement)
  const ofIdentity = identity.sign(labels.inviteJoin, statement)
  const bytes = encodeCbor([encodeCbor({ i: invite, b: bundle.bytes, n: nonce }), ofInvite, ofIdentity])
  return { invite, bundle, nonce, ofInvite, ofIdentity, bytes }
}

/** Reads a claim: form only. Whether its signatures hold is `claimChecks`' matter. Refused with ERR_TEAM_BAD_ENCODING. */
export function parseClaim(bytes: Uint8Array): Claim | Refusal {
  try {
    if (bytes.length > limits.inviteClaimBytesMax) return badClaim('size')
    const outer = decodeCbor(bytes, { depthMax: limits.commandDepthMax })
    if (!isList(outer) || outer.length !== 3) return badClaim('outer')
    const [map, ofInvite, ofIdentity] = outer
    if (!isBytes(map) || !isBytes(ofInvite, 64) || !isBytes(ofIdentity, 64)) return badClaim('outer')
    const inner = decodeCbor(map, { depthMax: limits.commandDepthMax })
    if (!isMap(inner) || Object.keys(inner).length !== 3) return badClaim('map')
    const { i: invite, b: bundleBytes, n: nonce } = inner
    if (!isBytes(invite, 32) || !isBytes(bundleBytes) || !isBytes(nonce, 32)) return badClaim('map')
    const bundle = parseKeyBundle(bundleBytes)
    return 'kind' in bundle ? bundle : { invite, bundle, nonce, ofInvite, ofIdentity, bytes }
  } catch {
    return badClaim('no canonical CBOR')
  }
}

/** The two questions that decide whether a claim holds for a team and the key of its CreateInvite. */
export function claimChecks(claim: Claim, team: Uint8Array, inviteKey: Uint8Array): SignatureCheck[] {
  const bytes = statementOf(team, claim)
  const { ofInvite, ofIdentity, bundle } = claim
  return [
    { kind: 'signature', publicKey: inviteKey, label: labels.inviteClaim, bytes, signature: ofInvite },
    { kind: 'signature', publicKey: bundle.identity, label: labels.inviteJoin, bytes, signature: ofIdentity },
  ]
}

/**
 * Reads a claim that came by hand and verifies all of it here and now: for the server that admits.
 * ERR_TEAM_BAD_ENCODING, _KEY_WEAK, _INVITE_CLAIM_INVALID.
 */
export function readClaim(
  keys: Keys,
  bytes: Uint8Array,
  about: {
    readonly team: Uint8Array
    readonly invite: Uint8Array
    readonly inviteKey: Uint8Array
    readonly nonce: Uint8Array
  },
): Claim | Refusal {
  const claim = parseClaim(bytes)
  if ('kind' in claim) return claim
  const isAboutIt = equalBytes(claim.invite, about.invite) && equalBytes(claim.nonce, about.nonce)
  const [ofBundle, ...points] = bundleChecks(claim.bundle).map((check) => answerCheck(keys, check))
  if (points.includes(false) || isWeakBundle(claim.bundle)) return refuse('ERR_TEAM_KEY_WEAK')
  const isSigned = claimChecks(claim, about.team, about.inviteKey).every((check) => answerCheck(keys, check))
  return isAboutIt && ofBundle === true && isSigned ? claim : refuse('ERR_TEAM_INVITE_CLAIM_INVALID')
}

function badClaim(why: string): Refusal {
  return refuse('ERR_TEAM_BAD_ENCODING', { why: `invite claim: ${why}` })
}
