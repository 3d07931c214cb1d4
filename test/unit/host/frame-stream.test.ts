import { streamPair } from '@libp2p/utils'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../../src/codec/index.ts'
import { createFrameStream, streamError } from '../../../src/host/frame-stream.ts'

const about = { peer: 'P', frameBytesMax: 1_024 }

async function pair() {
  const [a, b] = await streamPair()
  return {
    a: createFrameStream(a, about),
    b: createFrameStream(b, about),
    rawA: a,
    rawB: b,
  }
}

describe('frames over a stream', () => {
  it('arrive in order, then the end', async () => {
    const { a, b } = await pair()
    await a.send({ n: 1 })
    await a.send({ n: 2 })
    await a.end()
    expect(await b.read()).toEqual({ n: 1 })
    expect(await b.read()).toEqual({ n: 2 })
    expect(await b.read()).toBeUndefined()
  })
  it('arrive whole, however the bytes were split', async () => {
    const { b, rawA } = await pair()
    const bytes = encodeFrame({ text: 'whole' }, 1_024)
    for (const byte of bytes) rawA.send(new Uint8Array([byte]))
    expect(await b.read()).toEqual({ text: 'whole' })
  })
  it('plain bytes come out, no Buffer', async () => {
    const { b, rawA } = await pair()
    rawA.send(Buffer.from(encodeFrame({ bytes: new Uint8Array([1]) }, 1_024)))
    const frame = await b.read()
    expect(Buffer.isBuffer(frame?.['bytes'])).toBe(false)
  })
  it.each([
    ['a length of 0', new Uint8Array(4)],
    ['a claimed 4 GiB', new Uint8Array([255, 255, 255, 255])],
    ['one byte over the limit', new Uint8Array([0, 0, 4, 1])],
    ['no CBOR', new Uint8Array([0, 0, 0, 1, 255])],
    ['no map', new Uint8Array([0, 0, 0, 1, 1])],
  ])('%s resets the stream', async (_, bytes) => {
    const { b, rawA } = await pair()
    rawA.send(bytes)
    await expect(b.read()).rejects.toMatchObject({ code: 'ERR_CODEC_FRAME' })
    await b.closed
    expect(b.isOpen).toBe(false)
  })
  it('an end inside a frame is no end', async () => {
    const { b, rawA } = await pair()
    rawA.send(encodeFrame({ n: 1 }, 1_024).subarray(0, 5))
    await rawA.close()
    await expect(b.read()).rejects.toMatchObject({ code: 'ERR_CODEC_FRAME' })
  })
  it('a frame too large is not sent', async () => {
    const { a } = await pair()
    await expect(a.send({ bytes: new Uint8Array(2_000) })).rejects.toMatchObject({ code: 'ERR_CODEC_FRAME' })
  })
  it('sec/N6 after an abort here nothing received is handed out', async () => {
    const { a, b } = await pair()
    await a.send({ n: 1 })
    await a.send({ n: 2 })
    expect(await b.read()).toEqual({ n: 1 })
    b.abort('ERR_ACCESS_NOT_PERMISSIONED')
    await expect(b.read()).rejects.toMatchObject({ code: 'ERR_ACCESS_NOT_PERMISSIONED' })
    await expect(b.send({ n: 3 })).rejects.toMatchObject({ code: 'ERR_ACCESS_NOT_PERMISSIONED' })
  })
  it('a reset by the other side rejects with an Error', async () => {
    const { a, b } = await pair()
    const reading = b.read()
    a.abort()
    await expect(reading).rejects.toMatchObject({ code: 'ERR_HOST_STREAM', name: 'HyraxError' })
  })
  it('events that the library rejects with become Errors', () => {
    expect(streamError({ error: new Error('stream reset') }, 'P')).toMatchObject({
      code: 'ERR_HOST_STREAM',
      message: 'The stream with P broke: stream reset',
    })
    expect(streamError(undefined, 'P').code).toBe('ERR_HOST_STREAM')
  })
})
