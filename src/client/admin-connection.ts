import { fail, HyraxError, isErrorCode, type DoorRole, type ErrorData } from '../base/index.ts'
import type { CborMap, CborValue, NodeAddress } from '../codec/index.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/index.ts'
import type { FrameChannel } from './frame-channel.ts'
import { connectSocket, describeCause } from './socket.ts'
import type { Signer } from './signer.ts'
import type * as Transport from './transport.ts'

/** The one protocol of the admin door (`FORMATS.md` 13.1). */
export const adminProtocol = '/hyrax/admin/1.0.0'

export interface DialParts {
  readonly identity: Signer
}

export interface DialOptions {
  /** For connecting and handshakes together, and then for each call. */
  readonly timeoutMs: number
  /** PeerId that must answer; the address's own `/p2p/` counts beside it. Another one: `ERR_NODE_AUTH`. */
  readonly expectPeer?: string
  /** Called after Noise and before anything is sent; throws to stop. */
  readonly onIdentity?: (peer: string, publicKey: Uint8Array) => void | Promise<void>
}

/** What the node says first: who may do what, before it reads a byte. */
export interface Greeting {
  readonly role: DoorRole
  readonly node: string
  readonly agent: string
}

/** An open admin door. */
export interface AdminConnection {
  /** PeerId of the node, proven; null over HTTP, which proves nothing. */
  readonly peer: string | null
  /** Runs an operation. Fails with the node's code, `ERR_UNAUTHORIZED`, `ERR_ADMIN_TIMEOUT` or `ERR_NODE_UNREACHABLE`. */
  call<N extends OperationName>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>>
  /** Runs a streaming operation; leaving the loop cancels it. */
  stream<N extends OperationName>(name: N, input: OperationInput<N>): AsyncIterable<OperationOutput<N>>
  /** The node's verdict alone; nothing is asked. */
  greet(): Promise<Greeting>
  close(): Promise<void>
}

/**
 * Dials a node's admin door over TCP or a Unix socket. Nothing but the Noise handshake is sent before `onIdentity`
 * has returned. Fails with `ERR_NODE_UNREACHABLE`, `ERR_NODE_AUTH`, `ERR_ADMIN_TIMEOUT`, or what `onIdentity` throws.
 */
export async function dialAdmin(
  address: NodeAddress,
  parts: DialParts,
  options: DialOptions,
): Promise<AdminConnection> {
  const link = await secure(address, parts.identity, options.timeoutMs)
  return accept(link, address, parts, options)
}

/**
 * Who answers at an address: the Noise handshake and nothing after it. Fails as `dialAdmin` does.
 */
export async function identifyNode(
  address: NodeAddress,
  parts: DialParts,
  options: { readonly timeoutMs: number },
): Promise<{ peer: string; publicKey: Uint8Array }> {
  const link = await secure(address, parts.identity, options.timeoutMs)
  await link.close()
  return { peer: link.peer, publicKey: link.publicKey }
}

/**
 * Starts loading what a dial needs. A program that has other things to do first, such as reading its key, calls it early:
 * loading takes longer than connecting.
 */
export function loadTransport(): Promise<Pick<typeof Transport, 'secureSocket'>> {
  const loading = import('./transport.ts')
  loading.catch(() => undefined)
  return loading
}

async function secure(address: NodeAddress, identity: Signer, timeoutMs: number): Promise<Transport.SecureLink> {
  const timer = startTimer(address, timeoutMs)
  try {
    const loading = loadTransport()
    const socket = await connectSocket(address, timer.signal)
    const { secureSocket } = await loading
    return await secureSocket(socket, identity, timer.signal)
  } catch (error) {
    throw asDialError(error, address, timer.signal)
  } finally {
    timer.stop()
  }
}

async function accept(
  link: Transport.SecureLink,
  address: NodeAddress,
  parts: DialParts,
  options: DialOptions,
): Promise<AdminConnection> {
  try {
    checkPinned(link.peer, address, options.expectPeer)
    await options.onIdentity?.(link.peer, link.publicKey)
    const timer = startTimer(address, options.timeoutMs)
    try {
      const open = await link.multiplex(timer.signal)
      return createConnection(link, open, address, parts.identity, options.timeoutMs)
    } catch (error) {
      throw asDialError(error, address, timer.signal)
    } finally {
      timer.stop()
    }
  } catch (error) {
    link.abort(error instanceof Error ? error : new AggregateError([error]))
    throw error
  }
}

function checkPinned(found: string, address: NodeAddress, expectPeer: string | undefined): void {
  for (const expected of [address.peer, expectPeer]) {
    if (expected !== undefined && expected !== found) {
      throw fail('ERR_NODE_AUTH', { address: address.typed, found, expected })
    }
  }
}

