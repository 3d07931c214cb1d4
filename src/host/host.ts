import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, ConnectionProtector, Libp2pEvents, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import type { Gate } from '../access/index.ts'
import { fail, HyraxError, limits, type Log, type Randomness, type Refusal } from '../base/index.ts'
import type { CborMap } from '../codec/index.ts'
import type { Identity, Keys } from '../keys/index.ts'
import { createAdmission, type Admission, type AdmissionOptions, type Refused } from './admission.ts'
import { createHostConnection, type HostConnection } from './connection.ts'
import { createDialReport } from './dial-report.ts'
import { createFrameStream, type FrameStream } from './frame-stream.ts'
import { libp2pKeyOf } from './identity-adapter.ts'
import { namedListenErrors } from './listening.ts'
import { hardenedNoise } from './noise.ts'
import { quietLogger } from './quiet-logger.ts'
import { withGatedRegistrar } from './registrar.ts'

export interface HostParts {
  readonly identity: Identity
  readonly keys: Keys
  readonly random: Randomness
  readonly log: Log
  /** Who may connect. Absent: caps only, the verdict is the protocol's matter (the admin door). */
  readonly gate?: Gate
  /** The swarm-key layer. Absent: none. */
  readonly protector?: () => ConnectionProtector
}

export interface HostOptions {
  /** Multiaddr texts: `/ip4/…/tcp/…`, `/ip6/…/tcp/…`, `/unix/<percent-encoded path>`. */
  readonly listen: readonly string[]
  /** Multiaddr texts told to others in place of those listened on. */
  readonly announce?: readonly string[]
  /** Answer and send identify, for libp2p nodes of others. `agent` is the text it names us with. */
  readonly identify?: { readonly agent: string }
  /** Default 300, the swarm's. */
  readonly connectionsMax?: number
  readonly admission?: Omit<AdmissionOptions, 'connectionsMax'>
  /** Connections these are asked about get no identify: `FORMATS.md` 13.2, probation. Default: none is on probation. */
  readonly isOnProbation?: (peer: string) => boolean
  /** Outbound sockets leave from this address (tests, machines with several). */
  readonly localAddress?: string
}

export interface HandleOptions {
  /** Largest frame accepted, bytes. */
  readonly frameBytesMax: number
  /** Streams at once on one connection; one more is told `busy` and ended, those beyond are reset. */
  readonly streamsMax: number
  /** Default: the stream is reset. */
  readonly busy?: CborMap
}

export interface DialOptions {
  readonly signal?: AbortSignal
  /** Makes another connection where there is one already; the default is to give that one. */
  readonly isSecond?: boolean
}

export type FrameHandler = (stream: FrameStream, connection: HostConnection) => void | Promise<void>

/**
 * One hardened libp2p host. The swarm runs one with the swarm key, the admin door another with the same identity and
 * none: a host speaks to one kind of port only (`STACK.md` 6).
 */
export interface Host {
  readonly peer: string
  /** `ERR_PORT_COLLISION` names the address that cannot be listened on, and why. */
  start(): Promise<void>
  /** Ends every connection and listener; at most `stopMsMax`. */
  stop(): Promise<void>
  /** Multiaddr texts others can dial, without `/p2p`. */
  addresses(): string[]
  /** Handles framed streams. A rejection of the handler resets its stream and nothing else. */
  handle(protocol: string, handler: FrameHandler, options: HandleOptions): Promise<void>
  /** The same without framing, for protocols of others. */
  handleRaw(
    protocol: string,
    handler: (stream: Stream, connection: HostConnection) => void,
    streamsMax: number,
  ): Promise<void>
  /**
   * Dials one multiaddr, at most 15 s. `ERR_NODE_UNREACHABLE`; `ERR_NODE_AUTH` where another identity answers than
   * `/p2p` names; the gate's code where it turns the peer away; what the protector reports.
   */
  dial(address: string, options?: DialOptions): Promise<HostConnection>
  connections(peer?: string): HostConnection[]
  /** Called for every connection once it is proved and admitted; synchronously, before any stream is handled. */
  onConnection(listener: (connection: HostConnection) => void): void
  /** Called for every connection that a limit after Noise or the gate turned away. */
  onRefused(listener: (refused: Refused) => void): void
  /** Asks who the other side says it is (identify); undefined where it does not tell. */
  identify(connection: HostConnection): Promise<{ agent: string } | undefined>
  /** Judges every live connection again and cuts those that no longer pass. Returns the peers cut. */
  rejudge(): string[]
  /** Adds to the penalties of a source address; see `SourceLimits`. */
  penalise(remoteAddress: string, penaltyMs: number): void
  /** Inbound connections in mid-handshake. */
  readonly pending: number
}

