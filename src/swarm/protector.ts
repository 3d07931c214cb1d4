import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { AbortOptions, ConnectionProtector, MessageStream, MultiaddrConnection } from '@libp2p/interface'
import { fail, type HyraxError, type Randomness } from '../base/index.ts'
import type { Keys, SwarmCipher } from '../keys/index.ts'
import { reportToDial } from '../host/index.ts'
import type { KeyRing, RingKey } from './key-ring.ts'
import { greeting, isGreeting, readStart, WrongKey, type Start } from './swarm-greeting.ts'

export interface ProtectorParts {
  readonly keys: Pick<Keys, 'createSwarmCipher'>
  readonly random: Randomness
  /** An inbound connection failed at the swarm key; `address` is the multiaddr text it came from. */
  readonly onFailed?: (address: string, error: HyraxError) => void
}

const nonceBytes = 24
/** What is sent is copied before it is enciphered, since the caller may hold on to it; up to this size in one piece. */
const joinedBytesMax = 1_048_576

/**
 * The swarm-key layer, on the wire `/key/swarm/psk/1.0.0/` (`FORMATS.md` 2): 24 nonce bytes each way, then XSalsa20.
 * Unlike the stock one it frees and wipes its ciphers on every way out, limits the wait for the nonce to 1 s, and names
 * a wrong key: the first 20 plaintext bytes each way are fixed, so the listener knows for certain (`ERR_SWARM_WRONG_KEY`)
 * and closes before the rest of the upgrade; the dialer sees that close and says it is likely. The ring is asked anew for
 * each connection, and told when one begins and ends.
 */
export function createProtector(parts: ProtectorParts, ring: KeyRing): () => ConnectionProtector {
  const wrongKey = (what: string, key = ring.keys[0]): HyraxError =>
    fail('ERR_SWARM_WRONG_KEY', { fingerprint: key?.fingerprint ?? '', what })

  const listen = async (connection: MultiaddrConnection, options: AbortOptions): Promise<MessageStream> => {
    const address = connection.remoteAddr.toString()
    try {
      const localNonce = parts.random.bytes(nonceBytes)
      connection.send(localNonce)
      const start = await readStart(connection, nonceBytes, greeting.length, options.signal)
      const { used, inbound } = keyOf(parts, ring.keys, start)
      const outbound = parts.keys.createSwarmCipher(used.key, localNonce)
      return enter(ring, used, new ProtectedStream(connection, { inbound, outbound }, start))
    } catch (error) {
      const failure = startFailure(error, address, wrongKey)
      parts.onFailed?.(address, failure)
      throw failure
    }
  }

  const dial = async (connection: MultiaddrConnection, options: AbortOptions): Promise<MessageStream> => {
    const address = connection.remoteAddr.toString()
    const used = ring.keyFor(address)
    const onGreeting: OnGreeting = {
      taken() {
        ring.taken(address)
      },
      // A listener that holds only another key resets us.
      turnedDown(what) {
        ring.turnedDown(address, used)
        const error = wrongKey(what, used)
        reportToDial(options, error)
        return error
      },
    }
    try {
      const localNonce = parts.random.bytes(nonceBytes)
      connection.send(localNonce)
      const start = await readStart(connection, nonceBytes, 0, options.signal)
      const inbound = parts.keys.createSwarmCipher(used.key, start.nonce)
      const outbound = parts.keys.createSwarmCipher(used.key, localNonce)
      return enter(ring, used, new ProtectedStream(connection, { inbound, outbound }, start, onGreeting))
    } catch (error) {
      const failure = startFailure(error, address, wrongKey)
      reportToDial(options, failure)
      throw failure
    }
  }

  const protector: ConnectionProtector = {
    protect(connection, options = {}) {
      const transport = connection as MultiaddrConnection
      return transport.direction === 'inbound' ? listen(transport, options) : dial(transport, options)
    },
  }
  return () => protector
}

/** In the ring's book from the first byte on, so that a key retired in mid-handshake ends this connection too. */
function enter(ring: KeyRing, used: RingKey, stream: ProtectedStream): ProtectedStream {
  const entry = ring.enter(used, stream.transportTimeline, () => {
    stream.abort(fail('ERR_SWARM_WRONG_KEY', { fingerprint: used.fingerprint, what: 'This key was retired.' }))
  })
  stream.addEventListener('close', () => {
    entry.leave()
  })
  if (stream.status !== 'open') entry.leave()
  return stream
}

/** The key of the ring under which the first bytes are the greeting, with the cipher that has read them. */
function keyOf(parts: ProtectorParts, ring: readonly RingKey[], start: Start): { used: RingKey; inbound: SwarmCipher } {
  for (const used of ring) {
    const inbound = parts.keys.createSwarmCipher(used.key, start.nonce)
    const opened = start.greeting.slice()
    inbound.apply(opened)
    if (isGreeting(opened)) {
      start.greeting.set(opened)
      return { used, inbound }
    }
    inbound.free()
  }
  throw new WrongKey('What it sent cannot be read with ours.')
}

function startFailure(error: unknown, address: string, wrongKey: (what: string) => HyraxError): HyraxError {
  if (error instanceof WrongKey) return wrongKey(error.message)
  const what = error instanceof Error ? error.message : 'closed'
  return fail('ERR_NODE_UNREACHABLE', { address, what: `${what} before the swarm-key check` }, { cause: error })
}

