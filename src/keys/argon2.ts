import type { ArgonCost } from './argon-cost.ts'

let last: Promise<unknown> = Promise.resolve()

/**
 * 32 bytes of Argon2 over a password and a salt of 8 to 64 bytes. One derivation at a time, because each may take a
 * gibibyte, and in a thread of its own, so that a node goes on answering; the caller has checked the cost.
 */
export function deriveArgon2(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const derived = last.then(async () => {
    const { deriveInThread } = await import('./argon2-thread.ts')
    return deriveInThread(cost, password, salt)
  })
  last = derived.catch(() => undefined)
  return derived
}
