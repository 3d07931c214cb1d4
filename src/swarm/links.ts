import { asHyraxError, fail, limits, type HyraxError } from '../base/index.ts'
import type { FrameStream, Host, HostConnection } from '../host/index.ts'
import { fitting } from './addresses.ts'
import { drawn, type Dialer } from './dialer.ts'
import type { FailureBook } from './failures.ts'
import type { Answer, Hello, NamedPeer } from './hello.ts'
import type { KeyRing } from './key-ring.ts'
import { answerHello, createLink, sayHello, type HelloParts, type Link } from './link.ts'
import { askPing } from './ping.ts'
import type { PeerInfo, SwarmParts } from './swarm-parts.ts'
import { helloProtocol } from './wire.ts'

export interface LinksParts {
  readonly swarm: SwarmParts
  readonly host: () => Host
  readonly dialer: Pick<Dialer, 'learn' | 'connected' | 'gone'>
  readonly failures: FailureBook
  readonly ring: Pick<KeyRing, 'keys' | 'fingerprintOf'>
  /** Addresses we tell of ourselves, without `/p2p`. */
  readonly addresses: () => string[]
}

/** The connections of the swarm from the moment the gate admitted them: hello, who is welcomed, pings, and their end. */
export class Links {
  readonly #parts: LinksParts
  readonly #self: string
  readonly #links = new Map<string, Link>()
  /** The link a welcomed peer's streams ride on. */
  readonly #primary = new Map<string, Link>()
  readonly #hello: HelloParts
  readonly #welcomeListeners: ((peer: PeerInfo) => void)[] = []
  readonly #goneListeners: ((peer: string) => void)[] = []
  /** Who waits for a peer to be welcomed on a connection that it dialled. */
  readonly #awaiting = new Map<string, Set<() => void>>()
  #stopped = false

  constructor(parts: LinksParts) {
    this.#parts = parts
    this.#self = parts.swarm.identity.peer
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

  /** From now on what closes is our own doing. */
  stop(): void {
    this.#stopped = true
  }

  find(connectionId: string): Link | undefined {
    return this.#links.get(connectionId)
  }

  /** The link of a welcomed peer. */
  welcomed(peer: string): Link | undefined {
    return this.#primary.get(peer)
  }

  /**
   * True once a peer is welcomed on whichever connection; waits for those that are under way. `failure` is what ended the
   * one that was dialled: where the other side already had one of its own, that one is waited for too, at most 5 s.
   */
  async isReached(peer: string, failure?: HyraxError): Promise<boolean> {
    for (;;) {
      if (this.#primary.has(peer)) return true
      const underway = [...this.#links.values()].find(
        ({ connection, state }) => connection.peer === peer && state === 'hello',
      )
      if (underway === undefined) break
      await underway.settled
    }
    return failure?.data['reason'] === 'ERR_SWARM_BUSY' && this.#isWelcomedSoon(peer)
  }

  #isWelcomedSoon(peer: string): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#awaiting.get(peer) ?? new Set()
      this.#awaiting.set(peer, waiting)
      const end = (): void => {
        clearTimeout(late)
        waiting.delete(end)
        if (waiting.size === 0) this.#awaiting.delete(peer)
        resolve(this.#primary.has(peer))
      }
      const late = setTimeout(end, limits.helloMsMax)
      waiting.add(end)
    })
  }

