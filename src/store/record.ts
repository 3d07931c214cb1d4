import { crc32c } from './table-check.ts'

/** Version of records with a checksum: one byte of it, the CRC-32C of what follows in four bytes, what follows. */
const version = 3
const headBytes = 5

/** Bytes with their version and checksum in front. */
export function sealRecord(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(headBytes + bytes.length)
  record[0] = version
  record.set(bytes, headBytes)
  new DataView(record.buffer).setUint32(1, crc32c(record, headBytes, record.length))
  return record
}

/** What such a record holds; undefined where version or checksum is another. */
export function openRecord(record: Uint8Array): Uint8Array | undefined {
  if (record.length < headBytes || record[0] !== version) return undefined
  const stored = new DataView(record.buffer, record.byteOffset).getUint32(1)
  return stored === crc32c(record, headBytes, record.length) ? record.subarray(headBytes) : undefined
}
