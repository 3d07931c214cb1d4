import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { fail, type Randomness } from '../base/index.ts'
import { concatBytes, equalBytes } from '../codec/index.ts'
import type { HostConnection } from '../host/index.ts'
import { pingProtocol } from './wire.ts'

const pingBytes = 32
const idleMsMax = 60_000

/** Answers libp2p's ping: every byte comes back, none is read while one waits to be written. */
export function servePing(stream: Stream): void {
  const idle = setTimeout(() => {
    stream.abort(new Error('idle'))
  }, idleMsMax)
  idle.unref()
  stream.addEventListener('close', () => {
    clearTimeout(idle)
  })
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    // A throw here would end the process: a stream that is closing takes nothing more.
    if (stream.writeStatus !== 'writable') return
    if (!stream.send(event.data) && stream.readStatus === 'readable') stream.pause()
    idle.refresh()
  })
  stream.addEventListener('drain', () => {
    if (stream.readStatus === 'paused') stream.resume()
  })
  stream.addEventListener('remoteCloseWrite', () => {
    stream.close().catch(() => {
      stream.abort(new Error('close failed'))
    })
  })
}

/**
 * One round trip in milliseconds. A node that does not speak ping answered too: its refusal counts.
 * `ERR_HOST_STREAM` where no answer came before the signal.
 */
export async function askPing(connection: HostConnection, random: Randomness, signal: AbortSignal): Promise<number> {
  const started = performance.now()
  let stream: Stream
  try {
    stream = await connection.openRaw(pingProtocol, { signal })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_UNSUPPORTED') return performance.now() - started
    throw error
  }
  const sent = random.bytes(pingBytes)
  const asked = performance.now()
  try {
    await echoed(stream, sent, connection.peer, signal)
    return performance.now() - asked
  } finally {
    // The other side may never end its half: the slot is freed by a reset.
    stream.abort(new Error('ping is done'))
  }
}

function echoed(stream: Stream, sent: Uint8Array, peer: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let received: Uint8Array = new Uint8Array()
    const broken = (what: string): void => {
      reject(fail('ERR_HOST_STREAM', { peer, what }))
    }
    stream.addEventListener('message', (event: StreamMessageEvent) => {
      received = concatBytes(received, event.data.subarray())
      if (received.length < sent.length) return
      if (equalBytes(received, sent)) resolve()
      else broken('a ping came back changed')
    })
    stream.addEventListener('close', () => {
      broken('closed during a ping')
    })
    signal.addEventListener('abort', () => {
      broken('a ping was not answered in time')
    })
    if (signal.aborted) broken('a ping was not answered in time')
    else stream.send(sent.slice())
  })
}
