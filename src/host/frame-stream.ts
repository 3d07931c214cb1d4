import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { asHyraxError, fail, HyraxError, type ErrorCode } from '../base/index.ts'
import { createFrameReader, encodeFrame, type CborMap } from '../codec/index.ts'

/**
 * Frames (`FORMATS.md` 13) over one libp2p stream: `u32 length ‖ det-CBOR map`, each at most `frameBytesMax`.
 * Every rejection is a HyraxError: `ERR_CODEC_FRAME` or `ERR_CODEC_CBOR` for bytes that are no frame (the stream is
 * reset), `ERR_HOST_STREAM` when the stream broke, the code given to `abort` after an abort here.
 */
export interface FrameStream {
  /** PeerId of the other side, proved by Noise. */
  readonly peer: string
  readonly protocol: string
  readonly isOpen: boolean
  /** Resolves when the frame has left our buffers or may: await it, else nothing holds you back. */
  send(frame: CborMap): Promise<void>
  /** The next frame; undefined once the other side has ended and all was read. While nobody reads, it is held back. */
  read(): Promise<CborMap | undefined>
  /** Half-close: no more frames from here. */
  end(): Promise<void>
  /** Reset. Frames received and not yet read are dropped: after a revocation none is handled. */
  abort(code?: ErrorCode, what?: string): void
  /** Resolves when the stream is gone, however. */
  readonly closed: Promise<void>
}

/** What a `close` event tells: nothing for a plain end, else the error, and whether it began here. */
type Closing = Event & { readonly error?: Error; readonly local?: boolean }

/** Bytes handed to the muxer at once: more than its write buffer cap in one piece would reset the stream. */
const writeBytesMax = 65_536

export function createFrameStream(stream: Stream, about: { peer: string; frameBytesMax: number }): FrameStream {
  return new Libp2pFrameStream(stream, about.peer, about.frameBytesMax)
}

class Libp2pFrameStream implements FrameStream {
  readonly peer: string
  readonly closed: Promise<void>
  readonly #stream: Stream
  readonly #frameBytesMax: number
  readonly #reader
  readonly #frames: CborMap[] = []
  #error: HyraxError | undefined
  #ended = false
  #resuming = false
  #writes: Promise<void> = Promise.resolve()
  #wake: () => void = () => undefined

  constructor(stream: Stream, peer: string, frameBytesMax: number) {
    this.#stream = stream
    this.peer = peer
    this.#frameBytesMax = frameBytesMax
    this.#reader = createFrameReader(frameBytesMax)
    this.closed = new Promise((resolve) => {
      stream.addEventListener('close', (event) => {
        this.#onClose(event)
        resolve()
      })
      if (isGone(stream)) resolve()
    })
    // Reset before anybody listened: that is no end of file.
    if (stream.status === 'reset' || stream.status === 'aborted') this.#error = streamError(undefined, peer)
    stream.addEventListener('remoteCloseWrite', () => {
      this.#ended = true
      this.#wake()
    })
    stream.addEventListener('message', (event) => {
      this.#onMessage(event)
    })
    if (stream.remoteWriteStatus !== 'writable') this.#ended = true
  }

  get protocol(): string {
    return this.#stream.protocol
  }

  get isOpen(): boolean {
    return this.#error === undefined && !isGone(this.#stream)
  }

  send(frame: CborMap): Promise<void> {
    const write = this.#writes.then(() => this.#write(encodeFrame(frame, this.#frameBytesMax)))
    // A failed write fails its sender; those queued after it find the stream broken by themselves.
    this.#writes = write.catch(() => undefined)
    return write
  }

