import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { AbortOptions, ConnectionProtector, MessageStream, MultiaddrConnection } from '@libp2p/interface'
import { fail, type HyraxError, type Randomness } from '../base/index.ts'
import { swarmKeyFingerprint, type Keys, type SwarmCipher } from '../keys/index.ts'
import { reportToDial } from '../host/index.ts'
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
const rememberedMax = 1_024

/**
 * The swarm-key layer, on the wire `/key/swarm/psk/1.0.0/` (`FORMATS.md` 2): 24 nonce bytes each way, then XSalsa20.
 * Unlike the stock one it frees and wipes its ciphers on every way out, limits the wait for the nonce to 1 s, and names
 * a wrong key: the first 20 plaintext bytes each way are fixed, so the listener knows for certain (`ERR_SWARM_WRONG_KEY`)
 * and closes before the rest of the upgrade; the dialer sees that close and says it is likely.
 *
 * @param swarmKeys Keys of 32 bytes: the first is ours for dialling, the others are accepted too while one is rotated.
 */
export function createProtector(parts: ProtectorParts, swarmKeys: readonly Uint8Array[]): () => ConnectionProtector {
  const ring = swarmKeys.map((key) => ({ key, fingerprint: swarmKeyFingerprint(key) }))
  const dialledWith = new Map<string, number>()
  const ours = ring[0]?.fingerprint ?? ''

  const wrongKey = (what: string): HyraxError => fail('ERR_SWARM_WRONG_KEY', { fingerprint: ours, what })

  // A listener that holds only the old key resets us; the next dial tries the next key of the ring.
  const tryNextKey = (address: string, used: number): void => {
    if (ring.length < 2) return
    if (dialledWith.size >= rememberedMax) dialledWith.clear()
    dialledWith.set(address, (used + 1) % ring.length)
  }

  const listen = async (connection: MultiaddrConnection, options: AbortOptions): Promise<MessageStream> => {
    const address = connection.remoteAddr.toString()
    try {
      const localNonce = parts.random.bytes(nonceBytes)
      connection.send(localNonce)
      const start = await readStart(connection, nonceBytes, greeting.length, options.signal)
      const { key, inbound } = keyOf(parts, ring, start)
      return new ProtectedStream(connection, inbound, parts.keys.createSwarmCipher(key, localNonce), start, undefined)
    } catch (error) {
      const failure = startFailure(error, address, wrongKey)
      parts.onFailed?.(address, failure)
      throw failure
    }
  }

  const dial = async (connection: MultiaddrConnection, options: AbortOptions): Promise<MessageStream> => {
    const address = connection.remoteAddr.toString()
    const used = dialledWith.get(address) ?? 0
    const key = ring[used]?.key ?? new Uint8Array(32)
    const report = (what: string): HyraxError => {
      tryNextKey(address, used)
      const error = wrongKey(what)
      reportToDial(options, error)
      return error
    }
    try {
      const localNonce = parts.random.bytes(nonceBytes)
      connection.send(localNonce)
      const start = await readStart(connection, nonceBytes, 0, options.signal)
      const inbound = parts.keys.createSwarmCipher(key, start.nonce)
      return new ProtectedStream(connection, inbound, parts.keys.createSwarmCipher(key, localNonce), start, report)
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

/** The key of the ring under which the first bytes are the greeting, with the cipher that has read them. */
function keyOf(
  parts: ProtectorParts,
  ring: readonly { key: Uint8Array }[],
  start: Start,
): { key: Uint8Array; inbound: SwarmCipher } {
  for (const { key } of ring) {
    const inbound = parts.keys.createSwarmCipher(key, start.nonce)
    const opened = start.greeting.slice()
    inbound.apply(opened)
    if (isGreeting(opened)) {
      start.greeting.set(opened)
      return { key, inbound }
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

/** The connection under the swarm key. Owns two ciphers, freed when the connection closes, however. */
class ProtectedStream extends AbstractMultiaddrConnection {
  readonly #connection: MultiaddrConnection
  readonly #inbound: SwarmCipher
  readonly #outbound: SwarmCipher
  readonly #report: ((what: string) => HyraxError) | undefined
  #greetingRead: number
  #freed = false
  #endedHere = false

  constructor(
    connection: MultiaddrConnection,
    inbound: SwarmCipher,
    outbound: SwarmCipher,
    start: Start,
    /** On the dialler's side, where the greeting is still to come: says that the key is likely another. */
    report: ((what: string) => HyraxError) | undefined,
  ) {
    super({
      log: connection.log,
      remoteAddr: connection.remoteAddr,
      direction: connection.direction,
      inactivityTimeout: connection.inactivityTimeout,
      maxReadBufferLength: connection.maxReadBufferLength,
    })
    this.#connection = connection
    this.#inbound = inbound
    this.#outbound = outbound
    this.#report = report
    this.#greetingRead = report === undefined ? greeting.length : 0
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
      this.abort(this.#report?.('What it answered cannot be read with ours.') ?? new Error('wrong swarm key'))
    return matches
  }

  #onClosed(event: Event): void {
    const { error, local } = event as Event & { readonly error?: Error; readonly local?: boolean }
    if (this.#greetingRead < greeting.length && !this.#endedHere) this.#report?.(likelyBecause(error))
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
