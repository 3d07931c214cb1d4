import { createGate, type DoorAdmission, type DoorVisitor, type Gate } from '../access/index.ts'
import { fail, limits, type Clock, type ErrorCode, type Refusal } from '../base/index.ts'
import type { CborMap, CborValue } from '../codec/index.ts'
import {
  createHost,
  isLoopbackSource,
  sourceOf,
  type FrameStream,
  type Host,
  type HostConnection,
  type HostParts,
} from '../host/index.ts'
import { callError, type CallResult, type OperationCalls } from './operation-call.ts'
import { AdminSession } from './session.ts'
import { prepareSocket, withSocketMode } from './unix-socket.ts'
import { wireValue } from './wire-value.ts'

/** The admin protocol (`FORMATS.md` 13.1): the node speaks first. */
export const adminProtocol = '/hyrax/admin/1.0.0'

export interface StreamDoorParts extends Pick<HostParts, 'identity' | 'keys' | 'random' | 'log'> {
  readonly clock: Clock
  /** Named in the verdict: `hyrax/0.1.0`. */
  readonly agent: string
  readonly calls: OperationCalls
  readonly judge: (visitor: DoorVisitor) => DoorAdmission | Refusal
  /** True for a key on the list, whatever its options say now. */
  readonly isAuthorized: (peer: string) => boolean
  readonly onRefused: (visitor: DoorVisitor) => void
}

export interface StreamDoorOptions {
  /** Multiaddrs. */
  readonly listen: readonly string[]
  readonly socketPath?: string | undefined
}

/** The door on 4458 and the Unix socket: the second host of the node, same identity, no swarm key. */
export interface StreamDoor {
  start(): Promise<void>
  stop(): Promise<void>
  addresses(): string[]
  sessions(): readonly AdminSession[]
  /** Judges every granted connection again; those that no longer pass as they did are cut. Returns them. */
  rejudge(): AdminSession[]
}

/** Costs of what a source does, in milliseconds of penalty (`SECURITY.md` 6, OpenSSH PerSourcePenalties). */
const penalties = { refused: 5_000, graceExceeded: 10_000 }

export async function createStreamDoor(parts: StreamDoorParts, options: StreamDoorOptions): Promise<StreamDoor> {
  const { identity, keys, random, log } = parts
  const socket = options.socketPath === undefined ? [] : [`/unix/${encodeURIComponent(options.socketPath)}`]
  const host = await createHost(
    { identity, keys, random, log, gate: placesGate(parts.isAuthorized) },
    {
      listen: [...options.listen, ...socket],
      connectionsMax: limits.adminConnectionsMax,
      admission: {
        connectionsReserved: limits.adminConnectionsReservedMax,
        // Nobody is known before Noise; the reserve counts after it.
        isExpectedSource: () => true,
        // Whoever reaches the socket has passed the directory's mode; no limit of one source may keep its owner out.
        sources: { pendingPerSourceMax: limits.adminPendingPerSourceMax, isExempt: (source) => source === 'unix' },
      },
    },
  )
  const door = new AdminHost(host, parts, options)
  await door.open()
  return door
}

/** Admits everybody, since the verdict is the first frame, and says whose places are kept free. */
function placesGate(isAuthorized: (peer: string) => boolean): Gate {
  const open = createGate()
  return { ...open, facts: open.facts, isListed: isAuthorized }
}

class AdminHost implements StreamDoor {
  readonly #host: Host
  readonly #parts: StreamDoorParts
  readonly #socketPath: string | undefined
  readonly #sessions = new Map<string, AdminSession>()

  constructor(host: Host, parts: StreamDoorParts, options: StreamDoorOptions) {
    this.#host = host
    this.#parts = parts
    this.#socketPath = options.socketPath
  }

