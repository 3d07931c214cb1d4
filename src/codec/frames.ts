import { asHyraxError, fail, type HyraxError } from '../base/index.ts'
import { concatBytes, copyBytes } from './bytes.ts'
import { decodeCbor, encodeCbor, isCborMap, type CborMap } from './cbor.ts'

/**
 * One frame of `FORMATS.md` 13: `u32 length (big-endian) ‖ deterministic CBOR map`.
 * A map that takes more than `bytesMax` bytes fails with `ERR_CODEC_FRAME`.
 */
export function encodeFrame(map: CborMap, bytesMax: number): Uint8Array {
  const body = encodeCbor(map)
  if (body.length > bytesMax) throw fail('ERR_CODEC_FRAME', { why: `${body.length} bytes, at most ${bytesMax}` })
  const frame = new Uint8Array(4 + body.length)
  new DataView(frame.buffer).setUint32(0, body.length)
  frame.set(body, 4)
  return frame
}

/** Takes bytes as they come and gives whole frames. */
export interface FrameReader {
  /**
   * The frames that are complete with this chunk. A length of 0 or above the limit, bytes that are not deterministic
   * CBOR or no map: `ERR_CODEC_FRAME`, and every later call fails likewise, because the place in the stream is lost.
   */
  push(chunk: Uint8Array): CborMap[]
  /** Bytes held of a frame that is not complete; at the end of a stream anything but 0 means it was cut. */
  readonly pendingBytes: number
}

/** Reads frames of 1 … `bytesMax` bytes. Holds at most one unfinished frame and the chunk that came last. */
export function createFrameReader(bytesMax: number): FrameReader {
  let chunks: Uint8Array[] = []
  let held = 0
  let wanted = 4
  let broken: HyraxError | undefined

  function take(chunk: Uint8Array): CborMap[] {
    chunks.push(chunk)
    held += chunk.length
    if (held < wanted) return []
    let bytes = chunks.length === 1 ? chunk : concatBytes(...chunks)
    const frames: CborMap[] = []
    for (wanted = 4; bytes.length >= wanted; wanted = 4) {
      wanted = 4 + readLength(bytes, bytesMax)
      if (bytes.length < wanted) break
      frames.push(readBody(bytes.subarray(4, wanted)))
      bytes = bytes.subarray(wanted)
    }
    // A copy, so that a few bytes left over do not keep a large chunk of somebody else's buffer alive.
    chunks = bytes.length === 0 ? [] : [copyBytes(bytes)]
    held = bytes.length
    return frames
  }

  return {
    push(chunk) {
      if (broken !== undefined) throw broken
      try {
        return take(chunk)
      } catch (error) {
        broken = asHyraxError(error)
        chunks = []
        throw broken
      }
    },
    get pendingBytes() {
      return held
    },
  }
}

function readLength(bytes: Uint8Array, bytesMax: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
  if (length === 0) throw fail('ERR_CODEC_FRAME', { why: 'an empty frame' })
  if (length > bytesMax) throw fail('ERR_CODEC_FRAME', { why: `${length} bytes claimed, at most ${bytesMax}` })
  return length
}

function readBody(body: Uint8Array): CborMap {
  let value
  try {
    // One copy for all that is in it: the rest of the chunk is somebody else's.
    value = decodeCbor(copyBytes(body), { isShared: true })
  } catch (cause) {
    throw fail('ERR_CODEC_FRAME', { why: 'not deterministic CBOR' }, { cause })
  }
  if (!isCborMap(value)) throw fail('ERR_CODEC_FRAME', { why: 'no map' })
  return value
}