  async read(): Promise<CborMap | undefined> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) return frame
      this.#throwIfBroken()
      this.#resume()
      if (this.#frames.length > 0) continue
      this.#throwIfBroken()
      if (this.#ended && this.#stream.readBufferLength === 0) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#reader.pendingBytes > 0) throw fail('ERR_CODEC_FRAME', { why: 'the stream ended inside a frame' })
    return undefined
  }

  async end(): Promise<void> {
    await this.#writes
    if (this.#error !== undefined || isGone(this.#stream)) return
    try {
      await this.#stream.close()
    } catch (error) {
      throw this.#broken(error)
    }
  }

  abort(code: ErrorCode = 'ERR_HOST_STREAM', what = 'aborted here'): void {
    this.#fail(fail(code, { peer: this.peer, what }))
    this.#stream.abort(new Error(code))
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += writeBytesMax) {
      this.#throwIfBroken()
      try {
        const mayGoOn = this.#stream.send(bytes.subarray(at, at + writeBytesMax))
        if (!mayGoOn) await drained(this.#stream)
      } catch (error) {
        throw this.#broken(error)
      }
    }
  }

  // A throw in a listener ends the process: it only hands bytes over, and every failure ends in #fail.
  #onMessage(event: StreamMessageEvent): void {
    if (this.#error !== undefined) return
    try {
      this.#frames.push(...this.#reader.push(plainBytes(event.data.subarray())))
    } catch (error) {
      const failure = asHyraxError(error, 'ERR_CODEC_FRAME', { why: 'unreadable' })
      this.#fail(failure)
      this.#stream.abort(failure)
      return
    }
    if (this.#frames.length > 0 && !this.#resuming) pause(this.#stream)
    this.#wake()
  }

  #onClose(event: Event): void {
    const { error, local } = event as Closing
    // What came before a remote reset may still be read; what we aborted may not.
    if (error !== undefined && local === true) this.#fail(this.#broken(error))
    else if (error !== undefined) this.#error ??= this.#broken(error)
    this.#ended = true
    this.#wake()
  }

  // libp2p's resume() hands out buffered bytes first and lifts the pause after that: a pause asked for by the
  // listener meanwhile would be lost, so it is asked for again here.
  #resume(): void {
    this.#resuming = true
    try {
      this.#stream.resume()
    } catch {
      // Closed meanwhile: what is left to read is in the queue.
    } finally {
      this.#resuming = false
    }
    if (this.#frames.length > 0) pause(this.#stream)
  }

  #throwIfBroken(): void {
    if (this.#error !== undefined) throw this.#error
  }

  #fail(error: HyraxError): void {
    this.#error ??= error
    this.#frames.length = 0
    this.#wake()
  }

  #broken(error: unknown): HyraxError {
    return this.#error ?? streamError(error, this.peer)
  }
}

/** Makes a HyraxError of what a libp2p stream rejects with, which may be an event and not an Error. */
export function streamError(thrown: unknown, peer: string): HyraxError {
  if (thrown instanceof HyraxError) return thrown
  const inner = thrown instanceof Error ? thrown : (thrown as { error?: unknown } | undefined)?.error
  const what = inner instanceof Error ? inner.message : 'closed'
  return fail('ERR_HOST_STREAM', { peer, what }, { cause: inner })
}

/** The same memory as a Uint8Array and nothing more: a Buffer's `slice` is no copy, and others must not find that out. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isGone(stream: Stream): boolean {
  return stream.status !== 'open' && stream.status !== 'closing'
}

function pause(stream: Stream): void {
  if (stream.readStatus === 'readable') stream.pause()
}

// stream.onDrain() works once and its promise is never renewed; the event is sound. A drain may only mean that the
// next piece of the buffer was sent, hence the loop.
async function drained(stream: Stream): Promise<void> {
  while (stream.writableNeedsDrain) {
    await new Promise<void>((resolve, reject) => {
      const done = (event: Event): void => {
        stream.removeEventListener('drain', done)
        stream.removeEventListener('close', done)
        if (event.type === 'drain') resolve()
        else reject((event as Closing).error ?? new Error('closed while writing'))
      }
      stream.addEventListener('drain', done)
      stream.addEventListener('close', done)
      if (isGone(stream)) done(new Event('close'))
    })
  }
}
