import { getRequestListener } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DoorAdmission, DoorVisitor } from '../access/index.ts'
import { asHyraxError, fail, limits, type HyraxError, type Log, type Refusal } from '../base/index.ts'
import { parseJson, type JsonValue } from '../codec/index.ts'
import { answerHeaders, failureHeaders, failureLine, httpStatus, successLine } from './http-envelope.ts'
import { callProblem, requestProblem } from './http-guard.ts'
import { openApiDocument } from './openapi.ts'
import { callError, type CallResult, type OperationCalls } from './operation-call.ts'
import { isOperationName } from '../operations/index.ts'

export interface HttpDoorParts {
  readonly log: Log
  readonly agent: string
  readonly calls: OperationCalls
  readonly judge: (visitor: DoorVisitor) => DoorAdmission | Refusal
}

/** HTTP on loopback: the third door to the same table (`FORMATS.md` 6). It proves no identity. */
export interface HttpDoor {
  /** `ERR_PORT_COLLISION` names the address. */
  start(): Promise<void>
  stop(): Promise<void>
  /** `http://127.0.0.1:4457`, one for each listener. */
  addresses(): string[]
  /** Where the door is shut now, ends every socket; those that come later hear why. True where it is shut. */
  rejudge(): boolean
}

type Env = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }

export function createHttpDoor(parts: HttpDoorParts, bind: readonly { host: string; port: number }[]): HttpDoor {
  const app = createApp(parts)
  const servers = bind.map((address) => ({ address, server: createHardenedServer(parts, app) }))
  return {
    async start() {
      for (const { address, server } of servers) await listen(server, address.host, address.port)
    },
    async stop() {
      await Promise.all(servers.map(({ server }) => closeServer(server)))
    },
    addresses: () => servers.flatMap(({ server }) => addressOf(server)),
    rejudge() {
      const isShut = parts.judge(httpVisitor).kind === 'refuse'
      if (isShut) for (const { server } of servers) server.closeAllConnections()
      return isShut
    },
  }
}

const httpVisitor: DoorVisitor = { peer: null, door: 'http', source: '127.0.0.1' }

/** Node's server with the bounds of `SECURITY.md` 6, judged and guarded before Hono sees a request. */
function createHardenedServer({ judge }: HttpDoorParts, app: Hono<Env>): Server {
  const route = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer(
    {
      maxHeaderSize: limits.httpHeaderBytesMax,
      headersTimeout: limits.httpHeaderMsMax,
      requestTimeout: limits.httpRequestMsMax,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 5_000,
      insecureHTTPParser: false,
    },
    (request, response) => {
      const verdict = judge({ ...httpVisitor, source: request.socket.remoteAddress ?? '' })
      // With required authentication the door has no handlers behind it: whatever is asked, this is the answer.
      if (verdict.kind === 'refuse') refuseRequest(response, fail(verdict.code))
      else {
        const problem = requestProblem(request, request.socket.localPort ?? 0)
        if (problem !== undefined) refuseRequest(response, problem)
        else void route(request, response)
      }
    },
  )
  server.maxConnections = limits.httpSocketsMax
  server.on('checkContinue', (_, response: ServerResponse) => {
    refuseRequest(response, fail('ERR_INVALID_INPUT', { what: 'Expect is not served' }))
  })
  return server
}

function createApp(parts: HttpDoorParts): Hono<Env> {
  const app = new Hono<Env>()
  let openApi: string | undefined
  app.get('/api/v1/openapi.json', () => {
    openApi ??= JSON.stringify(openApiDocument(parts.agent.split('/')[1] ?? '0'))
    return new Response(openApi, { headers: answerHeaders })
  })
  app.post('/api/v1/:operation', (context) => answerCall(parts, context))
  app.notFound(() => failure(fail('ERR_ADMIN_NOT_FOUND', { what: 'this path' })))
  app.onError((error) => failure(callError(error, parts.log)))
  return app
}

async function answerCall({ calls, log, judge }: HttpDoorParts, context: Context<Env>): Promise<Response> {
  const { incoming } = context.env
  const problem = callProblem(incoming)
  if (problem !== undefined) return failure(problem)
  const name = context.req.param('operation') ?? ''
  const input = await readBody(incoming)
  if (!isOperationName(name)) throw fail('ERR_ADMIN_NOT_FOUND', { what: name })
  const source = incoming.socket.remoteAddress ?? ''
  // Judged again: the body may have taken its time, and the door may have closed meanwhile.
  const verdict = judge({ ...httpVisitor, source })
  if (verdict.kind === 'refuse') return failure(fail(verdict.code))
  const caller = { peer: null, door: 'http', source, role: verdict.role, because: verdict.because } as const
  const result = calls.start(name, input, { caller, signal: closedSignal(context.env.outgoing) })
  return result.kind === 'output' ? success(await result.output) : jsonLines(result, log)
}

/** The body as strict JSON; nothing counts as `{}`. Bounded before it is held. */
async function readBody(incoming: IncomingMessage): Promise<JsonValue> {
  const tooLarge = () => fail('ERR_ADMIN_TOO_LARGE', { limit: `${limits.adminFrameBytesMax} bytes` })
  if (Number(incoming.headers['content-length'] ?? 0) > limits.adminFrameBytesMax) throw tooLarge()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of incoming as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > limits.adminFrameBytesMax) throw tooLarge()
    parts.push(part)
  }
  if (size === 0) return Object.create(null) as JsonValue
  const bytes = new Uint8Array(Buffer.concat(parts))
  return parseJson(bytes, { what: 'The request', bytesMax: limits.adminFrameBytesMax, numbers: 'any' })
}

/** Items as JSON Lines; the last line has the code alone. */
function jsonLines(result: CallResult & { kind: 'items' }, log: Log): Response {
  const encoder = new TextEncoder()
  const lines = linesOf(result, log)
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await lines.next()
      if (next.done === true) controller.close()
      else controller.enqueue(encoder.encode(`${next.value}\n`))
    },
    async cancel() {
      await lines.return(undefined)
    },
  })
  return new Response(body, { headers: answerHeaders })
}

async function* linesOf(result: CallResult & { kind: 'items' }, log: Log): AsyncGenerator<string, undefined> {
  try {
    for await (const item of result.items) yield successLine(item)
    yield '{"code":"OK"}'
  } catch (thrown) {
    yield failureLine(callError(thrown, log))
  }
}

function success(output: Parameters<typeof successLine>[0]): Response {
  return new Response(successLine(output), { headers: answerHeaders })
}

function failure(error: HyraxError): Response {
  const status = httpStatus(error.code)
  return new Response(failureLine(error), { status, headers: failureHeaders(status) })
}

function refuseRequest(response: ServerResponse, error: HyraxError): void {
  const status = httpStatus(error.code)
  // What follows on this socket may be the rest of a body that nobody will read.
  response.writeHead(status, { ...failureHeaders(status), Connection: 'close' })
  response.end(failureLine(error))
}

function closedSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController()
  outgoing.once('close', () => {
    controller.abort()
  })
  return controller.signal
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'EADDRINUSE' ? 'the address is in use' : asHyraxError(error).message
      reject(fail('ERR_PORT_COLLISION', { address: `http://${host}:${port}`, what }, { cause: error }))
    })
    server.listen({ host, port, exclusive: true }, () => {
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
}

function addressOf(server: Server): string[] {
  const address = server.address() as AddressInfo | null
  if (address === null) return []
  return [`http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`]
}
