import { bug, labels } from '../../base/index.ts'
import { equalBytes } from '../../codec/index.ts'
import type { Keys } from '../../keys/index.ts'
import { deviceId, makeKeyBundle, type AuthorParts, type KeyBundle } from '../../team/index.ts'
import { newestActive, type RingKey } from '../key-ring.ts'
import type { OwnKeys } from '../own-keys.ts'

/** What a replica needs to author as this device: its key ring, behind functions, as it is at the time of the call. */
export function ownAuthor(keys: Keys, { identity, ring }: OwnKeys): AuthorParts {
  return {
    device: deviceId(identity.publicKey),
    get signingKey() {
      return newestActive(ring.signing).publicKey
    },
    // Retired ones last: a team that has not heard of the newer ones takes only what it knows.
    signingKeys: () => {
      const newestFirst = ring.signing.toReversed()
      const isActive = ({ state }: { readonly state: string }): boolean => state === 'active'
      const sorted = [...newestFirst.filter(isActive), ...newestFirst.filter((key) => !isActive(key))]
      return sorted.map(({ pair }) => pair.publicKey)
    },
    sign(unsigned, key) {
      const held = ring.signing.find(({ pair }) => equalBytes(pair.publicKey, key))
      if (held === undefined) throw bug('a command is to be signed with a key that is not in the ring')
      return keys.sign(held.pair, labels.command, unsigned)
    },
  }
}

/** The bundle of this device as it is now: the active keys, signed by the identity. */
export function ownBundle(keys: Keys, { identity, ring }: OwnKeys): KeyBundle {
  const active = (held: readonly RingKey[]): Uint8Array[] =>
    held.filter(({ state }) => state === 'active').map(({ pair }) => pair.publicKey)
  const { sequence } = ring
  return makeKeyBundle(keys, { identity, sequence, signing: active(ring.signing), encryption: active(ring.encryption) })
}