type DialProgress = NonNullable<NonNullable<Parameters<Libp2p['dial']>[1]>['onProgress']>

export const dialMsMax = 15_000
/** A window above the read buffer would get the stream of a slow reader reset; below it, the sender just waits. */
const windowBytesMax = 524_288
const drainMsMax = 5_000

export async function createHost(parts: HostParts, options: HostOptions): Promise<Host> {
  const host = new Libp2pHost(parts, options)
  await host.build()
  return host
}

class Libp2pHost implements Host {
  readonly peer: string
  readonly #parts: HostParts
  readonly #options: HostOptions
  readonly #admission: Admission
  readonly #listening = namedListenErrors()
  readonly #connections = new Map<string, HostConnection>()
  readonly #openListeners: ((connection: HostConnection) => void)[] = []
  readonly #refusedListeners: ((refused: Refused) => void)[] = []
  #libp2p: Libp2p | undefined

  constructor(parts: HostParts, options: HostOptions) {
    this.#parts = parts
    this.#options = options
    this.peer = parts.identity.peer
    this.#admission = createAdmission(
      {
        ...parts,
        gate: parts.gate,
        connections: () => this.#connections.size,
        onRefused: (refused) => {
          for (const listener of this.#refusedListeners) listener(refused)
        },
      },
      { connectionsMax: options.connectionsMax ?? limits.swarmConnectionsMax, ...options.admission },
    )
  }

  async build(): Promise<void> {
    const { identity, protector } = this.#parts
    const { announce, connectionsMax = limits.swarmConnectionsMax, identify: identity_ } = this.#options
    this.#libp2p = await createLibp2p({
      start: false,
      logger: quietLogger,
      privateKey: libp2pKeyOf(identity),
      addresses: { listen: [...this.#options.listen], ...(announce?.length ? { announce: [...announce] } : {}) },
      transports: [this.#listening.transport(tcp(tcpOptions(this.#options.localAddress)))],
      connectionEncrypters: [hardenedNoise(this.#parts)],
      streamMuxers: [yamux(muxerOptions)],
      connectionGater: this.#admission.gater,
      connectionManager: {
        // Ours decide, in the gater; the library's stand out of the way.
        maxConnections: connectionsMax + limits.pendingInboundMax,
        maxIncomingPendingConnections: limits.pendingInboundMax * 2,
        inboundConnectionThreshold: Number.MAX_SAFE_INTEGER,
        inboundUpgradeTimeout: limits.upgradeMsMax,
        dialTimeout: dialMsMax,
        addressDialTimeout: dialMsMax,
      },
      // It aborts after a single missed ping; the swarm counts three strikes of its own.
      connectionMonitor: { enabled: false },
      ...(protector === undefined ? {} : { connectionProtector: protector }),
      ...(identity_ === undefined ? {} : { nodeInfo: { name: 'hyrax', version: '1', userAgent: identity_.agent } }),
      ...(identity_ === undefined ? {} : { services: { identify: this.#identifyService() } }),
    })
    this.#libp2p.addEventListener('connection:open', (event) => {
      this.#onOpen(event)
    })
  }

  async start(): Promise<void> {
    try {
      await this.#node.start()
    } catch (error) {
      throw this.#listening.failure(error)
    }
  }

  async stop(): Promise<void> {
    const connections = [...this.#connections.values()]
    const closing = Promise.all(connections.map((connection) => connection.close()))
    const late = setTimeout(() => {
      for (const connection of connections) connection.abort('ERR_HOST_STREAM')
    }, limits.stopMsMax / 2)
    await closing
    clearTimeout(late)
    await this.#node.stop()
  }

  addresses(): string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/[^/]+$/, ''))
  }

  async handle(protocol: string, handler: FrameHandler, options: HandleOptions): Promise<void> {
    await this.#handleCounted(protocol, options.streamsMax, (stream, connection, isOver) => {
      const framed = createFrameStream(stream, { peer: connection.peer, frameBytesMax: options.frameBytesMax })
      void this.#serve(framed, connection, isOver ? busyHandler(options.busy) : handler)
    })
  }

