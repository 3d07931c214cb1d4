import { beforeAll, describe, expect, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import { decodeCbor, encodeCbor } from '../../../src/codec/index.ts'
import { generateBoxKey, generateIdentity, openKeys, type Identity, type Keys } from '../../../src/keys/index.ts'
import {
  answerCheck,
  claimChecks,
  makeClaim,
  makeKeyBundle,
  parseClaim,
  readClaim,
  type Claim,
  type KeyBundle,
} from '../../../src/team/index.ts'
import { mutateBytes } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const random = createSeededRandomness(18)
const [team, invite, nonce] = [random.bytes(32), random.bytes(32), random.bytes(32)]
const inviteKey = generateIdentity(random)
const joiner = generateIdentity(random)
const about = { team, invite, nonce, inviteKey: inviteKey.publicKey }
let keys: Keys
let claim: Claim

beforeAll(async () => {
  keys = await openKeys()
  claim = makeClaim({ team, invite, nonce, bundle: bundleOf(joiner), inviteKey, identity: joiner })
})

function bundleOf(identity: Identity): KeyBundle {
  const signing = [generateIdentity(random).publicKey]
  return makeKeyBundle(keys, { identity, sequence: 0, signing, encryption: [generateBoxKey(random).publicKey] })
}

function codeOf(read: Claim | { readonly code: string }): string {
  return 'code' in read ? read.code : 'ok'
}

/** A claim as an enemy makes it, who has neither the code nor another's identity. */
function spliced(changes: Partial<Pick<Claim, 'bundle' | 'ofInvite' | 'ofIdentity' | 'invite' | 'nonce'>>): Uint8Array {
  const { invite: i, bundle, nonce: n, ofInvite, ofIdentity } = { ...claim, ...changes }
  return encodeCbor([encodeCbor({ i, b: bundle.bytes, n }), ofInvite, ofIdentity])
}

describe('the claim of an invite', () => {
  it('is read as it was made, and holds', () => {
    const read = readClaim(keys, claim.bytes, about)
    expect(codeOf(read)).toBe('ok')
    expect(read).toEqual(claim)
    expect(claim.bytes.length).toBeLessThan(600)
    for (const check of claimChecks(claim, team, inviteKey.publicKey)) expect(answerCheck(keys, check)).toBe(true)
  })

  it('holds for its team, invite, nonce and key alone', () => {
    const other = random.bytes(32)
    const changed = [
      { ...about, team: other },
      { ...about, invite: other },
      { ...about, nonce: other },
      { ...about, inviteKey: generateIdentity(random).publicKey },
    ]
    for (const wrong of changed)
      expect(codeOf(readClaim(keys, claim.bytes, wrong))).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
  })

  it('T51 who overhears it cannot be admitted with another bundle', () => {
    const eve = generateIdentity(random)
    const bundle = bundleOf(eve)
    const statement = makeClaim({ team, invite, nonce, bundle, inviteKey: eve, identity: eve })
    const forged = [
      spliced({ bundle }),
      spliced({ bundle, ofIdentity: statement.ofIdentity }),
      spliced({ bundle, ofIdentity: statement.ofIdentity, ofInvite: statement.ofInvite }),
      // Another bundle of the joiner itself, too: the signatures are over this one.
      spliced({ bundle: bundleOf(joiner) }),
    ]
    for (const bytes of forged) expect(codeOf(readClaim(keys, bytes, about))).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
  })

  it('needs both signatures, each under its own label', () => {
    const [first] = claimChecks(claim, team, inviteKey.publicKey)
    const statement = first?.kind === 'signature' ? first.bytes : new Uint8Array(0)
    const forged = [
      spliced({ ofInvite: claim.ofIdentity }),
      spliced({ ofIdentity: claim.ofInvite }),
      spliced({ ofInvite: inviteKey.sign(labels.inviteJoin, statement) }),
      spliced({ ofIdentity: joiner.sign(labels.inviteClaim, statement) }),
      spliced({ ofIdentity: joiner.sign(labels.keyBundle, statement) }),
    ]
    for (const bytes of forged) expect(codeOf(readClaim(keys, bytes, about))).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
    expect(codeOf(readClaim(keys, spliced({}), about))).toBe('ok')
  })

  it('with a bundle that its identity did not sign, or a weak key, is refused', () => {
    const { bundle } = claim
    const unsigned = { ...bundle, bytes: encodeCbor([bundle.unsigned, random.bytes(64)]) }
    const forged = makeClaim({ team, invite, nonce, bundle: unsigned, inviteKey, identity: joiner })
    expect(codeOf(readClaim(keys, forged.bytes, about))).toBe('ERR_TEAM_INVITE_CLAIM_INVALID')
    const weak = makeKeyBundle(keys, {
      identity: joiner,
      sequence: 0,
      signing: [new Uint8Array(32)],
      encryption: [generateBoxKey(random).publicKey],
    })
    const ofWeak = makeClaim({ team, invite, nonce, bundle: weak, inviteKey, identity: joiner })
    expect(codeOf(readClaim(keys, ofWeak.bytes, about))).toBe('ERR_TEAM_KEY_WEAK')
  })

  it('sec/FZ 10,000 mutations: none holds, none throws', () => {
    const isRead: string[] = []
    for (let round = 0; round < 10_000; round++) {
      const bytes = mutateBytes(claim.bytes, random)
      const parsed = parseClaim(bytes)
      if (!('kind' in parsed)) isRead.push(codeOf(readClaim(keys, bytes, about)))
    }
    expect(isRead.length).toBeGreaterThan(0)
    expect(isRead).not.toContain('ok')
    expect(codeOf(parseClaim(random.bytes(2_000)))).toBe('ERR_TEAM_BAD_ENCODING')
    expect(codeOf(parseClaim(encodeCbor([claim.ofInvite])))).toBe('ERR_TEAM_BAD_ENCODING')
    const [map, ...signatures] = decodeCbor(claim.bytes) as Uint8Array[]
    const more = encodeCbor({ ...(decodeCbor(map ?? new Uint8Array(0)) as object), x: 1 })
    expect(codeOf(parseClaim(encodeCbor([more, ...signatures])))).toBe('ERR_TEAM_BAD_ENCODING')
  })
})
