import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { concatBytes } from '../codec/index.ts'

/** Footer of a table: two handles, padding, magic. */
const footerBytes = 48
const magic = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)
/** Behind each block: its compression and its checksum. */
const trailerBytes = 5

/**
 * Of these files of a LevelDB directory, the tables with a block that is not what was written. LevelDB itself, as it is
 * built for Node.js, does not look at its checksums when it reads, and a page of garbage ends the process in an assertion:
 * so they are looked at when it opens, about 2 ms a MiB.
 */
export async function damagedTables(directory: string, names: readonly string[]): Promise<string[]> {
  const damaged: string[] = []
  for (const name of names) if (/\.(ldb|sst)$/.test(name) && !(await isSound(join(directory, name)))) damaged.push(name)
  return damaged
}

async function isSound(path: string): Promise<boolean> {
  try {
    return isTable(await readFile(path))
  } catch (error) {
    // LevelDB deletes tables that it no longer needs.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    return false
  }
}

/** True where the footer and all blocks that the index names are whole. */
export function isTable(bytes: Uint8Array): boolean {
  const index = readIndex(bytes)
  if (index === undefined) return false
  // A compressed index says nothing here; our tables have none.
  return index === 'compressed' || index.every((handle) => isBlock(bytes, handle))
}

/** The entries that the sound blocks of a table hold, each key's newest, without those it deletes. */
export function soundEntries(bytes: Uint8Array): Map<string, Uint8Array> {
  const index = readIndex(bytes)
  const newest = new Map<string, { readonly sequence: bigint; readonly value: Uint8Array | undefined }>()
  for (const handle of index === undefined || index === 'compressed' ? [] : index) {
    if (!isBlock(bytes, handle) || bytes[handle.offset + handle.size] !== 0) continue
    for (const [inner, value] of blockEntries(bytes.subarray(handle.offset, handle.offset + handle.size))) {
      // Behind the key: 7 bytes of sequence number over one of type, 1 for a value.
      const tail = new DataView(inner.buffer, inner.byteOffset + inner.length - 8, 8).getBigUint64(0, true)
      const key = String.fromCharCode(...inner.subarray(0, -8))
      const known = newest.get(key)
      if (known !== undefined && known.sequence > tail) continue
      newest.set(key, { sequence: tail, value: (tail & 255n) === 1n ? value : undefined })
    }
  }
  const entries = new Map<string, Uint8Array>()
  for (const [key, { value }] of newest) if (value !== undefined) entries.set(key, value)
  return entries
}

function readIndex(bytes: Uint8Array): Handle[] | 'compressed' | undefined {
  const footer = bytes.subarray(Math.max(0, bytes.length - footerBytes))
  if (footer.length < footerBytes || !magic.every((byte, i) => footer[footerBytes - 8 + i] === byte)) return undefined
  const reader = new Varints(footer)
  const meta = reader.handle()
  const index = reader.handle()
  if (!isBlock(bytes, meta) || !isBlock(bytes, index)) return undefined
  if (bytes[index.offset + index.size] !== 0) return 'compressed'
  const block = bytes.subarray(index.offset, index.offset + index.size)
  return Array.from(blockEntries(block), ([, value]) => new Varints(value).handle())
}

interface Handle {
  readonly offset: number
  readonly size: number
}

class Varints {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 50; scale *= 128) {
      const byte = this.#bytes[this.at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.MAX_SAFE_INTEGER
  }

  handle(): Handle {
    return { offset: this.next(), size: this.next() }
  }
}

/** Entries of a block whose checksum holds: each key shares its beginning with the one before. */
function* blockEntries(block: Uint8Array): Generator<[key: Uint8Array, value: Uint8Array]> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const restarts = block.length < 4 ? 0 : view.getUint32(block.length - 4, true)
  const end = block.length - 4 - 4 * restarts
  const reader = new Varints(block)
  let key: Uint8Array = new Uint8Array(0)
  while (reader.at < end) {
    const [shared, own, size] = [reader.next(), reader.next(), reader.next()]
    key = concatBytes(key.subarray(0, shared), block.subarray(reader.at, reader.at + own))
    reader.at += own
    yield [key, block.subarray(reader.at, reader.at + size)]
    reader.at += size
  }
}

function isBlock(bytes: Uint8Array, { offset, size }: Handle): boolean {
  const end = offset + size + trailerBytes
  if (end > bytes.length) return false
  const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end - 4, true)
  return stored === masked(crc32c(bytes, offset, end - 4))
}

/** LevelDB's mask: a checksum of data that contains checksums would be a weak one. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const tables = makeTables()

/** Eight tables, to take eight bytes a step. */
function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    return value >>> 0
  })
  const all = [first]
  for (let t = 1; t < 8; t++) {
    const before = all[t - 1] ?? first
    all.push(before.map((value) => (value >>> 8) ^ (first[value & 255] ?? 0)))
  }
  return all
}

/** CRC-32C (Castagnoli) of the bytes from `from` to before `to`. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ]
  let crc = 0xffffffff
  let at = from
  for (; at + 8 <= to; at += 8) {
    crc ^= b(bytes, at) | (b(bytes, at + 1) << 8) | (b(bytes, at + 2) << 16) | (b(bytes, at + 3) << 24)
    crc =
      b(t7, crc & 255) ^
      b(t6, (crc >>> 8) & 255) ^
      b(t5, (crc >>> 16) & 255) ^
      b(t4, crc >>> 24) ^
      b(t3, b(bytes, at + 4)) ^
      b(t2, b(bytes, at + 5)) ^
      b(t1, b(bytes, at + 6)) ^
      b(t0, b(bytes, at + 7))
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ b(t0, (crc ^ b(bytes, at)) & 255)
  return (crc ^ 0xffffffff) >>> 0
}

/** An element that is there: all indexes here are within. */
function b(values: Uint8Array | Uint32Array, at: number): number {
  return values[at] as number
}
