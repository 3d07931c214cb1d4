import { fail, HyraxError, limits } from '../base/index.ts'
import { fromBase64, isJsonObject, parseJson, toBase64, type JsonObject, type JsonValue } from '../codec/index.ts'
import type { ArgonCost } from './argon-cost.ts'

/** A key file as it is written: the JSON that Constellation and Tessera write and read (`FORMATS.md` 8). */
export type KeyFile = { readonly type: 'unlocked'; readonly bytes: Uint8Array } | LockedKeyFile

export interface LockedKeyFile {
  readonly type: 'argon2sbox'
  /** 8 to 64 bytes. */
  readonly salt: Uint8Array
  readonly cost: ArgonCost
  /** 24 bytes. */
  readonly nonce: Uint8Array
  /** 48 bytes: tag and private bytes. */
  readonly box: Uint8Array
}

/** The text of a key file: one line with its newline, members in the order of those programs. */
export function formatKeyFile(file: KeyFile): string {
  const data =
    file.type === 'unlocked'
      ? { bytes: toBase64(file.bytes) }
      : { asalt: toBase64(file.salt), aopts: file.cost, snonce: toBase64(file.nonce), sbox: toBase64(file.box) }
  return `${JSON.stringify({ type: file.type, data })}\n`
}

/** Reads a key file; members in any order, any white space. Anything else: `ERR_KEYS_FILE`. Costs are not judged here. */
export function parseKeyFile(text: string, path: string): KeyFile {
  try {
    return readFile(parseJson(text, { what: path, bytesMax: limits.keyFileBytesMax }))
  } catch (error) {
    // No cause: a message of JSON or base64 stands beside private bytes, and is never needed.
    if (error instanceof HyraxError) throw fail('ERR_KEYS_FILE', { path, why: String(error.data['why'] ?? 'broken') })
    throw error
  }
}

function readFile(json: JsonValue): KeyFile {
  const { type, data } = members(json, ['type', 'data'])
  if (type === 'unlocked') return { type, bytes: bytesOf(members(data, ['bytes'])['bytes'], 'bytes', 32, 32) }
  if (type !== 'argon2sbox') throw broken('type is neither unlocked nor argon2sbox')
  const { asalt, aopts, snonce, sbox } = members(data, ['asalt', 'aopts', 'snonce', 'sbox'])
  return {
    type,
    salt: bytesOf(asalt, 'asalt', 8, 64),
    cost: readCost(aopts),
    nonce: bytesOf(snonce, 'snonce', 24, 24),
    box: bytesOf(sbox, 'sbox', 48, 48),
  }
}

function readCost(json: JsonValue | undefined): ArgonCost {
  const cost = members(json, ['variant', 'memory', 'iterations', 'parallelism'], ['version'])
  const { variant, version = '1.3' } = cost
  if (variant !== 'i' && variant !== 'd' && variant !== 'id') throw broken('variant is none of i, d, id')
  if (version !== '1.0' && version !== '1.3') throw broken('version is neither 1.0 nor 1.3')
  const number = (name: string): number => {
    const value = cost[name]
    if (typeof value !== 'number') throw broken(`${name} is no number`)
    return value
  }
  return {
    variant,
    memory: number('memory'),
    iterations: number('iterations'),
    parallelism: number('parallelism'),
    version,
  }
}

function members(json: JsonValue | undefined, names: string[], optional: string[] = []): JsonObject {
  if (!isJsonObject(json)) throw broken('an object is missing')
  const missing = names.find((name) => json[name] === undefined)
  if (missing !== undefined) throw broken(`${missing} is missing`)
  if (Object.keys(json).some((name) => !names.includes(name) && !optional.includes(name))) {
    throw broken('a member that is not known')
  }
  return json
}

function bytesOf(json: JsonValue | undefined, name: string, sizeMin: number, sizeMax: number): Uint8Array {
  if (typeof json !== 'string') throw broken(`${name} is no text`)
  const bytes = fromBase64(json, name)
  if (bytes.length < sizeMin || bytes.length > sizeMax) throw broken(`${name} holds ${bytes.length} bytes`)
  return bytes
}

function broken(why: string) {
  return fail('ERR_KEYS_FILE', { path: '', why })
}
