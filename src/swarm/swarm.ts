import type { Gate } from '../access/index.ts'
import { asHyraxError, fail, limits, type Clock, type HyraxError, type Log, type Randomness } from '../base/index.ts'
import type { CborMap } from '../codec/index.ts'
import { createHost, type FrameStream, type Host, type HostConnection } from '../host/index.ts'
import type { Identity, Keys } from '../keys/index.ts'
import { dialable, fitting } from './addresses.ts'
import { createDialer, drawn, type Dialer, type DialerOptions } from './dialer.ts'
import { createFailureBook, type Failure, type FailureBook } from './failures.ts'
import type { Answer, Hello, ListDigests, NamedPeer } from './hello.ts'
import { answerHello, createLink, sayHello, type HelloParts, type Link } from './link.ts'
import { askPing, servePing } from './ping.ts'
import { createProtector } from './protector.ts'
import { helloProtocol, pingProtocol } from './wire.ts'

export interface SwarmParts {
  readonly identity: Identity
  readonly keys: Keys
  /** 32 bytes each. The first is used to dial; while a key is rotated the others are accepted too. */
  readonly swarmKeys: readonly Uint8Array[]
  readonly gate: Gate
  readonly clock: Clock
  readonly random: Randomness
  readonly log: Log
  /** Shown to peers; at most 64 bytes are told. */
  readonly name: string | (() => string)
  readonly agent: string
  /** Peer binding of this node's device, if it has one. */
  readonly binding?: () => Uint8Array | null
  readonly listsDigests?: () => ListDigests | null
}

export interface SwarmOptions {
  readonly listen: readonly string[]
  /** Told to peers in place of what is listened on. */
  readonly announce?: readonly string[]
  readonly bootstrap?: readonly string[]
  readonly static?: readonly string[]
  readonly dialer?: DialerOptions
  /** Sources without limits of their own (`swarm/exemptSources`). */
  readonly isExemptSource?: (source: string) => boolean
  readonly pingMs?: number
  readonly localAddress?: string
}

