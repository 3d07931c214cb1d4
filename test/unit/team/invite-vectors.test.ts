import { describe, it } from 'vitest'
import { formatInviteLine, toHex } from '../../../src/codec/index.ts'
import { generateInviteCode, identityFromSeed, inviteKeyOf, openKeys } from '../../../src/keys/index.ts'
import { claimChecks, makeClaim, makeKeyBundle } from '../../../src/team/index.ts'
import { expectFrozen } from '../../helpers/frozen-vectors.ts'

const bytes = (size: number, from: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => from + at)

describe('frozen', () => {
  it('code, key and claim of an invite', async () => {
    const keys = await openKeys()
    const [team, invite, nonce] = [bytes(32, 1), bytes(32, 33), bytes(32, 65)]
    const code = generateInviteCode({ bytes: (size) => bytes(size, 0) })
    const inviteKey = inviteKeyOf(keys, code, team)
    const identity = identityFromSeed(bytes(32, 97))
    const signing = [identityFromSeed(bytes(32, 129)).publicKey]
    const bundle = makeKeyBundle(keys, { identity, sequence: 0, signing, encryption: [bytes(32, 7)] })
    const claim = makeClaim({ team, invite, nonce, bundle, inviteKey, identity })
    const line = {
      code,
      team,
      peer: identity.peer,
      addresses: ['/ip4/192.0.2.7/tcp/4001'],
      fingerprint: '0'.repeat(32),
    }
    const frozen = {
      team: toHex(team),
      code: toHex(code),
      text: formatInviteLine(line),
      withKey: formatInviteLine({ ...line, key: bytes(32, 9) }),
      inviteKey: toHex(inviteKey.publicKey),
      statement: claimChecks(claim, team, inviteKey.publicKey).map((check) =>
        check.kind === 'signature' ? [check.label, toHex(check.bytes), toHex(check.signature)] : [],
      ),
      claim: toHex(claim.bytes),
    }
    expectFrozen('invites', frozen, '5313c8e1bf235493a5be8f18a29bf1f9a6a91edc8c6277c24c0b52e2ef4b4d35')
  })
})
