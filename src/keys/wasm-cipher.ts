import { bug } from '../base/index.ts'
import type { SwarmCipher } from './swarm-cipher.ts'

/** The Emscripten module under libsodium's wrapper. Not part of its typed API: hence the exact pin and a test. */
export interface SodiumModule {
  /** A view that dies when the memory grows: read anew after each call. */
  readonly HEAPU8: Uint8Array
  _malloc(size: number): number
  /** Output, input, length low and high, nonce, block counter low and high, key; all pointers. */
  _crypto_stream_xsalsa20_xor_ic(...args: number[]): number
}

const pieceBytesMax = 65_536
const blockBytes = 64

/**
 * XSalsa20 on WASM. The wrapper exports no stream function, the module under it does. All ciphers share one piece of
 * WASM memory, used and wiped within each call, so connections cannot use it up however many come and go; key and
 * nonce stay in the cipher's own array until `free`.
 */
export function createWasmCiphers(module: SodiumModule): (key: Uint8Array, nonce: Uint8Array) => SwarmCipher {
  const data = module._malloc(pieceBytesMax + blockBytes + 24 + 32)
  if (data === 0) throw bug('no WASM memory for the cipher')
  const nonceAt = data + pieceBytesMax + blockBytes
  const keyAt = nonceAt + 24

  /** XORs at most 64 KiB in place; `position` is where in the key stream they stand. */
  function applyPiece(bytes: Uint8Array, position: number, secret: Uint8Array): void {
    const within = position % blockBytes
    const block = (position - within) / blockBytes
    const size = within + bytes.length
    module.HEAPU8.set(bytes, data + within)
    module.HEAPU8.set(secret, nonceAt)
    const low = block % 2 ** 32
    const high = (block - low) / 2 ** 32
    const status = module._crypto_stream_xsalsa20_xor_ic(data, data, size, 0, nonceAt, low, high, keyAt)
    const heap = module.HEAPU8
    if (status === 0) bytes.set(heap.subarray(data + within, data + size))
    heap.fill(0, data, data + size)
    heap.fill(0, nonceAt, keyAt + 32)
    if (status !== 0) throw bug('XSalsa20 failed')
  }

  return (key, nonce) => {
    const secret = new Uint8Array(56)
    secret.set(nonce)
    secret.set(key, 24)
    let position = 0
    return {
      apply(bytes) {
        for (let start = 0; start < bytes.length; start += pieceBytesMax) {
          const piece = bytes.subarray(start, start + pieceBytesMax)
          applyPiece(piece, position, secret)
          position += piece.length
        }
      },
      free: () => secret.fill(0),
    }
  }
}