export interface PeerInfo {
  readonly peer: string
  /** Foreign text: escape before showing. */
  readonly name: string
  readonly agent: string
  readonly addrs: readonly string[]
  readonly direction: 'inbound' | 'outbound'
  /** Milliseconds since 1970. */
  readonly since: number
  readonly state: 'welcomed' | 'connected'
  readonly remoteAddr: string
  readonly latency?: number
  readonly gate?: 'open' | 'permissioned'
  readonly lists: ListDigests | null
  readonly binding: Uint8Array | null
}

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
  readonly #links = new Map<string, Link>()
  /** The link a welcomed peer's streams ride on. */
  readonly #primary = new Map<string, Link>()
  readonly #failures: FailureBook
  readonly #dialer: Dialer
  readonly #hello: HelloParts
  readonly #welcomeListeners: ((peer: PeerInfo) => void)[] = []
  readonly #goneListeners: ((peer: string) => void)[] = []
  #host: Host | undefined
  #pings: ReturnType<typeof setInterval> | undefined
  #stopped = false

  constructor(parts: SwarmParts, options: SwarmOptions) {
    this.#parts = parts
    this.#options = options
    this.#failures = createFailureBook(() => parts.clock.now())
    this.#dialer = createDialer(
      {
        random: parts.random,
        self: parts.identity.peer,
        connect: (address) => this.connect(address),
        isConnected: (peer) => this.#primary.has(peer),
        mayDial: (peer) => parts.gate.admitDial(peer).kind === 'admit',
        onFailed: (peer, address, error) => {
          this.#failures.note({ peer, address, direction: 'outbound' }, error)
        },
      },
      options.dialer,
    )
    this.#hello = {
      ownHello: (link) => this.#ownHello(link),
      judge: (link) => this.#judge(link),
      onWelcomed: (link) => {
        this.#onWelcomed(link)
      },
      peersFor: (link) => this.#peersFor(link),
      onPeers: (link, peers) => {
        this.#learn(link, peers)
      },
    }
  }

  async build(): Promise<void> {
    const { identity, keys, random, log, gate, agent, swarmKeys } = this.#parts
    const protector = createProtector(
      {
        keys,
        random,
        onFailed: (address, error) => {
          this.#onKeyFailure(address, error)
        },
      },
      swarmKeys,
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
          ...(isExemptSource === undefined ? {} : { sources: { isExempt: isExemptSource } }),
        },
      },
    )
    this.host.onConnection((connection) => {
      this.#onConnection(connection)
    })
    this.host.onRefused((refused) => {
      this.#failures.note(refused, refused.refusal)
    })
    await this.host.handleRaw(pingProtocol, servePing, 2)
    await this.host.handle(helloProtocol, (stream, connection) => this.#onHello(stream, connection), {
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
      this.#pingAll(pingMs)
    }, pingMs)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#pings)
    this.#dialer.stop()
    await this.host.stop()
  }

  peers(): PeerInfo[] {
    const shown = new Map<string, Link>()
    for (const link of this.#links.values()) {
      if (!link.connection.isOpen) continue
      const { peer } = link.connection
      if (!shown.has(peer) || this.#primary.get(peer) === link) shown.set(peer, link)
    }
    return [...shown.values()].map(peerInfoOf)
  }

  failures(): Failure[] {
    return this.#failures.list()
  }

  addresses(): string[] {
    return this.#ownAddresses().map((address) => `${address}/p2p/${this.host.peer}`)
  }

  async connect(address: string): Promise<string> {
    const connection = await this.#dial(address)
    const link = this.#links.get(connection.id)
    if (link === undefined) throw this.#closedBeforeHello(connection.peer)
    await link.settled
    this.#closeSpare(link)
    if (link.state === 'welcomed' || this.#primary.has(connection.peer)) return connection.peer
    throw link.failure ?? this.#closedBeforeHello(connection.peer)
  }

  async disconnect(peer: string): Promise<number> {
    const connections = this.host.connections(peer)
    await Promise.all(connections.map((connection) => connection.close()))
    return connections.length
  }

  ping(peer: string): Promise<number> {
    const [connection] = this.host.connections(peer)
    const link = this.#primary.get(peer)
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
        const link = this.#links.get(connection.id)
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
    const link = this.#primary.get(peer)
    if (link === undefined) return Promise.reject(fail('ERR_SWARM_NOT_CONNECTED', { peer }))
    return link.connection.open(protocol, frameBytesMax)
  }

  onWelcome(listener: (peer: PeerInfo) => void): void {
    this.#welcomeListeners.push(listener)
  }

  onGone(listener: (peer: string) => void): void {
    this.#goneListeners.push(listener)
  }

  // Two addresses of one peer gave two connections, both dialled from here: nobody needs the second.
  #closeSpare(link: Link): void {
    const primary = this.#primary.get(link.connection.peer)
    if (primary === undefined || primary === link || primary.connection.direction === 'inbound') return
    if (link.connection.direction === 'outbound') void link.connection.close()
  }

  async #dial(address: string): Promise<HostConnection> {
    try {
      return await this.host.dial(address)
    } catch (error) {
      const failure = asHyraxError(error)
      // Refused after Noise: the connection was there and gone before a stream could be opened.
      if (failure.code === 'ERR_HOST_STREAM' && failure.data['what'] === 'closed at once')
        throw this.#closedBeforeHello('?')
      throw failure
    }
  }

  #closedBeforeHello(peer: string): HyraxError {
    return fail('ERR_SWARM_CLOSED_BEFORE_HELLO', { peer, self: this.host.peer })
  }

  #onConnection(connection: HostConnection): void {
    const link = createLink(connection)
    this.#links.set(connection.id, link)
    void connection.closed.then(() => {
      this.#onClosed(link)
    })
    if (connection.direction === 'outbound') void this.#greet(link)
    else
      setTimeout(() => {
        this.#showAsStock(link)
      }, limits.helloMsMax).unref()
  }

  async #greet(link: Link): Promise<void> {
    link.greeted = true
    try {
      const stream = await link.connection.open(helloProtocol, limits.peersFrameBytesMax)
      await sayHello(this.#hello, link, stream)
    } catch (error) {
      await this.#onHelloFailed(link, asHyraxError(error))
    }
  }

  async #onHello(stream: FrameStream, connection: HostConnection): Promise<void> {
    const link = this.#links.get(connection.id)
    if (link === undefined || link.greeted || connection.direction === 'outbound') {
      stream.abort('ERR_SWARM_HELLO', 'a second hello')
      return
    }
    link.greeted = true
    if (link.state === 'connected') link.state = 'hello'
    try {
      await answerHello(this.#hello, link, stream)
    } catch (error) {
      await this.#onHelloFailed(link, asHyraxError(error))
    }
  }

  async #onHelloFailed(link: Link, error: HyraxError): Promise<void> {
    const { connection } = link
    if (link.state === 'welcomed') {
      // The welcome stands; what broke came after it (PEERS).
      this.#parts.log.debug('hello ended badly', { peer: connection.peer, code: error.code })
      if (error.code === 'ERR_SWARM_HELLO') connection.abort(error.code)
      return
    }
    if (error.code === 'ERR_UNSUPPORTED') {
      // A libp2p node that is none of ours: it may stay, and is shown as not welcomed.
      link.failure = error
      this.#showAsStock(link)
      return
    }
    if (error.code === 'ERR_HOST_STREAM') await Promise.race([connection.closed, pause(100)])
    const isClosed = error.code === 'ERR_HOST_STREAM' && !connection.isOpen && connection.direction === 'outbound'
    link.failure = isClosed ? this.#closedBeforeHello(connection.peer) : error
    if (connection.direction === 'inbound' && !this.#stopped && error.code !== 'ERR_HOST_STREAM')
      this.#failures.note({ peer: connection.peer, address: connection.remoteAddress, direction: 'inbound' }, error)
    connection.abort(error.code)
    this.#settle(link, 'ended')
  }

  #showAsStock(link: Link): void {
    if (link.state !== 'hello' || !link.connection.isOpen || (link.greeted && link.failure === undefined)) return
    this.#settle(link, 'connected')
    void this.host.identify(link.connection).then((told) => {
      link.agent = told?.agent ?? ''
    })
  }

  #settle(link: Link, state: Link['state']): void {
    link.state = state
    link.settle()
  }

  #onWelcomed(link: Link): void {
    const { peer } = link.connection
    if (!link.connection.isOpen || link.state === 'ended') throw this.#closedBeforeHello(peer)
    link.welcomedAt = this.#parts.clock.now()
    this.#settle(link, 'welcomed')
    this.#failures.clear(peer)
    const first = !this.#primary.has(peer)
    if (first) this.#primary.set(peer, link)
    // A second connection may mean that the other side has forgotten the first: see whether that still lives.
    else void this.#ping(this.#primary.get(peer) ?? link, limits.pingMissedMax)
    if (link.connection.direction === 'inbound') this.#dialer.learn(peer, link.hello?.addrs ?? [])
    this.#dialer.connected(peer)
    if (first) this.#announce(link)
  }

  #announce(link: Link): void {
    const info = peerInfoOf(link)
    this.#parts.log.info('peer welcomed', { peer: info.peer, direction: info.direction, address: info.remoteAddr })
    for (const listener of this.#welcomeListeners) listener(info)
  }

  #onClosed(link: Link): void {
    const { peer } = link.connection
    this.#links.delete(link.connection.id)
    const wasWelcomed = link.state === 'welcomed'
    this.#settle(link, 'ended')
    if (!wasWelcomed || this.#primary.get(peer) !== link) return
    this.#primary.delete(peer)
    this.#parts.log.info('peer gone', { peer })
    for (const listener of this.#goneListeners) listener(peer)
    // Another connection of the same peer takes over, as if it came now: streams do not move by themselves.
    const other = [...this.#links.values()].find(
      (known) => known.state === 'welcomed' && known.connection.peer === peer,
    )
    if (other !== undefined) {
      this.#primary.set(peer, other)
      this.#announce(other)
    } else if (!this.#stopped) this.#dialer.gone(peer, this.#parts.clock.now() - link.welcomedAt)
  }

  #judge(link: Link): Answer {
    const { peer, direction } = link.connection
    const verdict = this.#parts.gate.mayStay(peer)
    if (verdict.kind === 'refuse') return { kind: 'refused', code: verdict.code }
    return direction === 'inbound' && this.#loses(link)
      ? { kind: 'refused', code: 'ERR_SWARM_BUSY' }
      : { kind: 'welcome' }
  }

  // Both dialled at once: the connection that the smaller PeerId dialled stays. Both sides see it the same way.
  #loses(link: Link): boolean {
    const { peer } = link.connection
    const ours = [...this.#links.values()].filter(
      (known) => known.connection.peer === peer && known.connection.direction === 'outbound' && known.state === 'hello',
    )
    if (ours.length === 0) return false
    if (this.host.peer < peer) return true
    for (const outbound of ours) outbound.connection.abort('ERR_SWARM_BUSY')
    return false
  }

  #peersFor(link: Link): NamedPeer[] {
    const others = [...this.#primary.values()].filter(({ connection }) => connection.peer !== link.connection.peer)
    return drawn(others, limits.peersNamedMax, this.#parts.random)
      .map(({ connection, hello }) => ({
        peer: connection.peer,
        addrs: fitting(hello?.addrs ?? [], link.connection.remoteAddress),
      }))
      .filter(({ addrs }) => addrs.length > 0)
  }

  // A peer's word admits nobody: each passes the gate before it is dialled, pinned, and again after Noise.
  #learn(link: Link, peers: readonly NamedPeer[]): void {
    for (const { peer, addrs } of peers) this.#dialer.learn(peer, fitting(addrs, link.connection.remoteAddress))
  }

  #ownHello(link: Link): Hello {
    const { name, agent, gate, binding, listsDigests } = this.#parts
    return {
      name: shortened(typeof name === 'string' ? name : name()),
      agent,
      addrs: fitting(this.#ownAddresses(), link.connection.remoteAddress),
      gate: gate.facts.permissioned ? 'permissioned' : 'open',
      lists: listsDigests?.() ?? null,
      keyNext: null,
      binding: binding?.() ?? null,
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

  #pingAll(pingMs: number): void {
    for (const link of this.#links.values()) if (link.state !== 'hello') void this.#ping(link, 1, pingMs)
  }

  /** Three strikes: libp2p's own monitor cuts after one, which hits slow links. */
  async #ping(link: Link, strikes: number, limitMs: number = limits.pingMsInterval): Promise<void> {
    try {
      link.latencyMs = await askPing(link.connection, this.#parts.random, AbortSignal.timeout(limitMs))
      link.missedPings = 0
    } catch {
      link.missedPings += strikes
      if (link.missedPings < limits.pingMissedMax || !link.connection.isOpen) return
      const error = fail('ERR_SWARM_SILENT', { peer: link.connection.peer, missed: link.missedPings })
      this.#failures.note({ peer: link.connection.peer, direction: link.connection.direction }, error)
      link.connection.abort(error.code)
    }
  }
}

function peerInfoOf(link: Link): PeerInfo {
  const { connection, hello } = link
  return {
    peer: connection.peer,
    name: hello?.name ?? '',
    agent: hello?.agent ?? link.agent,
    addrs: hello?.addrs ?? [],
    direction: connection.direction,
    since: connection.since,
    state: link.state === 'welcomed' ? 'welcomed' : 'connected',
    remoteAddr: connection.remoteAddress,
    ...(link.latencyMs === undefined ? {} : { latency: link.latencyMs }),
    ...(hello === undefined ? {} : { gate: hello.gate }),
    lists: hello?.lists ?? null,
    binding: hello?.binding ?? null,
  }
}

/** As much of the text as fits 64 bytes, whole characters. */
function shortened(text: string): string {
  let kept = ''
  for (const character of text) {
    if (new TextEncoder().encode(kept + character).length > limits.helloNameBytesMax) break
    kept += character
  }
  return kept
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
