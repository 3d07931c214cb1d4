import type { Sodium, SodiumBackend } from './sodium.ts'

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
