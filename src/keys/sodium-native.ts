import type SodiumNative from 'sodium-native'
import type { Sodium } from './sodium.ts'
import type { SwarmCipher } from './swarm-cipher.ts'

/** libsodium as a native module: x64 and arm64 Linux. Fails where the package or its build is missing. */
export async function loadNative(): Promise<Sodium> {
  const { default: sodium } = await import('sodium-native')
  return {
    backend: 'sodium-native',
    verify: (signature, message, pk) => sodium.crypto_sign_verify_detached(signature, message, pk),
    isValidPoint: (pk) => sodium.crypto_core_ed25519_is_valid_point(pk),
    keyedHash(key, message) {
      const hash = new Uint8Array(32)
      sodium.crypto_generichash(hash, message, key)
      return hash
    },
    secretboxSeal(message, nonce, key) {
      const box = new Uint8Array(message.length + 16)
      sodium.crypto_secretbox_easy(box, message, nonce, key)
      return box
    },
    secretboxOpen(box, nonce, key) {
      const message = new Uint8Array(box.length - 16)
      return sodium.crypto_secretbox_open_easy(message, box, nonce, key) ? message : undefined
    },
    ...boxes(sodium),
    scalarMult(scalar, point) {
      const product = new Uint8Array(32)
      if (point === undefined) sodium.crypto_scalarmult_base(product, scalar)
      else {
        return unlessThrown(() => {
          sodium.crypto_scalarmult(product, scalar, point)
          return product
        })
      }
      return product
    },
    createCipher(key, nonce): SwarmCipher {
      const state = new Uint8Array(sodium.crypto_stream_xor_STATEBYTES)
      sodium.crypto_stream_xor_init(state, nonce, key)
      return {
        apply: (bytes) => sodium.crypto_stream_xor_update(state, bytes, bytes),
        free: () => sodium.sodium_memzero(state),
      }
    },
    memzero: (bytes) => sodium.sodium_memzero(bytes),
  }
}

function boxes(
  sodium: typeof SodiumNative,
): Pick<Sodium, 'nonceHash' | 'boxSeal' | 'sealedBoxOpen' | 'aeadSeal' | 'aeadOpen'> {
  return {
    nonceHash(message) {
      const hash = new Uint8Array(24)
      sodium.crypto_generichash(hash, message)
      return hash
    },
    boxSeal(message, nonce, publicKey, privateKey) {
      const box = new Uint8Array(message.length + 16)
      return unlessThrown(() => {
        sodium.crypto_box_easy(box, message, nonce, publicKey, privateKey)
        return box
      })
    },
    sealedBoxOpen(box, publicKey, privateKey) {
      const message = new Uint8Array(box.length - 48)
      return sodium.crypto_box_seal_open(message, box, publicKey, privateKey) ? message : undefined
    },
    aeadSeal(message, data, nonce, key) {
      const sealed = new Uint8Array(message.length + 16)
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, message, data, null, nonce, key)
      return sealed
    },
    aeadOpen(sealed, data, nonce, key) {
      const message = new Uint8Array(sealed.length - 16)
      return unlessThrown(() => {
        sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(message, null, sealed, data, nonce, key)
        return message
      })
    },
  }
}

/** A bare Error is thrown where the C function returns -1; sizes were checked before. */
function unlessThrown(call: () => Uint8Array): Uint8Array | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
