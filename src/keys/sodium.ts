import type { SwarmCipher } from './swarm-cipher.ts'

/** What Hyrax needs of libsodium. Both builds give the same bytes and the same verdicts. Arguments have been sized. */
export interface Sodium {
  readonly backend: 'sodium-native' | 'wasm'
  verify(signature: Uint8Array, message: Uint8Array, pk: Uint8Array): boolean
  isValidPoint(pk: Uint8Array): boolean
  /** BLAKE2b-256 of the message under a key. */
  keyedHash(key: Uint8Array, message: Uint8Array): Uint8Array
  secretboxSeal(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array
  /** Undefined where the tag does not fit. */
  secretboxOpen(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined
  createCipher(key: Uint8Array, nonce: Uint8Array): SwarmCipher
  memzero(bytes: Uint8Array): void
}

export type SodiumBackend = Sodium['backend']

const loaded = new Map<SodiumBackend | undefined, Promise<Sodium>>()

/**
 * Loads libsodium, once: the native build where it loads, else WASM. Asking for one build gets that one; the native one
 * then fails as its import fails. Nothing is loaded before this is called.
 */
export function loadSodium(backend?: SodiumBackend): Promise<Sodium> {
  let promise = loaded.get(backend)
  if (promise === undefined) loaded.set(backend, (promise = load(backend)))
  return promise
}

async function load(backend: SodiumBackend | undefined): Promise<Sodium> {
  if (backend !== 'wasm') {
    try {
      return await (await import('./sodium-native.ts')).loadNative()
    } catch (error) {
      // An optional package without a build for this machine is no error: WASM does the same, slower.
      if (backend === 'sodium-native') throw error
    }
  }
  return (await import('./sodium-wasm.ts')).loadWasm()
}
