import { bug } from '../base/index.ts'

/** One direction of the swarm-key layer: an XSalsa20 key stream with its place in it. No MAC. */
export interface SwarmCipher {
  /** XORs the next bytes of the key stream in place; pieces of any size give the same as one whole. */
  apply(bytes: Uint8Array): void
  /** Wipes the key. A second call does nothing; `apply` afterwards is a bug and throws. */
  free(): void
}

/** A cipher that cannot be used with a wiped key: that would send the key stream of 32 zero bytes. */
export function guardCipher(cipher: SwarmCipher): SwarmCipher {
  let isFree = false
  return {
    apply(bytes) {
      if (isFree) throw bug('a swarm cipher was used after it was freed')
      cipher.apply(bytes)
    },
    free() {
      if (isFree) return
      isFree = true
      cipher.free()
    },
  }
}
