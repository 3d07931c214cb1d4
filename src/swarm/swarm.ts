import { asHyraxError, fail, limits, type HyraxError } from '../base/index.ts'
import type { CborMap } from '../codec/index.ts'
import { createHost, type FrameStream, type Host, type HostConnection } from '../host/index.ts'
import { dialable } from './addresses.ts'
import { createDialer, type Dialer } from './dialer.ts'
import { createFailureBook, type Failure, type FailureBook } from './failures.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { closedBeforeHello, Links } from './links.ts'
import { askPing, servePing } from './ping.ts'
import { createProtector } from './protector.ts'
import type { PeerInfo, SwarmOptions, SwarmParts } from './swarm-parts.ts'
import { helloProtocol, pingProtocol } from './wire.ts'

export interface SwarmHandleOptions {
  readonly maxStreams: number
  readonly frameBytesMax: number
  readonly busy?: CborMap
}

/** The private network as one node sees it. A peer counts only once both sides have said welcome. */
export interface Swarm {
  readonly host: Host
  /** `ERR_PORT_COLLISION` where an address cannot be listened on. */
  start(): Promise<void>
  stop(): Promise<void>
  peers(): PeerInfo[]
  failures(): Failure[]
  /** Addresses others can reach this node at, each with its PeerId. */
  addresses(): string[]
  /** Dials and waits for the welcome. Codes: those of `Host.dial`, `ERR_SWARM_*`, `ERR_UNSUPPORTED` for a stock node. */
  connect(address: string): Promise<string>
  /** Closes every connection with the peer; returns how many. */
  disconnect(peer: string): Promise<number>
  /** Round trip in ms; `ERR_SWARM_NOT_CONNECTED`. */
  ping(peer: string): Promise<number>
  /** Cuts every connection that no longer passes the gate; call it after each change of the gate's facts. */
  rejudge(): { cut: string[]; ms: number }
  /**
   * The swarm keys from now on: the first is dialled with, each is accepted. Connections with a key that is gone are cut
   * at once, in mid-handshake too, and their peers dialled again with the first. Gives the peers cut.
   */
  setKeys(keys: readonly Uint8Array[]): { cut: string[]; ms: number }
  /**
   * The same without a gap: the keys count at once for what begins now, but connections with a key that is gone live on for
   * `swarmKeyTurnMs`, while those that we made are made anew with the first; their streams then move over at the cut.
   */
  turnKeys(keys: readonly Uint8Array[]): Promise<{ cut: string[]; ms: number }>
  setStatic(addresses: readonly string[]): void
  setBootstrap(addresses: readonly string[]): void
  /** A peer that was welcomed before, with its addresses: tried like those that other peers tell of. */
  remember(peer: string, addresses: readonly string[]): void
  /** Handles streams of welcomed peers; the streams of others are reset. */
  handle(
    protocol: string,
    handler: (stream: FrameStream) => void | Promise<void>,
    options: SwarmHandleOptions,
  ): Promise<void>
  /** Opens a stream to a welcomed peer; `ERR_SWARM_NOT_CONNECTED`, `ERR_UNSUPPORTED`, `ERR_HOST_STREAM`. */
  open(peer: string, protocol: string, frameBytesMax: number): Promise<FrameStream>
  onWelcome(listener: (peer: PeerInfo) => void): void
  onGone(listener: (peer: string) => void): void
}

const wrongKeyPenaltyMs = 1_000

export async function createSwarm(parts: SwarmParts, options: SwarmOptions): Promise<Swarm> {
  const swarm = new HyraxSwarm(parts, options)
  await swarm.build()
  return swarm
}

class HyraxSwarm implements Swarm {
  readonly #parts: SwarmParts
  readonly #options: SwarmOptions
  readonly #failures: FailureBook
  readonly #dialer: Dialer
  readonly #links: Links
  readonly #ring: KeyRing
  /** Connections beside which another is being made, or was. */
  readonly #seconded = new Set<string>()
  /** By peer with an older swarm key: ticks since the newest was ours. */
  readonly #older = new Map<string, number>()
  #host: Host | undefined
  #pings: ReturnType<typeof setInterval> | undefined

