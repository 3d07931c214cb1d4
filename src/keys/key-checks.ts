import type { Label } from '../base/index.ts'
import { concatBytes, fromUtf8, utf8 } from '../codec/index.ts'
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
  return concatBytes(...checks.flatMap(partsOf))
}

function partsOf(check: KeyCheck): Uint8Array[] {
  const { publicKey } = check
  if (check.kind === 'point') return [sizes(publicKey.length, 0, 0, 0), publicKey]
  const { label, bytes, signature } = check
  let text = labelOf.get(label)
  if (text === undefined) labelOf.set(label, (text = utf8(label)))
  return [sizes(publicKey.length, signature.length, text.length, bytes.length), publicKey, signature, text, bytes]
}

function sizes(...values: number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer)
}

/** Answers packed checks: 1 for each that holds, else 0. */
export function answerPacked(keys: Keys, packed: Uint8Array): Uint8Array {
  const answers: number[] = []
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  for (let at = 0; at < packed.length;) {
    const ends: number[] = [at + 8]
    for (let i = 0; i < 4; i++) ends.push((ends[i] ?? 0) + view.getUint16(at + 2 * i, true))
    const part = (i: number): Uint8Array => packed.subarray(ends[i], ends[i + 1])
    const label = fromUtf8(part(2))
    const holds = label === '' ? keys.isValidPoint(part(0)) : keys.verify(part(0), label as Label, part(3), part(1))
    answers.push(holds ? 1 : 0)
    at = ends[4] ?? packed.length
  }
  return Uint8Array.from(answers)
}
