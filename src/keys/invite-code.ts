import { fail, labels, type Randomness } from '../base/index.ts'
import { concatBytes, equalBytes } from '../codec/index.ts'
import { sha256 } from './hash.ts'
import { identityFromSeed, wiping, type Identity } from './identity.ts'
import type { Keys } from './open-keys.ts'

const seedBytes = 16
const checksumBytes = 4

/** A fresh invite code: 16 random bytes and the first 4 of their SHA-256. Always drawn, never chosen (`TEAM.md` 8). */
export function generateInviteCode(random: Randomness): Uint8Array {
  const seed = random.bytes(seedBytes)
  return concatBytes(seed, checksumOf(seed))
}

/** The Ed25519 key of an invite code in a team. ERR_TEAM_INVITE_CODE_INVALID where the checksum does not fit. */
export function inviteKeyOf(keys: Pick<Keys, 'kdf'>, code: Uint8Array, team: Uint8Array): Identity {
  const seed = code.slice(0, seedBytes)
  if (code.length !== seedBytes + checksumBytes || !equalBytes(code.subarray(seedBytes), checksumOf(seed)))
    throw fail('ERR_TEAM_INVITE_CODE_INVALID', { why: 'its checksum is wrong: a character was changed or lost' })
  return wiping(seed, () => wiping(keys.kdf(seed, labels.inviteKey, team), identityFromSeed))
}

function checksumOf(seed: Uint8Array): Uint8Array {
  return sha256(seed).subarray(0, checksumBytes)
}