// A socket's error and our own time limit both arrive as an abort; the name tells them apart.
function likelyBecause(error: Error | undefined): string {
  const isSilent = error?.name === 'AbortError' || error?.name === 'TimeoutError'
  return `The remote ${isSilent ? 'fell silent' : 'closed'} during the swarm-key check: most likely another key.`
}

/** What the dialler's side learns of the key it tried, once. */
interface OnGreeting {
  taken(): void
  /** Says that the key is likely another; what it gives ends the connection. */
  turnedDown(what: string): HyraxError
}

/** The connection under the swarm key. Owns two ciphers, freed when the connection closes, however. */
class ProtectedStream extends AbstractMultiaddrConnection {
  readonly #connection: MultiaddrConnection
  readonly #inbound: SwarmCipher
  readonly #outbound: SwarmCipher
  readonly #onGreeting: OnGreeting | undefined
  #greetingRead: number
  #freed = false
  #endedHere = false

  constructor(
    connection: MultiaddrConnection,
    ciphers: { readonly inbound: SwarmCipher; readonly outbound: SwarmCipher },
    start: Start,
    /** On the dialler's side, where the greeting is still to come. */
    onGreeting?: OnGreeting,
  ) {
    super({
      log: connection.log,
      remoteAddr: connection.remoteAddr,
      direction: connection.direction,
      inactivityTimeout: connection.inactivityTimeout,
      maxReadBufferLength: connection.maxReadBufferLength,
    })
    this.#connection = connection
    this.#inbound = ciphers.inbound
    this.#outbound = ciphers.outbound
    this.#onGreeting = onGreeting
    this.#greetingRead = onGreeting === undefined ? greeting.length : 0
    if (start.greeting.length > 0) this.onData(start.greeting)
    if (start.rest.length > 0) this.#receive([start.rest])
    connection.addEventListener('message', (event) => {
      this.#receive(event.data instanceof Uint8Array ? [event.data] : event.data)
    })
    connection.addEventListener('drain', () => {
      this.onMuxerDrain()
    })
    connection.addEventListener('close', (event) => {
      this.#onClosed(event)
    })
    if (connection.status !== 'open') this.#onClosed(new Event('close'))
  }

  /** What libp2p's connection has in common with the transport's: the one object that both hand out. */
  get transportTimeline(): object {
    return this.#connection.timeline
  }

  // Buffers come fresh from the socket and nobody else holds them: they are deciphered where they are.
  #receive(pieces: Iterable<Uint8Array>): void {
    for (const piece of pieces) {
      if (this.#freed) return
      this.#inbound.apply(piece)
      if (this.#greetingRead < greeting.length && !this.#checkGreeting(piece)) return
      this.onData(piece)
    }
  }

  #checkGreeting(piece: Uint8Array): boolean {
    const part = piece.subarray(0, greeting.length - this.#greetingRead)
    const matches = part.every((byte, index) => byte === greeting[this.#greetingRead + index])
    this.#greetingRead += part.length
    if (!matches)
      this.abort(this.#onGreeting?.turnedDown('What it answered cannot be read with ours.') ?? new Error('wrong key'))
    else if (this.#greetingRead === greeting.length) this.#onGreeting?.taken()
    return matches
  }

  #onClosed(event: Event): void {
    const { error, local } = event as Event & { readonly error?: Error; readonly local?: boolean }
    if (this.#greetingRead < greeting.length && !this.#endedHere) this.#onGreeting?.turnedDown(likelyBecause(error))
    this.#free()
    if (error === undefined) this.onTransportClosed()
    else if (local === true) this.abort(error)
    else this.onRemoteReset()
  }

  #free(): void {
    if (this.#freed) return
    this.#freed = true
    this.#inbound.free()
    this.#outbound.free()
  }

  override sendData(data: Iterable<Uint8Array> & { byteLength: number }): { sentBytes: number; canSendMore: boolean } {
    const sentBytes = data.byteLength
    if (this.#freed) return { sentBytes, canSendMore: false }
    let canSendMore = true
    for (const piece of joined(data)) {
      this.#outbound.apply(piece)
      canSendMore = this.#connection.send(piece)
    }
    return { sentBytes, canSendMore }
  }

  override async sendClose(options?: AbortOptions): Promise<void> {
    this.#endedHere = true
    await this.#connection.close(options)
  }

  override sendReset(error: Error): void {
    this.#endedHere = true
    this.#connection.abort(error)
    this.#free()
  }

  override sendPause(): void {
    this.#connection.pause()
  }

  override sendResume(): void {
    this.#connection.resume()
  }
}

/** The data in pieces of our own, so that they may be enciphered in place: one piece where that is cheap. */
function* joined(data: Iterable<Uint8Array> & { byteLength: number }): Iterable<Uint8Array> {
  if (data.byteLength > joinedBytesMax) {
    for (const piece of data) yield new Uint8Array(piece)
    return
  }
  // Every byte is written below: no need to have them zeroed first.
  const whole = Buffer.allocUnsafeSlow(data.byteLength)
  let at = 0
  for (const piece of data) {
    whole.set(piece, at)
    at += piece.length
  }
  yield whole
}
