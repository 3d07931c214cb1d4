import type { Sodium } from './sodium.ts'
import { createWasmCiphers, type SodiumModule } from './wasm-cipher.ts'

/** libsodium as WebAssembly: everywhere. Instantiates 1.6 MB in some 20 ms, hence imported here and only when asked. */
export async function loadWasm(): Promise<Sodium> {
  const { default: sodium } = await import('libsodium-wrappers-sumo')
  await sodium.ready
  const createCipher = createWasmCiphers((sodium as unknown as { libsodium: SodiumModule }).libsodium)
  return {
    backend: 'wasm',
    verify: (signature, message, pk) => sodium.crypto_sign_verify_detached(signature, message, pk),
    isValidPoint: (pk) => sodium.crypto_core_ed25519_is_valid_point(pk),
    keyedHash: (key, message) => sodium.crypto_generichash(32, message, key),
    secretboxSeal: (message, nonce, key) => sodium.crypto_secretbox_easy(message, nonce, key),
    secretboxOpen(box, nonce, key) {
      return unlessThrown(() => sodium.crypto_secretbox_open_easy(box, nonce, key))
    },
    nonceHash: (message) => sodium.crypto_generichash(24, message, null),
    boxSeal: (message, nonce, publicKey, privateKey) =>
      unlessThrown(() => sodium.crypto_box_easy(message, nonce, publicKey, privateKey)),
    sealedBoxOpen: (box, publicKey, privateKey) =>
      unlessThrown(() => sodium.crypto_box_seal_open(box, publicKey, privateKey)),
    aeadSeal: (message, data, nonce, key) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(message, data, null, nonce, key),
    aeadOpen: (sealed, data, nonce, key) =>
      unlessThrown(() => sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, sealed, data, nonce, key)),
    scalarMult(scalar, point) {
      if (point === undefined) return sodium.crypto_scalarmult_base(scalar)
      return unlessThrown(() => sodium.crypto_scalarmult(scalar, point))
    },
    createCipher,
    memzero: (bytes) => sodium.memzero(bytes),
  }
}

/** The wrapper throws a bare Error where the C function returns -1; sizes were checked before. */
function unlessThrown(call: () => Uint8Array): Uint8Array | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
