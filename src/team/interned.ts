import { toHex } from '../codec/index.ts'

/** Bytes of an id or key, with their hex. */
export interface Interned {
  readonly bytes: Uint8Array
  readonly hex: string
}

/** A power of two. */
const places = 4_096

const known: (Interned | undefined)[] = new Array<Interned | undefined>(places).fill(undefined)

/**
 * The 32 bytes that begin at `at`, and their hex, as objects of their own. The same few devices, keys and parents stand in
 * most commands: the ones seen last are found here and not made again.
 */
export function intern(bytes: Uint8Array, at: number): Interned {
  const place = placeOf(bytes, at)
  const before = known[place]
  if (before !== undefined && isAt(bytes, at, before.bytes)) return before
  const own = bytes.slice(at, at + 32)
  const made = { bytes: own, hex: toHex(own) }
  known[place] = made
  return made
}

/** Hex of an id or key; quick for those seen lately. */
export function hexOf(bytes: Uint8Array): string {
  return bytes.length === 32 ? intern(bytes, 0).hex : toHex(bytes)
}

/** Remembers an id whose hex is known. */
export function remember(interned: Interned): void {
  known[placeOf(interned.bytes, 0)] = interned
}

function placeOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) & (places - 1)
}

function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  if (bytes === wanted) return true
  for (let i = 0; i < 32; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}
