import { argon2d as nobleD, argon2i as nobleI, argon2id as nobleId } from '@noble/hashes/argon2.js'
import { argon2d, argon2i, argon2id, type IArgon2Options } from 'hash-wasm'
import type { ArgonCost } from './argon-cost.ts'

// libsodium has no 32-byte salts, no lanes, no `d` and no 1.0: hash-wasm does 1.3 and @noble/hashes 1.0. This file is
// imported when a key is derived; the libraries are not imported one by one, because a bundler gives `import()` of a
// CommonJS package without its names.

export function derive13(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const { memory: memorySize, iterations, parallelism } = cost
  const options = { password, salt, memorySize, iterations, parallelism, hashLength: 32 } satisfies IArgon2Options
  return { d: argon2d, i: argon2i, id: argon2id }[cost.variant]({ ...options, outputType: 'binary' })
}

export function derive10(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Uint8Array {
  const { memory: m, iterations: t, parallelism: p } = cost
  // maxmem is theirs against hostile parameters; ours have been bounded already.
  const options = { m, t, p, dkLen: 32, version: 0x10, maxmem: 2 ** 32 - 1 }
  return { d: nobleD, i: nobleI, id: nobleId }[cost.variant](password, salt, options)
}