  async open(): Promise<void> {
    this.#host.onConnection((connection) => {
      this.#greet(connection)
    })
    await this.#host.handle(adminProtocol, (stream, connection) => this.#serve(stream, connection), {
      frameBytesMax: limits.adminFrameBytesMax,
      streamsMax: limits.adminStreamsMax,
      busy: { t: 'verdict', ok: false, code: 'ERR_ADMIN_BUSY' },
    })
  }

  async start(): Promise<void> {
    const listen = (): Promise<void> => this.#host.start()
    if (this.#socketPath === undefined) return listen()
    await prepareSocket(this.#socketPath)
    await withSocketMode(this.#socketPath, listen)
  }

  async stop(): Promise<void> {
    await this.#host.stop()
  }

  addresses(): string[] {
    return this.#host.addresses()
  }

  sessions(): readonly AdminSession[] {
    return [...this.#sessions.values()].filter((session) => session.caller !== undefined)
  }

  rejudge(): AdminSession[] {
    return this.sessions().filter((session) => !this.#stillPasses(session))
  }

  /** Decided once, when the connection opens, before a byte of a request is read. */
  #greet(connection: HostConnection): void {
    const { judge, log } = this.#parts
    const visitor = visitorOf(connection, this.#socketPath)
    const session = new AdminSession(connection, visitor, judge(visitor))
    this.#sessions.set(connection.id, session)
    void connection.closed.then(() => this.#sessions.delete(connection.id))
    session.startGrace(() => {
      log.debug('admin connection without a granted request', { ...visitor })
      this.#penalise(session, penalties.graceExceeded)
    })
    this.#watchExpiry(session)
  }

  async #serve(stream: FrameStream, connection: HostConnection): Promise<void> {
    const session = this.#sessions.get(connection.id)
    if (session === undefined) {
      stream.abort('ERR_UNAUTHORIZED')
      return
    }
    const { verdict } = session
    if (verdict.kind === 'refuse') return this.#deny(stream, session, verdict)
    const { identity, agent } = this.#parts
    await stream.send({ t: 'verdict', ok: true, role: verdict.role, node: identity.peer, v: 1, agent })
    session.settle()
    const frame = await readInTime(stream)
    if (frame !== undefined) await this.#answer(stream, session, frame)
    await stream.end()
  }

  async #deny(stream: FrameStream, session: AdminSession, verdict: Refusal): Promise<void> {
    const { visitor } = session
    if (session.tries === 0) {
      this.#parts.log.info('admin connection refused', { ...visitor, because: verdict.data['because'] })
      this.#parts.onRefused(visitor)
    }
    this.#penalise(session, penalties.refused)
    const isLast = session.countTry()
    // The code alone, the same for every key and every operation; the reason is the operator's.
    await stream.send({ t: 'verdict', ok: false, code: verdict.code })
    await stream.end()
    if (isLast) session.cut()
    else session.shortenGrace()
  }

  async #answer(stream: FrameStream, session: AdminSession, frame: CborMap): Promise<void> {
    const controller = new AbortController()
    void stream.closed.then(() => {
      controller.abort()
    })
    const signal = AbortSignal.any([session.signal, controller.signal])
    try {
      // Asked in the same turn as the dispatch: a session that was cut while its request travelled is not served.
      const { caller } = session
      if (caller === undefined) throw fail('ERR_UNAUTHORIZED')
      const { op, input } = readRequest(frame)
      await sendResult(stream, this.#parts.calls.start(op, input, { caller, signal }))
    } catch (thrown) {
      if (!stream.isOpen || session.signal.aborted) return
      const { code, data } = callError(thrown, this.#parts.log)
      await stream.send({ t: 'error', code, data: wireValue(data) })
    }
  }

  #stillPasses(session: AdminSession): boolean {
    const before = session.verdict
    const now = this.#parts.judge(session.visitor)
    const passes = now.kind === 'admit' && before.kind === 'admit' && now.role === before.role
    if (!passes) {
      this.#parts.log.info('admin session ended', { ...session.visitor })
      session.cut()
    }
    return passes
  }

  /** An entry that expires ends its sessions in that second. */
  #watchExpiry(session: AdminSession): void {
    const { verdict } = session
    if (verdict.kind === 'refuse' || verdict.until === undefined) return
    session.wakeIn(verdict.until - this.#parts.clock.now(), () => {
      if (session.caller !== undefined && this.#stillPasses(session)) this.#watchExpiry(session)
    })
  }

  #penalise({ connection }: AdminSession, ms: number): void {
    // On this machine a source is no person: its owner would be kept out for what another user does.
    if (!isLoopbackSource(sourceOf(connection.remoteAddress))) this.#host.penalise(connection.remoteAddress, ms)
  }
}

/** What arrives by TCP shows an address; everything else is the Unix socket. */
function visitorOf(connection: HostConnection, socketPath: string | undefined): DoorVisitor {
  const [, kind, ...rest] = connection.remoteAddress.split('/')
  const address = kind === 'ip6zone' ? rest[2] : rest[0]
  const isTcp = kind === 'ip4' || kind === 'ip6' || kind === 'ip6zone'
  if (isTcp) return { peer: connection.peer, door: 'tcp', source: address ?? '' }
  return { peer: connection.peer, door: 'unix', source: socketPath ?? '' }
}

async function readInTime(stream: FrameStream): Promise<CborMap | undefined> {
  const late = setTimeout(() => {
    stream.abort('ERR_ADMIN_TIMEOUT')
  }, limits.adminGraceMsMax)
  try {
    return await stream.read()
  } finally {
    clearTimeout(late)
  }
}

function readRequest(frame: CborMap): { op: string; input: CborValue } {
  const { t, op, input, x, ...unknown } = frame
  const isWhole = t === 'request' && typeof op === 'string' && input !== undefined
  const isMap = x === undefined || (typeof x === 'object' && x !== null && !Array.isArray(x))
  if (!isWhole || !isMap || Object.keys(unknown).length > 0) {
    throw fail('ERR_INVALID_INPUT', { what: 'the frame is no request' })
  }
  return { op, input }
}

async function sendResult(stream: FrameStream, result: CallResult): Promise<void> {
  if (result.kind === 'output') {
    await sendBounded(stream, { t: 'response', output: await result.output })
    return
  }
  for await (const output of result.items) await sendBounded(stream, { t: 'item', output })
  await stream.send({ t: 'end' })
}

async function sendBounded(stream: FrameStream, frame: CborMap): Promise<void> {
  try {
    await stream.send(frame)
  } catch (thrown) {
    const code: ErrorCode | undefined = (thrown as { code?: ErrorCode }).code
    if (code === 'ERR_CODEC_FRAME') throw fail('ERR_ADMIN_TOO_LARGE', { limit: `${limits.adminFrameBytesMax} bytes` })
    throw thrown
  }
}