  async handleRaw(
    protocol: string,
    handler: (stream: Stream, connection: HostConnection) => void,
    streamsMax: number,
  ): Promise<void> {
    await this.#handleCounted(protocol, streamsMax, (stream, connection, isOver) => {
      if (isOver) stream.abort(new Error('too many streams'))
      else handler(stream, connection)
    })
  }

  // The library counts streams while they negotiate, so that of a burst over its limit none passes. We count those that
  // are served; what the library and the muxer still bound is the sum of all.
  async #handleCounted(
    protocol: string,
    streamsMax: number,
    handler: (stream: Stream, connection: HostConnection, isOver: boolean) => void,
  ): Promise<void> {
    const serving = new Map<string, number>()
    const count = (id: string, by: number): number => {
      const now = (serving.get(id) ?? 0) + by
      if (now > 0) serving.set(id, now)
      else serving.delete(id)
      return now
    }
    const serve = (stream: Stream, connection: HostConnection): void => {
      const isOver = count(connection.id, 1) > streamsMax
      if (isOver) count(connection.id, -1)
      else stream.addEventListener('close', () => count(connection.id, -1), { once: true })
      handler(stream, connection, isOver)
    }
    await this.#node.handle(
      protocol,
      (stream, connection) => {
        const known = this.#connections.get(connection.id)
        // Every stream is judged once more: the list may have changed, and a cut connection handles nothing.
        if (known === undefined || this.#mayNotStay(known.peer) !== undefined) stream.abort(new Error('not admitted'))
        else if (stream.status === 'open') serve(stream, known)
      },
      { maxInboundStreams: limits.inboundStreamsMax, maxOutboundStreams: limits.inboundStreamsMax },
    )
  }

  async dial(address: string, options?: DialOptions): Promise<HostConnection> {
    const target = multiaddr(address)
    const report = createDialReport()
    const limit = AbortSignal.timeout(dialMsMax)
    const signal = options?.signal === undefined ? limit : AbortSignal.any([limit, options.signal])
    try {
      const connection = await this.#node.dial(target, {
        signal,
        ...(options?.isSecond === true ? { force: true } : {}),
        onProgress: report.onProgress as unknown as DialProgress,
      })
      return this.#adopt(connection)
    } catch (error) {
      throw this.#dialFailure(address, error, report.error)
    }
  }

  connections(peer?: string): HostConnection[] {
    const all = [...this.#connections.values()].filter((connection) => connection.isOpen)
    return peer === undefined ? all : all.filter((connection) => connection.peer === peer)
  }

  onConnection(listener: (connection: HostConnection) => void): void {
    this.#openListeners.push(listener)
  }

  onRefused(listener: (refused: Refused) => void): void {
    this.#refusedListeners.push(listener)
  }

  async identify(connection: HostConnection): Promise<{ agent: string } | undefined> {
    const service = this.#node.services['identify'] as ReturnType<ReturnType<typeof identify>> | undefined
    const target = this.#node.getConnections().find((known) => known.id === connection.id)
    if (service === undefined || target === undefined) return undefined
    try {
      const result = await service.identify(target, { signal: AbortSignal.timeout(limits.helloMsMax) })
      return { agent: result.agentVersion ?? '' }
    } catch {
      // It answers or it does not; a node that is silent here is shown without an agent.
      return undefined
    }
  }

  rejudge(): string[] {
    const cut = new Set<string>()
    for (const connection of this.#connections.values()) {
      const refusal = this.#mayNotStay(connection.peer)
      if (refusal === undefined) continue
      connection.abort(refusal.code)
      cut.add(connection.peer)
    }
    return [...cut]
  }

  penalise(remoteAddress: string, penaltyMs: number): void {
    this.#admission.penalise(remoteAddress, penaltyMs)
  }

  get pending(): number {
    return this.#admission.sources.pending
  }

  get #node(): Libp2p {
    return this.#libp2p as Libp2p
  }

  #identifyService(): (
    components: Parameters<ReturnType<typeof identify>>[0],
  ) => ReturnType<ReturnType<typeof identify>> {
    const allows = (connection: Connection): boolean =>
      !(this.#options.isOnProbation?.(connection.remotePeer.toString()) ?? false)
    // Its outbound half runs on connection:open, before our hello, whatever the registrar says: it is asked for by us.
    const create = identify({ runOnConnectionOpen: false, maxInboundStreams: 2, timeout: limits.helloMsMax })
    return (components) => create(withGatedRegistrar(components, allows))
  }

  #onOpen(event: Libp2pEvents['connection:open']): void {
    const connection = this.#adopt(event.detail)
    if (this.#mayNotStay(connection.peer) !== undefined) connection.abort('ERR_ACCESS_NOT_PERMISSIONED')
  }

  #adopt(connection: Connection): HostConnection {
    const known = this.#connections.get(connection.id)
    if (known !== undefined) return known
    const adopted = createHostConnection(connection)
    if (!adopted.isOpen) return adopted
    this.#connections.set(adopted.id, adopted)
    void adopted.closed.then(() => {
      this.#forget(connection)
    })
    for (const listener of this.#openListeners) listener(adopted)
    return adopted
  }

  // The library remembers every peer for hours; addresses live in our own books, and strangers must not fill ours.
  #forget(connection: Connection): void {
    this.#connections.delete(connection.id)
    if (this.connections(connection.remotePeer.toString()).length > 0) return
    this.#node.peerStore.delete(connection.remotePeer).catch(() => undefined)
  }

  #mayNotStay(peer: string): Refusal | undefined {
    const verdict = this.#parts.gate?.mayStay(peer)
    return verdict?.kind === 'refuse' ? verdict : undefined
  }

  async #serve(stream: FrameStream, connection: HostConnection, handler: FrameHandler): Promise<void> {
    try {
      await handler(stream, connection)
      await stream.end()
    } catch (error) {
      this.#parts.log.debug('stream handler failed', { peer: connection.peer, protocol: stream.protocol, error })
      stream.abort()
      return
    }
    // A side that never ends its half would keep the slot for ever.
    const late = setTimeout(() => {
      stream.abort()
    }, drainMsMax)
    late.unref()
    await stream.closed
    clearTimeout(late)
  }

  #dialFailure(address: string, error: unknown, reported: HyraxError | undefined): HyraxError {
    if (reported !== undefined) return fail(reported.code, { ...reported.data, address }, { cause: error })
    const refusal = this.#admission.takeRefusal(address) ?? this.#refusalOfNamed(address)
    if (refusal !== undefined) return fail(refusal.code, refusal.data, { cause: error })
    if (error instanceof HyraxError) return error
    const name = error instanceof Error ? error.name : ''
    if (name === 'InvalidPeerIdError')
      return fail('ERR_INVALID_INPUT', { what: `${address} leads to this node itself` })
    // The other side was done with us as soon as we were connected: its gate judged us after Noise.
    if (name === 'ConnectionClosedError')
      return fail('ERR_HOST_STREAM', { peer: '?', what: 'closed at once' }, { cause: error })
    return fail('ERR_NODE_UNREACHABLE', { address, what: plainCause(error) }, { cause: error })
  }

  #refusalOfNamed(address: string): Refusal | undefined {
    const verdict = this.#parts.gate?.admitDial(/\/p2p\/([^/]+)$/.exec(address)?.[1])
    return verdict?.kind === 'refuse' ? verdict : undefined
  }
}

const muxerOptions = {
  maxInboundStreams: limits.inboundStreamsMax,
  // The default of 10 kills a connection on which 80 streams are opened right after the dial.
  maxEarlyStreams: limits.inboundStreamsMax,
  streamOptions: {
    maxStreamWindowSize: windowBytesMax,
    maxReadBufferLength: limits.streamReadBufferBytesMax,
    maxWriteBufferLength: limits.streamWriteBufferBytesMax,
  },
}

function tcpOptions(localAddress: string | undefined): Parameters<typeof tcp>[0] {
  return localAddress === undefined ? {} : { dialOpts: { localAddress } as never }
}

function busyHandler(busy: CborMap | undefined): FrameHandler {
  return async (stream) => {
    if (busy === undefined) stream.abort('ERR_SWARM_BUSY')
    else await stream.send(busy)
  }
}

function plainCause(error: unknown): string {
  const { name = '', message = '', code } = error as { name?: string; message?: string; code?: string }
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time'
  if (code === 'ECONNREFUSED') return 'connection refused'
  return code ?? message
}
