import type { Socket } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { ComponentLogger, Logger, MessageStream, PrivateKey, Upgrader } from '@libp2p/interface'
import { select } from '@libp2p/multistream-select'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import { bug, fail, limits } from '../base/index.ts'
import { openFrameChannel, type FrameChannel } from './frame-channel.ts'
import type { Signer } from './signer.ts'

/** A connection under Noise whose other end has proven who it is. */
export interface SecureLink {
  /** PeerId of the other end, proven. */
  readonly peer: string
  /** Public key of the other end, 32 bytes. */
  readonly publicKey: Uint8Array
  /** Opens the muxer; called once, after the identity was accepted: it is the first thing sent after Noise. */
  multiplex(signal: AbortSignal): Promise<OpenStream>
  abort(error: Error): void
  close(): Promise<void>
}

/** Opens one stream under a protocol id. */
export type OpenStream = (protocol: string, signal: AbortSignal) => Promise<FrameChannel>

/**
 * Noise over a connected socket. This file is everything that `ax` loads of libp2p, and is loaded by it on first use:
 * no host, no peer store, no upgrader.
 */
export async function secureSocket(socket: Socket, signer: Signer, signal: AbortSignal): Promise<SecureLink> {
  const raw = new SocketStream(socket)
  const muxers = new Map([[muxer.protocol, muxer]])
  const privateKey = signingKey(signer)
  const encrypter = noise()({
    privateKey,
    peerId: peerIdFromPublicKey(privateKey.publicKey),
    logger: silentLogger,
    // Noise asks the upgrader for nothing but the muxers it may offer during its handshake.
    upgrader: { getStreamMuxers: () => muxers } as unknown as Upgrader,
  })
  try {
    await select(raw, encrypter.protocol, { signal })
    const secured = await encrypter.secureOutbound(raw, { signal })
    const publicKey = secured.remotePeer.publicKey
    if (publicKey?.type !== 'Ed25519') {
      throw fail('ERR_KEYS_KIND', { found: publicKey?.type ?? 'unknown', expected: 'Ed25519' })
    }
    return {
      peer: secured.remotePeer.toString(),
      publicKey: publicKey.raw,
      multiplex: (opening) => multiplex(secured.connection, secured.streamMuxer !== undefined, opening),
      abort: (error) => raw.abort(error),
      close: () => raw.close(),
    }
  } catch (error) {
    raw.abort(error instanceof Error ? error : new AggregateError([error]))
    throw error
  }
}

const muxer = yamux({
  enableKeepAlive: false,
  maxEarlyStreams: limits.adminStreamsMax,
  maxInboundStreams: 0,
  streamOptions: { maxWriteBufferLength: 2 * limits.adminFrameBytesMax },
})()

async function multiplex(connection: MessageStream, negotiated: boolean, signal: AbortSignal): Promise<OpenStream> {
  if (!negotiated) await select(connection, muxer.protocol, { signal })
  const streams = muxer.createStreamMuxer(connection)
  return async (protocol, opening) => {
    const stream = await streams.createStream({ signal: opening })
    try {
      await select(stream, protocol, { signal: opening })
    } catch (error) {
      stream.abort(error instanceof Error ? error : new AggregateError([error]))
      throw error
    }
    return openFrameChannel(stream)
  }
}

/** A PrivateKey for Noise that signs through `keys` and gives its secret to nobody. */
function signingKey(signer: Signer): PrivateKey {
  const publicKey = publicKeyFromRaw(signer.publicKey)
  if (publicKey.type !== 'Ed25519') throw bug('not an Ed25519 key')
  return {
    type: 'Ed25519',
    publicKey,
    get raw(): Uint8Array {
      throw bug('a private key was asked for its bytes')
    },
    equals: (other?: unknown) => publicKey.equals((other as { publicKey?: unknown } | undefined)?.publicKey),
    sign: (data) => signer.signRaw(data.subarray()),
  }
}

/** A net.Socket as libp2p sees one. */
class SocketStream extends AbstractMessageStream {
  readonly #socket: Socket

  constructor(socket: Socket) {
    super({ log: silentLog(), direction: 'outbound' })
    this.#socket = socket
    socket.on('data', (bytes) => this.onData(bytes))
    socket.on('error', (error) => this.abort(error))
    socket.once('end', () => this.onTransportClosed())
    socket.once('close', () => this.onTransportClosed())
    socket.on('drain', () => this.safeDispatchEvent('drain'))
  }

  override sendData(data: Parameters<AbstractMessageStream['sendData']>[0]): SendResult {
    let sentBytes = 0
    let canSendMore = true
    for (const bytes of data) {
      sentBytes += bytes.byteLength
      canSendMore = this.#socket.write(bytes)
      if (!canSendMore) break
    }
    return { sentBytes, canSendMore }
  }

  override sendReset(): void {
    this.#socket.destroy()
  }

  override sendPause(): void {
    this.#socket.pause()
  }

  override sendResume(): void {
    this.#socket.resume()
  }

  /** What was written is still sent; nothing is waited for, a program that is done wants to leave. */
  override async close(): Promise<void> {
    this.#socket.destroySoon()
  }
}

function silentLog(): Logger {
  const nothing = () => undefined
  const log: Logger = Object.assign(nothing, { error: nothing, trace: nothing, enabled: false, newScope: () => log })
  return log
}

const silentLogger: ComponentLogger = { forComponent: silentLog }
