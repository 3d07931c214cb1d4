import { describe, expect, it } from 'vitest'
import { concatBytes, createFrameReader, encodeFrame, type CborMap } from '../../../src/codec/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const hello: CborMap = { t: 'hello', v: 1, name: 'node one' }
const bytesMax = 4_096

describe('frames', () => {
  it('are a length of four bytes and a map', () => {
    const frame = encodeFrame({ t: 'x' }, bytesMax)
    expect(frame).toEqual(Uint8Array.of(0, 0, 0, 5, 0xa1, 0x61, 0x74, 0x61, 0x78))
    expect(createFrameReader(bytesMax).push(frame)).toEqual([{ t: 'x' }])
  })

  it('sec/FZ2 come out whole wherever the stream is cut', () => {
    const stream = concatBytes(...Array.from({ length: 5 }, (_, index) => encodeFrame({ ...hello, index }, bytesMax)))
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = createFrameReader(bytesMax)
      const frames = [...reader.push(stream.subarray(0, cut)), ...reader.push(stream.subarray(cut))]
      expect(frames.map((frame) => frame['index'])).toEqual([0, 1, 2, 3, 4])
      expect(reader.pendingBytes).toBe(0)
    }
    const random = createSeededRandomness(5)
    for (let round = 0; round < 300; round++) {
      const reader = createFrameReader(bytesMax)
      const frames: CborMap[] = []
      for (let at = 0; at < stream.length;) {
        const size = random.below(12)
        frames.push(...reader.push(stream.subarray(at, at + size)))
        at += size
      }
      expect(frames).toHaveLength(5)
    }
  })

  it('hold nothing of the chunk they came in, which may be used again', () => {
    const chunk = encodeFrame({ short: new Uint8Array(32).fill(1), long: new Uint8Array(300).fill(2) }, bytesMax)
    const [frame] = createFrameReader(bytesMax).push(chunk)
    chunk.fill(9)
    expect(frame).toEqual({ short: new Uint8Array(32).fill(1), long: new Uint8Array(300).fill(2) })
  })

  it('tell a stream that ends within one', () => {
    const reader = createFrameReader(bytesMax)
    reader.push(encodeFrame(hello, bytesMax).subarray(0, 7))
    expect(reader.pendingBytes).toBe(7)
  })

  it('refuse a length of 0 or above the limit before a byte of it came', () => {
    expectCode('ERR_CODEC_FRAME', () => createFrameReader(bytesMax).push(Uint8Array.of(0, 0, 0, 0)))
    expectCode('ERR_CODEC_FRAME', () => createFrameReader(bytesMax).push(Uint8Array.of(0, 0, 0x10, 1)))
    expectCode('ERR_CODEC_FRAME', () => createFrameReader(bytesMax).push(Uint8Array.of(255, 255, 255, 255)))
    expectCode('ERR_CODEC_FRAME', () => encodeFrame({ a: new Uint8Array(bytesMax) }, bytesMax))
  })

  it('refuse what is no map or not deterministic, and stay broken', () => {
    const reader = createFrameReader(bytesMax)
    expectCode('ERR_CODEC_FRAME', () => reader.push(Uint8Array.of(0, 0, 0, 1, 0x01)))
    expectCode('ERR_CODEC_FRAME', () => reader.push(encodeFrame(hello, bytesMax)))
    expectCode('ERR_CODEC_FRAME', () => createFrameReader(bytesMax).push(Uint8Array.of(0, 0, 0, 2, 0xbf, 0xff)))
  })
})
