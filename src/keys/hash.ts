import { createHash } from 'node:crypto'
import type { Label } from '../base/index.ts'
import { utf8 } from '../codec/index.ts'

/** SHA-256 over the parts in order, as if they were one: 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** SHA-256(label ‖ 0x00 ‖ parts): 32 bytes. The label keeps hashes of different things apart. */
export function labelledHash(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(labelBytes(label), ...parts)
}

/** What a signature of ours covers: label ‖ 0x00 ‖ SHA-256(bytes) (`FORMATS.md` R0.8). */
export function signedMessage(label: Label, bytes: Uint8Array): Uint8Array {
  const prefix = labelBytes(label)
  const message = new Uint8Array(prefix.length + 32)
  message.set(prefix)
  message.set(sha256(bytes), prefix.length)
  return message
}

/** The label and the zero byte that ends it. */
export function labelBytes(label: Label): Uint8Array {
  let bytes = known.get(label)
  if (bytes === undefined) known.set(label, (bytes = utf8(`${label}\0`)))
  return bytes
}

const known = new Map<Label, Uint8Array>()
