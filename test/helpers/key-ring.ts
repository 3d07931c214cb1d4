import { generateBoxKey, generateIdentity, systemRandom, type KeyPair } from '../../src/keys/index.ts'
import { equalBytes } from '../../src/codec/index.ts'
import type { KeyRing, RingKey } from '../../src/node/key-ring.ts'
import type { OwnKeys } from '../../src/node/own-keys.ts'

type Mutable = { -readonly [K in keyof KeyRing]: KeyRing[K] }

/** A key ring that no disk holds. */
export function memoryKeyRing(now: () => number = () => 0): KeyRing {
  const fresh = <K extends KeyPair>(pair: K): RingKey<K> => ({ pair, made: now(), state: 'active' })
  const ring: Mutable = {
    sequence: 0,
    signing: [fresh(generateIdentity(systemRandom))],
    encryption: [fresh(generateBoxKey(systemRandom))],
    add: () => {
      ring.signing = [...ring.signing, fresh(generateIdentity(systemRandom))]
      ring.encryption = [...ring.encryption, fresh(generateBoxKey(systemRandom))]
      ring.sequence++
      return Promise.resolve()
    },
    countBeyond: (sequence) => {
      ring.sequence = Math.max(ring.sequence, sequence + 1)
      return Promise.resolve()
    },
    retire: (publicKey, as) => {
      const mark = <K extends KeyPair>(key: RingKey<K>): RingKey<K> =>
        equalBytes(key.pair.publicKey, publicKey) ? { ...key, state: as } : key
      ring.signing = ring.signing.map(mark)
      ring.encryption = ring.encryption.map(mark)
      ring.sequence++
      return Promise.resolve(true)
    },
  }
  return ring
}

/** The keys of a node in memory. */
export function memoryOwnKeys(identity = generateIdentity(systemRandom), now?: () => number): OwnKeys {
  return { identity, ring: memoryKeyRing(now) }
}
