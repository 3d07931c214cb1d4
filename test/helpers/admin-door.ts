import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Connection, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { createFrameReader, encodeFrame, type CborMap } from '../../src/codec/index.ts'

const frameBytesMax = 1_048_576

/** What the door says: frames for the verdict, and for each request. */
export interface DoorScript {
  /** Sent in place of the verdict, as they are; then the stream is closed. */
  readonly raw?: Uint8Array
  readonly verdict?: CborMap
  /** Frames to answer a request with; `undefined` leaves the stream open and silent, `'reset'` resets it. */
  readonly answer?: (request: CborMap, peer: string) => readonly CborMap[] | undefined | 'reset'
  readonly seed?: number
  readonly listen?: string[]
}

export const granted: CborMap = { t: 'verdict', ok: true, role: 'admin', node: 'door', v: 1, agent: 'test' }

/** A libp2p host as its authors ship it, behind which a scripted admin door stands: the oracle for the client of `ax`. */
export async function openAdminDoor(script: DoorScript) {
  const requests: CborMap[] = []
  const connections: Connection[] = []
  const host = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(script.seed ?? 7)),
    addresses: { listen: script.listen ?? ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  host.addEventListener('connection:open', ({ detail }) => connections.push(detail))
  await host.handle('/hyrax/admin/1.0.0', (stream, connection) => {
    if (script.raw !== undefined) {
      stream.send(script.raw)
      return void stream.close().catch(() => undefined)
    }
    stream.send(encodeFrame(script.verdict ?? granted, frameBytesMax))
    if (script.verdict !== undefined && script.verdict['ok'] !== true) return void stream.close().catch(() => undefined)
    serve(stream, (request) => {
      requests.push(request)
      return script.answer?.(request, connection.remotePeer.toString())
    })
  })
  const [address] = host.getMultiaddrs()
  return {
    peer: host.peerId.toString(),
    /** Without `/p2p/…`. */
    address: address?.toString().replace(/\/p2p\/.*$/, '') ?? '',
    requests,
    connections,
    stop: () => host.stop(),
  }
}

function serve(stream: Stream, answer: (request: CborMap) => readonly CborMap[] | undefined | 'reset'): void {
  const reader = createFrameReader(frameBytesMax)
  stream.addEventListener('message', (event) => {
    for (const request of reader.push(event.data.subarray())) {
      const frames = answer(request)
      if (frames === 'reset') return stream.abort(new Error('reset'))
      if (frames === undefined) return
      for (const frame of frames) stream.send(encodeFrame(frame, frameBytesMax))
      stream.close().catch(() => undefined)
    }
  })
}
