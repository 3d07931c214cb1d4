import type { CborValue } from '../../src/codec/index.ts'
import type { SeededRandomness } from './seeded-randomness.ts'

const texts = ['', 'a', 'aa', 'b', '__proto__', 'constructor', 'Grüße', '☃', '𝕏', 'x'.repeat(24), 'y'.repeat(300)]
const integers = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]

/** A random value of the CBOR profile; maps have no prototype, as decoded ones. */
export function randomCbor(random: SeededRandomness, depth = 3): CborValue {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return random.pick([null, true, false])
    case 1:
      return random.pick(integers)
    case 2:
      return -1 - random.pick(integers.slice(0, -1))
    case 3:
      return random.pick(texts)
    case 4:
      return random.bytes(random.pick([0, 1, 23, 24, 32, 64, 300]))
    case 5:
      return random.below(1_000)
    case 6:
      return Array.from({ length: random.below(5) }, () => randomCbor(random, depth - 1))
    default: {
      const map = Object.create(null) as Record<string, CborValue>
      for (let left = random.below(5); left > 0; left--) map[random.pick(texts)] = randomCbor(random, depth - 1)
      return map
    }
  }
}
