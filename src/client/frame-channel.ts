import type { Stream } from '@libp2p/interface'
import { fail, limits } from '../base/index.ts'
import { createFrameReader, encodeFrame, type CborMap } from '../codec/index.ts'

/** Frames that may wait unread before the other side is told to wait. */
const queuedFramesMax = 16

/** Frames of at most 1 MiB, both ways, over one stream of the muxer. */
export interface FrameChannel {
  send(frame: CborMap): void
  /** The next frame, or nothing when the other side has ended. Fails when the stream broke. */
  read(): Promise<CborMap | undefined>
  /** No more frames from us. */
  end(): void
  abort(error: Error): void
}

export function openFrameChannel(stream: Stream): FrameChannel {
  const reader = createFrameReader(limits.adminFrameBytesMax)
  const frames: CborMap[] = []
  let failure: unknown
  let ended = false
  let resuming = false
  let wake: (() => void) | undefined

  const notify = () => {
    wake?.()
    wake = undefined
  }
  const break_ = (error: unknown) => {
    failure ??= error
    ended = true
    notify()
  }
  // resume() hands out what it held and then lifts the pause: a pause asked for in between would be lost.
  const resume = () => {
    resuming = true
    stream.resume()
    resuming = false
  }
  stream.addEventListener('message', (event) => {
    try {
      frames.push(...reader.push(event.data.subarray()))
      if (frames.length > queuedFramesMax && !resuming && stream.readStatus === 'readable') stream.pause()
      notify()
    } catch (error) {
      break_(error)
      stream.abort(error instanceof Error ? error : new AggregateError([error]))
    }
  })
  stream.addEventListener('remoteCloseWrite', () => break_(undefined))
  stream.addEventListener('close', (event) => break_(event.error))

  // Whoever says one word and leaves may have ended before anybody listened.
  if (stream.remoteWriteStatus !== 'writable') ended = true

  return {
    send: (frame) => void stream.send(encodeFrame(frame, limits.adminFrameBytesMax)),
    async read() {
      for (;;) {
        const frame = frames.shift()
        if (frame !== undefined) {
          if (frames.length === 0 && stream.readStatus === 'paused') resume()
          return frame
        }
        if (failure !== undefined) throw failure as Error
        // What came before the end may still wait in the stream's own buffer.
        if (ended && stream.readBufferLength === 0) return endOf(reader.pendingBytes)
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    end: () => void stream.close().catch(() => undefined),
    abort: (error) => stream.abort(error),
  }
}

function endOf(pendingBytes: number): undefined {
  if (pendingBytes > 0) throw fail('ERR_CODEC_FRAME', { why: 'the stream ended inside a frame' })
}
