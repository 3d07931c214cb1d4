import type { Label } from '../base/index.ts'
import { fromUtf8, utf8 } from '../codec/index.ts'
import type { Keys } from './open-keys.ts'

/** One question to libsodium, as data, so that a thread can answer it. */
export type KeyCheck =
  | {
      readonly kind: 'signature'
      readonly publicKey: Uint8Array
      readonly label: Label
      readonly bytes: Uint8Array
      readonly signature: Uint8Array
    }
  | { readonly kind: 'point'; readonly publicKey: Uint8Array }

/** Answers one check here and now. */
export function answerKeyCheck(keys: Keys, check: KeyCheck): boolean {
  return check.kind === 'point'
    ? keys.isValidPoint(check.publicKey)
    : keys.verify(check.publicKey, check.label, check.bytes, check.signature)
}

const labelOf = new Map<Label, Uint8Array>()

/** Checks as one piece of memory: for each the sizes of its four parts (u16), then the parts; a point has a key alone. */
export function packChecks(checks: readonly KeyCheck[]): Uint8Array {
  let size = 0
  for (const check of checks) for (let part = 0; part < 4; part++) size += 2 + partOf(check, part).length
  const packed = new Uint8Array(size)
  let at = 0
  for (const check of checks) {
    for (let part = 0; part < 4; part++, at += 2) {
      const { length } = partOf(check, part)
      packed[at] = length & 0xff
      packed[at + 1] = length >> 8
    }
    for (let part = 0; part < 4; part++) {
      const bytes = partOf(check, part)
      packed.set(bytes, at)
      at += bytes.length
    }
  }
  return packed
}

/** Key, signature, label, message: in this order. */
function partOf(check: KeyCheck, part: number): Uint8Array {
  if (part === 0) return check.publicKey
  if (check.kind === 'point') return noBytes
  if (part === 1) return check.signature
  return part === 3 ? check.bytes : labelText(check.label)
}

const noBytes = new Uint8Array(0)

function labelText(label: Label): Uint8Array {
  let text = labelOf.get(label)
  if (text === undefined) labelOf.set(label, (text = utf8(label)))
  return text
}

/** Answers packed checks: 1 for each that holds, else 0. */
export function answerPacked(keys: Keys, packed: Uint8Array): Uint8Array {
  const answers: number[] = []
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let at = 0; at < packed.length;) {
    let end = at + 8
    const part = (n: number): Uint8Array => {
      const from = end
      end += view.getUint16(at + 2 * n, true)
      return packed.subarray(from, end)
    }
    const [publicKey, signature, label, bytes] = [part(0), part(1), part(2), part(3)]
    const holds =
      label.length === 0
        ? keys.isValidPoint(publicKey)
        : keys.verify(publicKey, fromUtf8(label) as Label, bytes, signature)
    answers.push(holds ? 1 : 0)
    at = end
  }
  return Uint8Array.from(answers)
}