  /** One line a peer. */
  peers(): PeerInfo[] {
    const shown = new Map<string, Link>()
    for (const link of this.#links.values()) {
      if (!link.connection.isOpen) continue
      const { peer } = link.connection
      if (!shown.has(peer) || this.#primary.get(peer) === link) shown.set(peer, link)
    }
    return [...shown.values()].map((link) => this.#infoOf(link))
  }

  onWelcome(listener: (peer: PeerInfo) => void): void {
    this.#welcomeListeners.push(listener)
  }

  onGone(listener: (peer: string) => void): void {
    this.#goneListeners.push(listener)
  }

  /** Two addresses of one peer gave two connections, both dialled from here: the second is closed. */
  closeSpare(link: Link): void {
    const primary = this.#primary.get(link.connection.peer)
    if (primary === undefined || primary === link || primary.connection.direction === 'inbound') return
    if (link.connection.direction === 'outbound') void link.connection.close()
  }

  /** A connection that the host has proved and admitted. */
  adopt(connection: HostConnection): void {
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

  /** The hello stream that the dialling side opens. */
  async answer(stream: FrameStream, connection: HostConnection): Promise<void> {
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
      this.#parts.swarm.log.debug('hello ended badly', { peer: connection.peer, code: error.code })
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
    link.failure = isClosed ? closedBeforeHello(connection.peer, this.#self) : error
    // A broken stream or a second connection of one peer is nothing to report.
    const isWorthNoting = error.code !== 'ERR_HOST_STREAM' && error.code !== 'ERR_SWARM_BUSY'
    if (connection.direction === 'inbound' && !this.#stopped && isWorthNoting)
      this.#parts.failures.note(
        { peer: connection.peer, address: connection.remoteAddress, direction: 'inbound' },
        error,
      )
    connection.abort(error.code)
    this.#settle(link, 'ended')
  }

  #showAsStock(link: Link): void {
    if (link.state !== 'hello' || !link.connection.isOpen || (link.greeted && link.failure === undefined)) return
    this.#settle(link, 'connected')
    void this.#parts
      .host()
      .identify(link.connection)
      .then((told) => {
        link.agent = told?.agent ?? ''
      })
  }

  #settle(link: Link, state: Link['state']): void {
    link.state = state
    link.settle()
  }

  #onWelcomed(link: Link): void {
    const { peer } = link.connection
    if (!link.connection.isOpen || link.state === 'ended') throw closedBeforeHello(peer, this.#self)
    link.welcomedAt = this.#parts.swarm.clock.now()
    this.#settle(link, 'welcomed')
    this.#parts.failures.clear(peer)
    const first = !this.#primary.has(peer)
    if (first) this.#primary.set(peer, link)
    // A second connection may mean that the other side has forgotten the first: see whether that still lives.
    else void this.#ping(this.#primary.get(peer) ?? link, limits.pingMissedMax)
    if (link.connection.direction === 'inbound') this.#parts.dialer.learn(peer, link.hello?.addrs ?? [])
    this.#parts.dialer.connected(peer)
    if (first) this.#announce(link)
    for (const tell of this.#awaiting.get(peer) ?? []) tell()
  }

  #announce(link: Link): void {
    const info = this.#infoOf(link)
    this.#parts.swarm.log.info('peer welcomed', {
      peer: info.peer,
      direction: info.direction,
      address: info.remoteAddr,
    })
    for (const listener of this.#welcomeListeners) listener(info)
  }

  #onClosed(link: Link): void {
    const { peer } = link.connection
    this.#links.delete(link.connection.id)
    const wasWelcomed = link.state === 'welcomed'
    this.#settle(link, 'ended')
    if (!wasWelcomed || this.#primary.get(peer) !== link) return
    this.#primary.delete(peer)
    // Another connection of the same peer takes over, as if it came now: streams do not move by themselves. The peer was
    // never gone, and what the other side has opened on that connection meanwhile stands.
    const other = [...this.#links.values()].find(
      (known) => known.state === 'welcomed' && known.connection.peer === peer,
    )
    if (other !== undefined) {
      this.#primary.set(peer, other)
      this.#announce(other)
      return
    }
    this.#parts.swarm.log.info('peer gone', { peer })
    for (const listener of this.#goneListeners) listener(peer)
    if (!this.#stopped) this.#parts.dialer.gone(peer, this.#parts.swarm.clock.now() - link.welcomedAt)
  }

  #judge(link: Link): Answer {
    const { peer, direction } = link.connection
    const verdict = this.#parts.swarm.gate.mayStay(peer)
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
    if (this.#self < peer) return true
    for (const outbound of ours) outbound.connection.abort('ERR_SWARM_BUSY')
    return false
  }

  #peersFor(link: Link): NamedPeer[] {
    const others = [...this.#primary.values()].filter(({ connection }) => connection.peer !== link.connection.peer)
    return drawn(others, limits.peersNamedMax, this.#parts.swarm.random)
      .map(({ connection, hello }) => ({
        peer: connection.peer,
        addrs: fitting(hello?.addrs ?? [], link.connection.remoteAddress),
      }))
      .filter(({ addrs }) => addrs.length > 0)
  }

  // A peer's word admits nobody: each passes the gate before it is dialled, pinned, and again after Noise.
  #learn(link: Link, peers: readonly NamedPeer[]): void {
    for (const { peer, addrs } of peers) this.#parts.dialer.learn(peer, fitting(addrs, link.connection.remoteAddress))
  }

  #ownHello(link: Link): Hello {
    const { name, agent, gate, binding, listsDigests } = this.#parts.swarm
    const { ring } = this.#parts
    return {
      name: shortened(typeof name === 'string' ? name : name()),
      agent,
      addrs: fitting(this.#parts.addresses(), link.connection.remoteAddress),
      gate: gate.facts.permissioned ? 'permissioned' : 'open',
      lists: listsDigests?.() ?? null,
      keyNext: ring.keys.length > 1 ? (ring.keys[0]?.fingerprint ?? null) : null,
      binding: binding?.() ?? null,
    }
  }

  #infoOf(link: Link): PeerInfo {
    return peerInfoOf(link, this.#parts.ring.fingerprintOf(link.connection.timeline) ?? '')
  }

  /** Asks every connection that is past hello; `pingMs` is the time to answer. */
  pingAll(pingMs: number): void {
    for (const link of this.#links.values()) if (link.state !== 'hello') void this.#ping(link, 1, pingMs)
  }

  /** Three strikes: libp2p's own monitor cuts after one, which hits slow links. */
  async #ping(link: Link, strikes: number, limitMs: number = limits.pingMsInterval): Promise<void> {
    const timeout = AbortSignal.timeout(limitMs)
    try {
      link.latencyMs = await askPing(link.connection, this.#parts.swarm.random, timeout)
      link.missedPings = 0
    } catch {
      // A ping that broke off was no silence: the connection is just being closed, by either side.
      link.missedPings += timeout.aborted ? strikes : 1
      if (link.missedPings < limits.pingMissedMax || !link.connection.isOpen) return
      const error = fail('ERR_SWARM_SILENT', { peer: link.connection.peer, missed: link.missedPings })
      this.#parts.failures.note({ peer: link.connection.peer, direction: link.connection.direction }, error)
      link.connection.abort(error.code)
    }
  }
}

/** Refused after Noise, before a word: no reason crosses the wire, so the likely one is named. */
export function closedBeforeHello(peer: string, self: string): HyraxError {
  return fail('ERR_SWARM_CLOSED_BEFORE_HELLO', { peer, self })
}

function peerInfoOf(link: Link, swarmKey: string): PeerInfo {
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
    swarmKey,
    keyNext: hello?.keyNext ?? null,
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