function createConnection(
  link: Transport.SecureLink,
  open: Transport.OpenStream,
  address: NodeAddress,
  identity: Signer,
  timeoutMs: number,
): AdminConnection {
  /** Opens a stream, reads the verdict, and hands both to `use`; whatever happens, the stream does not stay. */
  const onStream = async <T>(use: (channel: FrameChannel, greeting: Greeting) => Promise<T>): Promise<T> => {
    const timer = startTimer(address, timeoutMs)
    let channel: FrameChannel | undefined
    try {
      channel = await open(adminProtocol, timer.signal)
      timer.onTimeout((error) => channel?.abort(error))
      return await use(channel, readVerdict(await answer(channel, address), identity))
    } catch (error) {
      channel?.abort(error instanceof Error ? error : new AggregateError([error]))
      throw asDialError(error, address, timer.signal)
    } finally {
      timer.stop()
    }
  }
  return {
    peer: link.peer,
    call: (name, input) =>
      onStream(async (channel) => {
        request(channel, name, input)
        return readResponse(await answer(channel, address), identity) as OperationOutput<typeof name>
      }),
    async *stream(name, input) {
      const channel = await onStream(async (opened) => {
        request(opened, name, input)
        return opened
      })
      try {
        for await (const item of readItems(channel, identity, address)) yield item as OperationOutput<typeof name>
      } catch (error) {
        throw asDialError(error, address)
      } finally {
        channel.abort(fail('ERR_CLI_INTERRUPTED'))
      }
    },
    greet: () =>
      onStream(async (channel, greeting) => {
        channel.end()
        return greeting
      }),
    close: () => link.close(),
  }
}

function request(channel: FrameChannel, op: string, input: unknown): void {
  channel.send({ t: 'request', op, input: withoutUndefined(input) as CborValue })
  channel.end()
}

/** CBOR of ours has no `undefined`; a member that is absent here is absent there. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]))
}

/** The next frame. A node that stops in the middle of an answer has not sent a bad frame: it is gone. */
async function answer(channel: FrameChannel, address: NodeAddress): Promise<CborMap> {
  const frame = await channel.read()
  if (frame !== undefined) return frame
  throw fail('ERR_NODE_UNREACHABLE', { address: address.typed, what: 'it went away before it had answered' })
}

function readVerdict(frame: CborMap, identity: Signer): Greeting {
  if (frame['t'] !== 'verdict') throw fail('ERR_CODEC_FRAME', { why: 'the first frame is no verdict' })
  if (frame['ok'] !== true) throw ofThisKey(frame, identity)
  const text = (name: string): string => (typeof frame[name] === 'string' ? frame[name] : '')
  return { role: text('role') as DoorRole, node: text('node'), agent: text('agent') }
}

function readResponse(frame: CborMap, identity: Signer): unknown {
  if (frame['t'] === 'error') throw ofThisKey(frame, identity)
  if (frame['t'] !== 'response') throw fail('ERR_CODEC_FRAME', { why: 'the answer is no response' })
  return frame['output']
}

async function* readItems(channel: FrameChannel, identity: Signer, address: NodeAddress): AsyncIterable<unknown> {
  for (;;) {
    const frame = await answer(channel, address)
    if (frame['t'] === 'end') return
    if (frame['t'] === 'error') throw ofThisKey(frame, identity)
    if (frame['t'] !== 'item') throw fail('ERR_CODEC_FRAME', { why: 'not an item' })
    yield frame['output']
  }
}

/** An error frame; a refusal names our own key, for the hint that says what to run on the node. */
function ofThisKey(frame: CborMap, identity: Signer): HyraxError {
  const error = fromWire(frame['code'], frame['data'])
  return error.code === 'ERR_UNAUTHORIZED' ? fail(error.code, { ...error.data, key: identity.axKey }) : error
}

/** Makes the error again that the node sent as code and data; a code that we do not know is named in the text. */
export function fromWire(code: unknown, data: unknown): HyraxError {
  if (typeof code === 'string' && isErrorCode(code)) return fail(code, errorData(data))
  return fail('ERR_INTERNAL_ERROR', { what: `the node answered ${String(code)}, which this ax does not know` })
}

/** What may stand in a message; the rest of what another machine sent is dropped. */
function errorData(data: unknown): ErrorData {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return {}
  const isText = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value) || value === null
  const isTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
  const members = Object.entries(data as Record<string, unknown>)
  return Object.fromEntries(members.filter(([, value]) => isText(value) || isTexts(value))) as ErrorData
}

interface Timer {
  readonly signal: AbortSignal
  onTimeout(act: (error: Error) => void): void
  stop(): void
}

function startTimer(address: NodeAddress, timeoutMs: number): Timer {
  const controller = new AbortController()
  const timeout = setTimeout(() => {
    controller.abort(fail('ERR_ADMIN_TIMEOUT', { address: address.typed, timeout: `${String(timeoutMs / 1000)} s` }))
  }, timeoutMs)
  return {
    signal: controller.signal,
    onTimeout: (act) => controller.signal.addEventListener('abort', () => act(controller.signal.reason as Error)),
    stop: () => clearTimeout(timeout),
  }
}

/** Libraries under this room throw what they like; what leaves it is a HyraxError. */
function asDialError(error: unknown, address: NodeAddress, signal?: AbortSignal): HyraxError {
  if (signal?.aborted === true && signal.reason instanceof HyraxError) return signal.reason
  if (error instanceof HyraxError) return error
  const inner = (error as { error?: unknown }).error ?? error
  if (inner instanceof HyraxError) return inner
  return fail('ERR_NODE_UNREACHABLE', { address: address.typed, what: explain(inner) }, { cause: inner })
}

function explain(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string }
  return closings[name ?? ''] ?? (code === undefined ? notOurs : describeCause(error))
}

const closed = 'the node closed the connection'
const notOurs = 'what answers there is no admin door of Hyrax, whose port is 4458 unless chosen otherwise'

/** What the libraries call it, and what it means to whoever dialled. */
const closings: Readonly<Record<string, string>> = {
  UnexpectedEOFError: `the other side closed the connection; ${notOurs.replace('what answers there', 'maybe it')}`,
  StreamResetError: closed,
  StreamClosedError: closed,
  StreamStateError: closed,
  ConnectionClosedError: closed,
  UnsupportedProtocolError: notOurs,
}
