import { limits, type ErrorCode } from '../../base/index.ts'
import type { CborMap } from '../../codec/index.ts'
import type { FrameStream } from '../../host/index.ts'

/** Gossip that would queue behind this many frames is left to sync; a peer that lets more queue is cut. */
const gossipQueueMax = 512
const queueMax = 4_096

/** A sync stream with one peer, from either side. */
export interface TeamStream {
  readonly peer: string
  /** True where this node opened it. */
  readonly isOurs: boolean
  /** Queues a frame. What does not fit is dropped where sync will make up for it, and else ends the stream. */
  send(frame: CborMap): void
  /** Resolves when all that was queued has left, or the stream is gone. */
  flushed(): Promise<void>
  abort(code: ErrorCode): void
  /** Reads until the end; `onFrame` gets each frame, `onGone` comes once. */
  read(first: CborMap | undefined, onFrame: (frame: CborMap) => void, onGone: () => void): void
}

export function createTeamStream(stream: FrameStream, isOurs: boolean): TeamStream {
  let queued = 0
  let tail: Promise<void> = Promise.resolve()

  async function write(frame: CborMap): Promise<void> {
    try {
      await stream.send(frame)
    } catch {
      // The read side sees the same end and reports it once.
    }
    queued--
  }

  async function readAll(first: CborMap | undefined, onFrame: (frame: CborMap) => void): Promise<void> {
    if (first !== undefined) onFrame(first)
    for (let frame = await stream.read(); frame !== undefined; frame = await stream.read()) onFrame(frame)
  }

  return {
    peer: stream.peer,
    isOurs,
    send(frame) {
      const isGossip = frame['t'] === 'push' || frame['t'] === 'announce'
      if (queued >= (isGossip ? gossipQueueMax : queueMax)) {
        if (!isGossip) stream.abort('ERR_CODEC_FRAME', 'it does not read')
        return
      }
      queued++
      tail = tail.then(() => write(frame))
    },
    flushed: () => Promise.race([tail, stream.closed]),
    abort: (code) => {
      stream.abort(code)
    },
    read(first, onFrame, onGone) {
      void readAll(first, onFrame)
        .catch(() => undefined)
        .then(() => {
          stream.abort()
          onGone()
        })
    },
  }
}

/** The first frame of a stream that a peer opened; undefined where none comes in time. The stream is then reset. */
export async function readFirst(stream: FrameStream): Promise<CborMap | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, limits.helloMsMax)
  })
  try {
    return await Promise.race([stream.read(), late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
