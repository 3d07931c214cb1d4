/** The part of sodium-native 5.1.0 that Hyrax calls; the package carries no types. */
declare module 'sodium-native' {
  interface SodiumNative {
    readonly crypto_stream_xor_STATEBYTES: number
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, pk: Uint8Array): boolean
    crypto_core_ed25519_is_valid_point(pk: Uint8Array): boolean
    crypto_generichash(output: Uint8Array, input: Uint8Array, key?: Uint8Array): void
    crypto_secretbox_easy(output: Uint8Array, message: Uint8Array, nonce: Uint8Array, key: Uint8Array): void
    crypto_secretbox_open_easy(output: Uint8Array, box: Uint8Array, nonce: Uint8Array, key: Uint8Array): boolean
    crypto_box_easy(c: Uint8Array, m: Uint8Array, n: Uint8Array, pk: Uint8Array, sk: Uint8Array): void
    crypto_box_seal_open(m: Uint8Array, c: Uint8Array, pk: Uint8Array, sk: Uint8Array): boolean
    crypto_aead_xchacha20poly1305_ietf_encrypt(
      c: Uint8Array,
      m: Uint8Array,
      ad: Uint8Array,
      nsec: null,
      npub: Uint8Array,
      k: Uint8Array,
    ): number
    crypto_aead_xchacha20poly1305_ietf_decrypt(
      m: Uint8Array,
      nsec: null,
      c: Uint8Array,
      ad: Uint8Array,
      npub: Uint8Array,
      k: Uint8Array,
    ): number
    crypto_stream_xor_init(state: Uint8Array, nonce: Uint8Array, key: Uint8Array): void
    crypto_stream_xor_update(state: Uint8Array, output: Uint8Array, input: Uint8Array): void
    crypto_stream_xor_final(state: Uint8Array): void
    crypto_scalarmult(product: Uint8Array, scalar: Uint8Array, point: Uint8Array): void
    crypto_scalarmult_base(product: Uint8Array, scalar: Uint8Array): void
    sodium_memzero(bytes: Uint8Array): void
  }
  const sodium: SodiumNative
  export = sodium
}
