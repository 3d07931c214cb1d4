import type { Connection, Stream } from '@libp2p/interface'
import { fail, type ErrorCode } from '../base/index.ts'
import { createFrameStream, streamError, type FrameStream } from './frame-stream.ts'

/** One connection whose other side Noise has proved. */
export interface HostConnection {
  /** Unique among this host's connections. */
  readonly id: string
  readonly peer: string
  /** The 32 bytes of its public key. */
  readonly publicKey: Uint8Array
  readonly direction: 'inbound' | 'outbound'
  /** Multiaddr text of the other side, with `/p2p`. */
  readonly remoteAddress: string
  /** Milliseconds since 1970. */
  readonly since: number
  /** The same object as that of the transport's connection: layers below know the connection by it. */
  readonly timeline: object
  readonly isOpen: boolean
  /**
   * Opens a stream. `ERR_UNSUPPORTED` where the other side does not speak the protocol, `ERR_HOST_STREAM` where the
   * connection or the stream broke. @param frameBytesMax Largest frame accepted on it.
   */
  open(protocol: string, frameBytesMax: number, options?: { signal?: AbortSignal }): Promise<FrameStream>
  /** The same without framing, for protocols of others. */
  openRaw(protocol: string, options?: { signal?: AbortSignal }): Promise<Stream>
  /** Cuts at once: about a millisecond to a closed socket, nothing received is handled any more. */
  abort(code: ErrorCode): void
  /** Ends it with what is in flight; up to a second. */
  close(): Promise<void>
  readonly closed: Promise<void>
}

const openMsMax = 10_000

export function createHostConnection(connection: Connection): HostConnection {
  const peer = connection.remotePeer.toString()
  const closed = new Promise<void>((resolve) => {
    connection.addEventListener('close', () => {
      resolve()
    })
    if (connection.status !== 'open' && connection.status !== 'closing') resolve()
  })

  const openRaw = async (protocol: string, options?: { signal?: AbortSignal }): Promise<Stream> => {
    try {
      return await connection.newStream(protocol, { signal: options?.signal ?? AbortSignal.timeout(openMsMax) })
    } catch (error) {
      if (error instanceof Error && error.name === 'UnsupportedProtocolError')
        throw fail('ERR_UNSUPPORTED', { what: protocol }, { cause: error })
      throw streamError(error, peer)
    }
  }

  return {
    id: connection.id,
    peer,
    publicKey: connection.remotePeer.publicKey?.raw ?? new Uint8Array(),
    direction: connection.direction,
    remoteAddress: connection.remoteAddr.toString(),
    since: connection.timeline.open,
    timeline: connection.timeline,
    get isOpen() {
      return connection.status === 'open'
    },
    openRaw,
    async open(protocol, frameBytesMax, options) {
      return createFrameStream(await openRaw(protocol, options), { peer, frameBytesMax })
    },
    abort(code) {
      connection.abort(new Error(code))
    },
    async close() {
      try {
        await connection.close()
      } catch {
        connection.abort(new Error('close took too long'))
      }
    },
    closed,
  }
}
