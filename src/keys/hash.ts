import { createHash, hash } from 'node:crypto'
import type { Label } from '../base/index.ts'
import { fromHex, utf8, writeHex } from '../codec/index.ts'

/** Hashed in one call where they fit: a call costs more than the hash of a command. */
const scratch = new Uint8Array(8_192)

/** SHA-256 over the parts in order, as if they were one: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return fromHex(sha256Hex(...parts))
}

/** The same as lower-case hex. */
export function sha256Hex(...parts: readonly Uint8Array[]): string {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return hash('sha256', first, 'hex')
  let size = 0
  for (const part of parts) size += part.length
  if (size > scratch.length) return longHash(parts)
  let at = 0
  for (const part of parts) {
    scratch.set(part, at)
    at += part.length
  }
  const digest = hash('sha256', scratch.subarray(0, size), 'hex')
  // What was hashed may have been secret.
  scratch.fill(0, 0, size)
  return digest
}

function longHash(parts: readonly Uint8Array[]): string {
  const whole = createHash('sha256')
  for (const part of parts) whole.update(part)
  return whole.digest('hex')
}

/** SHA-256(label ‖ 0x00 ‖ parts): 32 bytes. The label keeps hashes of different things apart. */
export function labelledHash(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(labelBytes(label), ...parts)
}

/** The same as lower-case hex. */
export function labelledHashHex(label: Label, ...parts: readonly Uint8Array[]): string {
  return sha256Hex(labelBytes(label), ...parts)
}

/** What a signature of ours covers: label ‖ 0x00 ‖ SHA-256(bytes) (`FORMATS.md` R0.8). */
export function signedMessage(label: Label, bytes: Uint8Array): Uint8Array {
  const prefix = labelBytes(label)
  const message = new Uint8Array(prefix.length + 32)
  message.set(prefix)
  message.set(sha256(bytes), prefix.length)
  return message
}

const passing = new Map<Label, Uint8Array>()

/** The same, good until the next call with this label: to be looked at, not to be kept. */
export function passingMessage(label: Label, bytes: Uint8Array): Uint8Array {
  let message = passing.get(label)
  if (message === undefined) passing.set(label, (message = signedMessage(label, bytes)))
  else writeHex(sha256Hex(bytes), message, message.length - 32)
  return message
}

/** The label and the zero byte that ends it. */
export function labelBytes(label: Label): Uint8Array {
  let bytes = known.get(label)
  if (bytes === undefined) known.set(label, (bytes = utf8(`${label}\0`)))
  return bytes
}

const known = new Map<Label, Uint8Array>()
