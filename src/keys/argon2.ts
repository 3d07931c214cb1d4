import type { IArgon2Options } from 'hash-wasm'

/** Parameters of Argon2 as they stand in a key file. */
export interface ArgonCost {
  readonly variant: 'i' | 'd' | 'id'
  /** KiB. */
  readonly memory: number
  readonly iterations: number
  readonly parallelism: number
  /** 1.0 and 1.3 give different keys; files of both exist. */
  readonly version: '1.0' | '1.3'
}

/** RFC 9106's second recommendation: what new key files get. */
export const defaultCost: ArgonCost = { variant: 'id', memory: 65_536, iterations: 3, parallelism: 4, version: '1.3' }

let last: Promise<unknown> = Promise.resolve()

/**
 * 32 bytes of Argon2 over a password and a salt of 8 to 64 bytes. One derivation at a time, because each may take a
 * gibibyte; the caller has checked the cost. libsodium cannot do this (16-byte salts, one lane, no `d`, only 1.3):
 * hash-wasm does 1.3, @noble/hashes 1.0.
 */
export function deriveArgon2(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const derived = last.then(() => (cost.version === '1.3' ? derive13 : derive10)(cost, password, salt))
  last = derived.catch(() => undefined)
  return derived
}

async function derive13(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const { argon2d, argon2i, argon2id } = await import('hash-wasm')
  const { memory: memorySize, iterations, parallelism } = cost
  const options = { password, salt, memorySize, iterations, parallelism, hashLength: 32 } satisfies IArgon2Options
  return { d: argon2d, i: argon2i, id: argon2id }[cost.variant]({ ...options, outputType: 'binary' })
}

async function derive10(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const { argon2d, argon2i, argon2id } = await import('@noble/hashes/argon2.js')
  const { memory: m, iterations: t, parallelism: p } = cost
  // maxmem is theirs against hostile parameters; ours have been bounded already.
  const options = { m, t, p, dkLen: 32, version: 0x10, maxmem: 2 ** 32 - 1 }
  return { d: argon2d, i: argon2i, id: argon2id }[cost.variant](password, salt, options)
}
