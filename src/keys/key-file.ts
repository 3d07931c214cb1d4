import { fail, limits, type Randomness } from '../base/index.ts'
import { equalBytes, fromBase64, parseAxKey, toBase64 } from '../codec/index.ts'
import { defaultCost, type ArgonCost } from './argon-cost.ts'
import { deriveArgon2 } from './argon2.ts'
import { BoxKeyPair, Identity, wiping } from './identity.ts'
import { formatKeyFile, parseKeyFile, type LockedKeyFile } from './key-file-text.ts'
import { loadSodium } from './load-sodium.ts'

/** What a key file can hold. */
export type KeyPair = Identity | BoxKeyPair

export interface OpenKeyFileOptions {
  /** Path for messages. */
  readonly path: string
  /** As typed, UTF-8, not normalised. The caller wipes it. */
  readonly password?: Uint8Array
  /** Text of the `.pub` file beside it: it tells the kind of key and must fit. */
  readonly publicText?: string
  /** Kind of key where there is no `.pub`; Ed25519 unless said. */
  readonly kind?: KeyPair['kind']
  /** Highest Argon2 memory in KiB that is accepted, in place of 1 GiB (`--max-memory`). */
  readonly memoryKibMax?: number
}

export interface LockKeyFileParts {
  readonly secret: KeyPair
  /** Not empty. The caller wipes it. */
  readonly password: Uint8Array
  readonly random: Randomness
  /** Argon2id unless said; `i` is what Constellation writes. */
  readonly variant?: ArgonCost['variant']
  /** In place of RFC 9106's second recommendation. */
  readonly cost?: Partial<ArgonCost>
}

/** The text of an unlocked key file: whoever reads it has the key. */
export function formatUnlockedKeyFile(secret: KeyPair): string {
  return wiping(privateBytesOf(secret), (bytes) => formatKeyFile({ type: 'unlocked', bytes }))
}

/** The text of the `.pub` file: `0…=` for Ed25519, base64 for X25519, one line. */
export function formatPublicKeyFile(pair: KeyPair): string {
  return pair.kind === 'ed25519' ? `${pair.axKey}\n` : `${toBase64(pair.publicKey)}\n`
}

/**
 * The text of a key file locked with a password: Argon2 and secretbox. Fresh salt and nonce each time. Takes tenths of a
 * second and 64 MiB. An empty password: `ERR_INVALID_INPUT`.
 */
export async function lockKeyFile(parts: LockKeyFileParts): Promise<string> {
  const { secret, password, random } = parts
  if (password.length === 0) throw fail('ERR_INVALID_INPUT', { what: 'an empty password locks nothing' })
  const variant = parts.variant ?? defaultCost.variant
  const cost: ArgonCost = { ...defaultCost, ...parts.cost, variant }
  assertCost(cost, 'the new key file')
  const salt = random.bytes(32)
  const nonce = random.bytes(24)
  const sodium = await loadSodium()
  const key = await deriveArgon2(cost, password, salt)
  const box = wiping(key, () => wiping(privateBytesOf(secret), (bytes) => sodium.secretboxSeal(bytes, nonce, key)))
  return formatKeyFile({ type: 'argon2sbox', salt, cost, nonce, box })
}

/**
 * The key pair of a key file. Not such a file: `ERR_KEYS_FILE`; dearer than allowed: `ERR_KEYS_COST`, before anything
 * is allocated; locked and no password given: `ERR_KEYS_LOCKED`; wrong password or altered file: `ERR_KEYS_PASSWORD`;
 * a `.pub` that does not fit: `ERR_KEYS_MISMATCH`.
 */
export async function openKeyFile(text: string, options: OpenKeyFileOptions): Promise<KeyPair> {
  const { path, password, publicText } = options
  const file = parseKeyFile(text, path)
  const bytes = file.type === 'unlocked' ? file.bytes : await unlock(file, password, options)
  const expected = publicText === undefined ? undefined : readPublicText(publicText, path)
  const kind = expected?.kind ?? options.kind ?? 'ed25519'
  const pair = wiping(bytes, () => (kind === 'ed25519' ? new Identity(bytes) : new BoxKeyPair(bytes)))
  if (expected !== undefined && !equalBytes(expected.publicKey, pair.publicKey))
    throw fail('ERR_KEYS_MISMATCH', { path })
  return pair
}

/** What can be said of a key file without its password. `ERR_KEYS_FILE` if it is none. */
export function describeKeyFile(text: string, path: string): { readonly locked: boolean; readonly cost?: ArgonCost } {
  const file = parseKeyFile(text, path)
  if (file.type === 'argon2sbox') return { locked: true, cost: file.cost }
  file.bytes.fill(0)
  return { locked: false }
}

async function unlock(
  file: LockedKeyFile,
  password: Uint8Array | undefined,
  { path, memoryKibMax }: OpenKeyFileOptions,
): Promise<Uint8Array> {
  assertCost(file.cost, path, memoryKibMax)
  if (password === undefined) throw fail('ERR_KEYS_LOCKED', { path })
  // No file is locked with an empty one, and hash-wasm takes none.
  if (password.length === 0) throw fail('ERR_KEYS_PASSWORD', { path })
  const sodium = await loadSodium()
  const key = await deriveArgon2(file.cost, password, file.salt)
  const bytes = wiping(key, () => sodium.secretboxOpen(file.box, file.nonce, key))
  if (bytes === undefined) throw fail('ERR_KEYS_PASSWORD', { path })
  return bytes
}

function assertCost(cost: ArgonCost, path: string, memoryMax: number = limits.argonMemoryKibMax): void {
  const { memory, iterations, parallelism } = cost
  // Who raises the memory raises the work of it too; without that the option could not open what it is for.
  const workMax = Math.max(limits.argonKibPassesMax, memoryMax * 16)
  const bounds: [parameter: string, value: number, limit: number][] = [
    ['parallelism', parallelism, limits.argonLanesMax],
    ['iterations', iterations, limits.argonIterationsMax],
    ['memory', memory, memoryMax],
    ['memory x iterations', memory * iterations, workMax],
  ]
  for (const [parameter, value, limit] of bounds) {
    if (value > limit) throw fail('ERR_KEYS_COST', { parameter, value, limit })
  }
  if (parallelism < 1 || iterations < 1 || memory < 8 * parallelism) {
    throw fail('ERR_KEYS_FILE', { path, why: 'its Argon2 parameters are too small' })
  }
}

function readPublicText(text: string, path: string): { kind: KeyPair['kind']; publicKey: Uint8Array } {
  const line = text.replace(/\r?\n$/, '')
  if (line.length === 45) return { kind: 'ed25519', publicKey: parseAxKey(line) }
  const publicKey = fromBase64(line, `The public half of ${path}`)
  if (publicKey.length !== 32) throw fail('ERR_KEYS_LENGTH', { found: line.length, expected: 44 })
  return { kind: 'x25519', publicKey }
}

function privateBytesOf(pair: KeyPair): Uint8Array {
  return pair.kind === 'ed25519' ? Identity.seedOf(pair) : BoxKeyPair.scalarOf(pair)
}