  constructor(parts: SwarmParts, options: SwarmOptions) {
    this.#parts = parts
    this.#options = options
    this.#ring = createKeyRing(parts.swarmKeys)
    const failures = createFailureBook(() => parts.clock.now(), parts.log)
    this.#failures = failures
    this.#dialer = createDialer(
      {
        random: parts.random,
        self: parts.identity.peer,
        connect: (address) => this.connect(address),
        isConnected: (peer) => this.#links.welcomed(peer) !== undefined,
        mayDial: (peer) => parts.gate.admitDial(peer).kind === 'admit',
        onFailed: (peer, address, error) => {
          failures.note({ peer, address, direction: 'outbound' }, error)
        },
      },
      options.dialer,
    )
    this.#links = new Links({
      swarm: parts,
      host: () => this.host,
      dialer: this.#dialer,
      failures,
      ring: this.#ring,
      addresses: () => this.#ownAddresses(),
    })
  }

  async build(): Promise<void> {
    const { identity, keys, random, log, gate, agent } = this.#parts
    const protector = createProtector(
      {
        keys,
        random,
        onFailed: (address, error) => {
          this.#onKeyFailure(address, error)
        },
      },
      this.#ring,
    )
    const { isExemptSource, announce, listen, localAddress } = this.#options
    this.#host = await createHost(
      { identity, keys, random, log, gate, protector },
      {
        listen,
        ...(announce === undefined ? {} : { announce }),
        ...(localAddress === undefined ? {} : { localAddress }),
        identify: { agent },
        connectionsMax: limits.swarmConnectionsMax,
        admission: {
          connectionsReserved: limits.swarmConnectionsReservedMax,
          isExpectedSource: (source) => this.#dialer.knows(source),
          isSparedSource: (source) => this.#dialer.knows(source),
          ...(isExemptSource === undefined ? {} : { sources: { isExempt: isExemptSource } }),
        },
      },
    )
    this.host.onConnection((connection) => {
      this.#links.adopt(connection)
    })
    this.host.onRefused((refused) => {
      this.#failures.note(refused, refused.refusal)
    })
    await this.host.handleRaw(pingProtocol, servePing, 2)
    await this.host.handle(helloProtocol, (stream, connection) => this.#links.answer(stream, connection), {
      frameBytesMax: limits.peersFrameBytesMax,
      streamsMax: 1,
    })
  }

  get host(): Host {
    return this.#host as Host
  }

  async start(): Promise<void> {
    await this.host.start()
    this.#dialer.set('bootstrap', this.#options.bootstrap ?? [])
    this.#dialer.set('static', this.#options.static ?? [])
    this.#dialer.start()
    const pingMs = this.#options.pingMs ?? limits.pingMsInterval
    this.#pings = setInterval(() => {
      this.#links.pingAll(pingMs)
      this.#renewOlder()
    }, pingMs)
  }

  async stop(): Promise<void> {
    this.#links.stop()
    clearInterval(this.#pings)
    this.#dialer.stop()
    await this.host.stop()
  }

  peers(): PeerInfo[] {
    return this.#links.peers()
  }

  failures(): Failure[] {
    return this.#failures.list()
  }

  addresses(): string[] {
    return this.#ownAddresses().map((address) => `${address}/p2p/${this.host.peer}`)
  }

  async connect(address: string): Promise<string> {
    const connection = await this.#dialWithRing(address)
    const link = this.#links.find(connection.id)
    await link?.settled
    if (link !== undefined) this.#links.closeSpare(link)
    // Where both dialled at once ours may have been the one too many: the answer is then the connection that stays.
    if (await this.#links.isReached(connection.peer, link?.failure)) return connection.peer
    throw link?.failure ?? closedBeforeHello(connection.peer, this.host.peer)
  }

  async disconnect(peer: string): Promise<number> {
    const connections = this.host.connections(peer)
    await Promise.all(connections.map((connection) => connection.close()))
    return connections.length
  }

  ping(peer: string): Promise<number> {
    const [connection] = this.host.connections(peer)
    const link = this.#links.welcomed(peer)
    const asked = link?.connection ?? connection
    if (asked === undefined) return Promise.reject(fail('ERR_SWARM_NOT_CONNECTED', { peer }))
    return askPing(asked, this.#parts.random, AbortSignal.timeout(limits.pingMsInterval))
  }

  rejudge(): { cut: string[]; ms: number } {
    const started = performance.now()
    const cut = this.host.rejudge()
    for (const peer of cut) this.#parts.log.info('peer cut: it no longer passes the gate', { peer })
    this.#dialer.rejudge()
    return { cut, ms: performance.now() - started }
  }

  setKeys(keys: readonly Uint8Array[]): { cut: string[]; ms: number } {
    const started = performance.now()
    this.#ring.replace(keys)
    return { cut: this.#cutStale(), ms: performance.now() - started }
  }

  async turnKeys(keys: readonly Uint8Array[]): Promise<{ cut: string[]; ms: number }> {
    const started = performance.now()
    this.#ring.replace(keys)
    const stale = this.host.connections().filter(({ timeline }) => this.#ring.isStale(timeline))
    if (stale.length === 0) return { cut: this.#cutStale(), ms: performance.now() - started }
    for (const connection of stale) if (connection.direction === 'outbound') void this.#second(connection)
    await new Promise((resolve) => setTimeout(resolve, limits.swarmKeyTurnMs))
    return { cut: this.#cutStale(), ms: performance.now() - started }
  }

  setStatic(addresses: readonly string[]): void {
    this.#dialer.set('static', addresses)
  }

  setBootstrap(addresses: readonly string[]): void {
    this.#dialer.set('bootstrap', addresses)
  }

  remember(peer: string, addresses: readonly string[]): void {
    this.#dialer.learn(peer, addresses)
  }

  async handle(
    protocol: string,
    handler: (stream: FrameStream) => void | Promise<void>,
    options: SwarmHandleOptions,
  ): Promise<void> {
    await this.host.handle(
      protocol,
      async (stream, connection) => {
        const link = this.#links.find(connection.id)
        // The dialler may open a stream while our side still reads its welcome.
        await link?.settled
        if (link?.state === 'welcomed') await handler(stream)
        else stream.abort('ERR_SWARM_NOT_CONNECTED')
      },
      {
        frameBytesMax: options.frameBytesMax,
        streamsMax: options.maxStreams,
        ...(options.busy ? { busy: options.busy } : {}),
      },
    )
  }

  open(peer: string, protocol: string, frameBytesMax: number): Promise<FrameStream> {
    const link = this.#links.welcomed(peer)
    if (link === undefined) return Promise.reject(fail('ERR_SWARM_NOT_CONNECTED', { peer }))
    return link.connection.open(protocol, frameBytesMax)
  }

  onWelcome(listener: (peer: PeerInfo) => void): void {
    this.#links.onWelcome(listener)
  }

  onGone(listener: (peer: string) => void): void {
    this.#links.onGone(listener)
  }

  #cutStale(): string[] {
    const stale = this.host.connections().filter(({ timeline }) => this.#ring.isStale(timeline))
    this.#ring.cutStale()
    if (stale.length === 0) return []
    void Promise.all(stale.map(({ closed }) => closed)).then(() => {
      // Some were dialled by hand: now that we cut them, it is ours to bring them back.
      for (const { peer, direction, remoteAddress } of stale)
        if (direction === 'outbound') this.#dialer.learn(peer, [remoteAddress])
      this.#dialer.hurry()
    })
    const peers = [...new Set(stale.map(({ peer }) => peer))]
    for (const peer of peers) this.#parts.log.info('peer cut: its swarm key was retired', { peer })
    return peers
  }

  /** While a key is rotated: who has the newest too is moved to it, so that what still uses an older one has nothing else. */
  #renewOlder(): void {
    const newest = this.#ring.keys[0]?.fingerprint
    const older = this.host.connections().filter((connection) => {
      const isOurs =
        connection.direction === 'outbound' && this.#links.welcomed(connection.peer)?.connection === connection
      return isOurs && this.#ring.fingerprintOf(connection.timeline) !== newest
    })
    const peers = new Set(older.map(({ peer }) => peer))
    for (const peer of this.#older.keys()) if (!peers.has(peer)) this.#older.delete(peer)
    for (const connection of older) {
      const ticks = (this.#older.get(connection.peer) ?? 0) + 1
      this.#older.set(connection.peer, ticks)
      // At the 1st, 2nd, 4th, 8th tick and so on: each vain try is a wrong key to the other side.
      if ((ticks & (ticks - 1)) === 0) void this.#renew(connection, newest)
    }
  }

  async #renew(older: HostConnection, newest: string | undefined): Promise<void> {
    const made = await this.#second(older)
    if (made === undefined || made.id === older.id) return
    const link = this.#links.find(made.id)
    await link?.settled
    const isBetter = link?.state === 'welcomed' && this.#ring.fingerprintOf(made.timeline) === newest
    if (!isBetter) this.#seconded.delete(older.id)
    await (isBetter ? older : made).close()
  }

  /** A second connection beside one with an older key; undefined where the other side has nothing newer. */
  async #second({ id, remoteAddress, closed }: HostConnection): Promise<HostConnection | undefined> {
    if (this.#seconded.has(id)) return undefined
    this.#seconded.add(id)
    void closed.then(() => this.#seconded.delete(id))
    try {
      return await this.host.dial(remoteAddress, { isSecond: true })
    } catch (error) {
      this.#seconded.delete(id)
      this.#parts.log.debug('not made anew', { address: remoteAddress, code: asHyraxError(error).code })
      return undefined
    }
  }

  /** With the first key, then with the others: a peer that has not turned yet is reached in the same breath. */
  async #dialWithRing(address: string): Promise<HostConnection> {
    for (let left = this.#ring.keys.length; ; left--) {
      try {
        return await this.#dial(address)
      } catch (error) {
        if (left <= 1 || asHyraxError(error).code !== 'ERR_SWARM_WRONG_KEY') throw error
      }
    }
  }

  async #dial(address: string): Promise<HostConnection> {
    try {
      return await this.host.dial(address)
    } catch (error) {
      const failure = asHyraxError(error)
      // Refused after Noise: the connection was there and gone before a stream could be opened.
      if (failure.code === 'ERR_HOST_STREAM' && failure.data['what'] === 'closed at once')
        throw closedBeforeHello('?', this.host.peer)
      throw failure
    }
  }

  #ownAddresses(): string[] {
    const announce = this.#options.announce ?? []
    return announce.length > 0 ? announce.flatMap((text) => dialable(text) ?? []) : this.host.addresses()
  }

  #onKeyFailure(address: string, error: HyraxError): void {
    this.host.penalise(address, wrongKeyPenaltyMs)
    if (error.code === 'ERR_SWARM_WRONG_KEY') this.#failures.note({ address, direction: 'inbound' }, error)
  }
}
