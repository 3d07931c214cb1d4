import { describe, expect, it } from 'vitest'
import { labels } from '../../../src/base/index.ts'
import { peerIdText } from '../../../src/codec/index.ts'
import { generateIdentity, openKeys } from '../../../src/keys/index.ts'
import { answerCheck, makeClaim, type Act } from '../../../src/team/index.ts'
import { checksOf, payloadChecks, readVerdicts } from '../../../src/team/signature-checks.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'
import { Scribe } from '../../helpers/team-scribe.ts'

const keys = await openKeys()
const scribe = new Scribe(keys)
const root = scribe.found('O')
const inviteKey = generateIdentity(createSeededRandomness(11))
const joiner = scribe.actor('J')
const invite = new Uint8Array(32).fill(5)
const claim = makeClaim({
  team: scribe.team,
  invite,
  nonce: new Uint8Array(32),
  bundle: joiner.bundle,
  inviteKey,
  identity: joiner.identity,
})
const admission: Act = { kind: 'AdmitDevice', body: { invite, claim, commonName: 'J', gen: 0 } }
const place = { team: scribe.team, inviteKey: inviteKey.publicKey }

/** The first point of order 4: on the curve, and good for nothing. */
const weak = new Uint8Array(32)

function factsOf(act: Act, at?: typeof place): unknown {
  const checks = checksOf(root, act, at)
  return readVerdicts(
    checks,
    checks.map((one) => answerCheck(keys, one)),
  )
}

describe('what libsodium is asked about a payload', () => {
  it('keys that are no good points make it weak', () => {
    const good = inviteKey.publicKey
    const invites = (key: Uint8Array): Act => ({
      kind: 'CreateInvite',
      body: { key, role: 'user', roleAt: scribe.team, maxUses: 1, notAfter: 0 },
    })
    expect(factsOf(invites(good))).toMatchObject({ weak: false })
    expect(factsOf(invites(weak))).toMatchObject({ weak: true })
    expect(factsOf({ kind: 'TrustOperator', body: { key: weak } })).toMatchObject({ weak: true })
    expect(factsOf({ kind: 'AddNode', body: { peer: peerIdText(weak) } })).toMatchObject({ weak: true })
    expect(factsOf({ kind: 'AddNode', body: { peer: peerIdText(good) } })).toMatchObject({ weak: false })
    // Taking away is possible for any key.
    expect(payloadChecks({ kind: 'RemoveNode', body: { peer: peerIdText(weak) } })).toEqual([])
    expect(payloadChecks({ kind: 'DistrustOperator', body: { key: weak } })).toEqual([])
  })

  it('a claim holds under the key of its invite and the joiner’s own, for this team alone', () => {
    expect(factsOf(admission, place)).toEqual({ weak: false, claimHolds: true })
    expect(factsOf(admission)).toMatchObject({ claimHolds: false })
    expect(factsOf(admission, { ...place, inviteKey: joiner.identity.publicKey })).toMatchObject({ claimHolds: false })
    expect(factsOf(admission, { ...place, team: invite })).toMatchObject({ claimHolds: false })
    for (const part of ['ofInvite', 'ofIdentity'] as const) {
      const forged = { ...claim, [part]: claim[part].map((byte) => byte ^ 1) }
      const act: Act = { kind: 'AdmitDevice', body: { ...admission.body, claim: forged } }
      expect(factsOf(act, place)).toMatchObject({ claimHolds: false })
    }
  })

  it('T51: a claim with another bundle is refused, although all else in it is true', () => {
    const stolen = { ...claim, bundle: scribe.actor('thief').bundle }
    const act: Act = { kind: 'AdmitDevice', body: { ...admission.body, claim: stolen } }
    expect(factsOf(act, place)).toMatchObject({ claimHolds: false })
  })

  it('a bad signature of the command, or of a bundle, is that and nothing else', () => {
    const checks = checksOf(root, admission, place)
    const all = checks.map(() => true)
    const failing = (fails: (label: string) => boolean) =>
      readVerdicts(
        checks,
        checks.map((one) => one.kind === 'point' || !fails(one.label)),
      )
    expect(readVerdicts(checks, all)).toEqual({ weak: false, claimHolds: true })
    expect(failing((label) => label === labels.command)).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
    expect(failing((label) => label === labels.keyBundle)).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
    expect(failing((label) => label === labels.inviteJoin)).toEqual({ weak: false, claimHolds: false })
    // Answers that are missing are no good ones.
    expect(readVerdicts(checks, [])).toMatchObject({ code: 'ERR_TEAM_BAD_SIGNATURE' })
  })

  it('a plain command is asked for its signature alone, and claims nothing', () => {
    const act: Act = { kind: 'CreateLabel', body: { label: 'x' } }
    expect(checksOf(root, act)).toHaveLength(1)
    expect(readVerdicts(checksOf(root, act), [true])).toEqual({ weak: false, claimHolds: false })
  })
})
