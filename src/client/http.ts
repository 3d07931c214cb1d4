import type { IncomingMessage } from 'node:http'
import { fail, HyraxError, limits } from '../base/index.ts'
import { fromUtf8, parseJson } from '../codec/index.ts'
import type { OperationInput, OperationName, OperationOutput } from '../operations/index.ts'
import { fromWire, type AdminConnection } from './admin-connection.ts'
import { describeCause } from './socket.ts'

export interface HttpOptions {
  /** 4457 unless given. */
  readonly port?: number
  readonly timeoutMs: number
}

/**
 * The same operations over the HTTP API of a node on this machine (`FORMATS.md` 6): no keys, no encryption, and none
 * of it while the node requires authentication (`ERR_NODE_MISCONFIGURED`). Opens no connection before the first call.
 */
export function openHttp(host: string, options: HttpOptions): AdminConnection {
  const { port = 4457, timeoutMs } = options
  const door = { host: host.replace(/^\[|\]$/g, ''), port, typed: `http://${host}:${String(port)}`, timeoutMs }
  return {
    peer: null,
    call: (name, input) => callHttp(door, name, input),
    stream: (name, input) => streamHttp(door, name, input),
    greet: async () => {
      const { role, peer } = await callHttp(door, 'status.whoami', {})
      return { role: role as never, node: peer ?? '', agent: '' }
    },
    close: async () => undefined,
  }
}

interface Door {
  readonly host: string
  readonly port: number
  readonly typed: string
  readonly timeoutMs: number
}

async function callHttp<N extends OperationName>(
  door: Door,
  name: N,
  input: OperationInput<N>,
): Promise<OperationOutput<N>> {
  const response = await post(door, name, input)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > limits.adminFrameBytesMax) throw fail('ERR_ADMIN_TOO_LARGE', { limit: limits.adminFrameBytesMax })
    parts.push(part)
  }
  return readEnvelope(fromUtf8(Buffer.concat(parts)), door) as OperationOutput<N>
}

async function* streamHttp<N extends OperationName>(
  door: Door,
  name: N,
  input: OperationInput<N>,
): AsyncIterable<OperationOutput<N>> {
  const response = await post(door, name, input)
  let rest = ''
  for await (const part of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > limits.adminFrameBytesMax) throw fail('ERR_ADMIN_TOO_LARGE', { limit: limits.adminFrameBytesMax })
    for (const line of lines) {
      const item = readEnvelope(line, door)
      if (item !== undefined) yield item as OperationOutput<N>
    }
  }
}

function readEnvelope(text: string, door: Door): unknown {
  const envelope = parseEnvelope(text, door)
  if (envelope['code'] === 'OK') return envelope['result']
  throw fromWire(envelope['code'], envelope['data'])
}

function parseEnvelope(text: string, door: Door): Record<string, unknown> {
  try {
    const value = parseJson(text, { what: 'the answer', bytesMax: limits.adminFrameBytesMax })
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    if (!(error instanceof HyraxError)) throw error
  }
  throw fail('ERR_NODE_UNREACHABLE', { address: door.typed, what: 'what answers there is no HTTP API of Hyrax' })
}

async function post(door: Door, name: string, input: unknown): Promise<IncomingMessage> {
  // Loaded here: the other door is the usual one, and its start is measured.
  const { request: httpRequest } = await import('node:http')
  const body = JSON.stringify(input)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: door.host,
        port: door.port,
        method: 'POST',
        path: `/api/v1/${name}`,
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-hyrax': '1' },
      },
      resolve,
    )
    request.setTimeout(door.timeoutMs, () => {
      const timeout = `${String(door.timeoutMs / 1000)} s`
      request.destroy(fail('ERR_ADMIN_TIMEOUT', { address: door.typed, timeout }))
    })
    request.on('error', (error) => {
      if (error instanceof HyraxError) reject(error)
      else reject(fail('ERR_NODE_UNREACHABLE', { address: door.typed, what: describeCause(error) }, { cause: error }))
    })
    request.end(body)
  })
}
