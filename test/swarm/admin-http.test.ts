import { request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openHttp } from '../../src/client/index.ts'
import { generateIdentity, systemRandom } from '../../src/keys/index.ts'
import { operations } from '../../src/operations/index.ts'
import { itemsOf, listed, startAdminNode, type AdminNode } from '../helpers/admin-node.ts'

const running: AdminNode[] = []

async function start(rules: Parameters<typeof startAdminNode>[0] = {}): Promise<AdminNode> {
  const node = await startAdminNode(rules)
  running.push(node)
  return node
}

afterEach(async () => {
  for (const node of running.splice(0)) await node.stop()
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Ask {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
}

const callHeaders = { 'content-type': 'application/json', 'x-hyrax': '1' }

function ask(node: AdminNode, { method = 'POST', path = '/api/v1/nodes.id', headers = callHeaders, body = '{}' }: Ask) {
  const [host, port] = node.http.split(':')
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ host, port, method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(method === 'GET' || method === 'HEAD' ? undefined : body)
  })
}

/** Bytes as they are, for what no client library would send. The status of the answer; 0 where the socket just closed. */
function askRaw(node: AdminNode, text: string): Promise<number> {
  const [host = '', port] = node.http.split(':')
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(port), host, () => socket.write(text))
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('data', (part) => {
      answer += part.toString('latin1')
      if (answer.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)))
    socket.on('end', () => socket.destroy())
  })
}

const misconfigured =
  'Node HTTP API is not available, if setting `com.actyx.os/general/requireAuthentication` is set to true. Consider using the experimental API on port 4458 instead.'

describe('HTTP on loopback', () => {
  it('runs an operation and answers in one envelope', async () => {
    const node = await start()
    const answer = await ask(node, {})
    expect(answer).toMatchObject({ status: 200, text: '{"code":"OK","result":{"name":"nodes.id"}}' })
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    expect(node.handled[0]?.context.caller).toMatchObject({ peer: null, door: 'http', role: 'admin' })
  })

  it('is what `ax --local HOST` speaks, streams too', async () => {
    const node = await start()
    const item = { at: '', topic: 'peers', event: 'welcomed', data: {} }
    node.items = () => itemsOf([item, item])
    const http = openHttp('127.0.0.1', { port: Number(node.http.split(':')[1]), timeoutMs: 5_000 })
    expect(await http.call('settings.get', { scope: '.' })).toEqual({ name: 'settings.get' })
    const seen: unknown[] = []
    for await (const one of http.stream('watch', {})) seen.push({ ...one })
    expect(seen).toEqual([item, item])
  })

  it('says with code, text and status what went wrong', async () => {
    const node = await start()
    const codeOf = async (given: Ask) => {
      const { status, text } = await ask(node, given)
      return [status, (JSON.parse(text) as { code: string }).code]
    }
    expect(await codeOf({ path: '/api/v1/no.such' })).toEqual([404, 'ERR_ADMIN_NOT_FOUND'])
    expect(await codeOf({ path: '/api/v1/__proto__' })).toEqual([404, 'ERR_ADMIN_NOT_FOUND'])
    expect(await codeOf({ body: '{"a":1}' })).toEqual([400, 'ERR_INVALID_INPUT'])
    expect(await codeOf({ body: '{"a":1,"a":1}' })).toEqual([400, 'ERR_CODEC_JSON'])
    expect(await codeOf({ body: '{"__proto__":1}' })).toEqual([400, 'ERR_CODEC_JSON'])
    expect(await codeOf({ body: `"${'x'.repeat(1_048_577)}"` })).toEqual([413, 'ERR_ADMIN_TOO_LARGE'])
    expect(await codeOf({ method: 'GET' })).toEqual([404, 'ERR_ADMIN_NOT_FOUND'])
    expect(node.handled).toEqual([])
  })

  it('prints OpenAPI from the table', async () => {
    const node = await start()
    const { status, text } = await ask(node, { method: 'GET', path: '/api/v1/openapi.json', headers: {} })
    const page = JSON.parse(text) as { openapi: string; paths: Record<string, unknown> }
    expect([status, page.openapi]).toEqual([200, '3.1.0'])
    expect(Object.keys(page.paths)).toEqual(Object.keys(operations).map((name) => `/api/v1/${name}`))
  })
})

describe('a page in the browser', () => {
  it('sec/H1 gets nothing under a name that was pointed at loopback', async () => {
    const node = await start()
    const port = node.http.split(':')[1] ?? ''
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      `localhost.evil.example:${port}`,
      `127.0.0.1.nip.io:${port}`,
    ]
    const odd = [
      'localhost',
      `localhost.:${port}`,
      `LOCALHOST:${port}x`,
      `[::ffff:127.0.0.1]:${port}`,
      `0.0.0.0:${port}`,
    ]
    for (const host of [...foreign, ...odd]) {
      expect((await ask(node, { headers: { ...callHeaders, host } })).status, host).toBe(403)
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await ask(node, { headers: { ...callHeaders, host } })).status, host).toBe(200)
    }
    expect(node.handled).toHaveLength(3)
  })

  it('sec/H2 has no effect across sites', async () => {
    const node = await start()
    const port = node.http.split(':')[1] ?? ''
    const statusOf = async (headers: Record<string, string>) => (await ask(node, { headers })).status
    for (const origin of ['http://evil.example', 'null', `https://localhost:${port}`, 'http://localhost']) {
      expect(await statusOf({ ...callHeaders, origin }), origin).toBe(403)
    }
    const foreign = await ask(node, { headers: { ...callHeaders, origin: 'http://evil.example' } })
    expect(JSON.stringify(foreign)).toContain('ERR_ADMIN_HOST')
    expect(await statusOf({ ...callHeaders, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await statusOf({ 'content-type': 'application/json' })).toBe(400)
    expect(await statusOf({ 'x-hyrax': '1', 'content-type': 'text/plain' })).toBe(400)
    expect(await statusOf({ 'x-hyrax': '1', 'content-type': 'application/x-www-form-urlencoded' })).toBe(400)
    const preflight = await ask(node, { method: 'OPTIONS', headers: { origin: 'http://evil.example' } })
    expect(preflight.status).toBe(403)
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    const upgrade = `GET /api/v1/watch HTTP/1.1\r\nHost: ${node.http}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`
    expect(await askRaw(node, upgrade)).toBe(404)
    expect(node.handled).toEqual([])
  })

  it('sec/H5 fuzz/FZ9 gets 4xx for odd paths and framing, never 5xx, and runs nothing', async () => {
    const node = await start()
    const line = (target: string) =>
      `POST ${target} HTTP/1.1\r\nHost: ${node.http}\r\nX-Hyrax: 1\r\nConnection: close\r\n`
    const json = 'Content-Type: application/json\r\n'
    const targets = [
      '/api/v1/../v1/nodes.id',
      '/api/v1/%6eodes.id',
      '/api/v1/%2e%2e/nodes.id',
      '//api/v1/nodes.id',
      '/api//v1/nodes.id',
      '/api/v1/nodes.id/',
      '/api/v1/nodes.id?x=1',
      '/api/v1/nodes.id#x',
      '/api/v1/nodes.id%00',
      `http://${node.http}/api/v1/nodes.id`,
      'http://evil.example/api/v1/nodes.id',
      '*',
      '/',
      '/api/v1/Nodes.id',
      '/api/v1/constructor',
    ]
    const odd = [
      `${line('/api/v1/nodes.id')}${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}${json}Content-Length: -1\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}Host: ${node.http}\r\n${json}Content-Length: 2\r\n\r\n{}`,
      `POST /api/v1/nodes.id HTTP/1.1\r\nX-Hyrax: 1\r\n${json}Content-Length: 2\r\nConnection: close\r\n\r\n{}`,
      `POST /api/v1/nodes.id HTTP/1.0\r\nX-Hyrax: 1\r\n${json}Content-Length: 2\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}X-Hyrax: 1\r\n${json}Content-Length: 2\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}${json}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
      `${line('/api/v1/nodes.id')}${json}Big: ${'x'.repeat(20_000)}\r\nContent-Length: 2\r\n\r\n{}`,
      `CONNECT evil.example:80 HTTP/1.1\r\nHost: ${node.http}\r\n\r\n`,
      `BREW /api/v1/nodes.id HTTP/1.1\r\nHost: ${node.http}\r\n\r\n`,
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      '\r\n\r\n\x00\r\n\r\n',
    ]
    const requests = [...targets.map((target) => `${line(target)}${json}Content-Length: 2\r\n\r\n{}`), ...odd]
    for (const text of requests) {
      const status = await askRaw(node, text)
      expect(status === 0 || (status >= 400 && status < 500), `${text.slice(0, 80)} gave ${String(status)}`).toBe(true)
    }
    expect(node.handled).toEqual([])
    expect((await ask(node, {})).status).toBe(200)
  })
})

describe('while authentication is required', () => {
  it("sec/A8 every route and method answers with the seed's line and nothing else", async () => {
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(generateIdentity(systemRandom))] })
    const paths = [
      ...Object.keys(operations).map((name) => `/api/v1/${name}`),
      '/api/v1/openapi.json',
      '/',
      '/a/../b',
      '/no',
    ]
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const { status, text } = await ask(node, { path, method, headers: { host: 'evil.example' } })
        expect([status, text]).toEqual([
          403,
          JSON.stringify({ code: 'ERR_NODE_MISCONFIGURED', message: misconfigured }),
        ])
      }
      expect((await ask(node, { path, method: 'HEAD' })).status).toBe(403)
    }
    expect(node.handled).toEqual([])
  })

  it('closes every HTTP socket in the step that shuts the door', async () => {
    const node = await start()
    node.items = async function* ({ signal }) {
      yield { at: '', topic: 'peers', event: 'first', data: {} }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const http = openHttp('127.0.0.1', { port: Number(node.http.split(':')[1]), timeoutMs: 5_000 })
    const watch = http.stream('watch', {})[Symbol.asyncIterator]()
    await watch.next()
    const owner = generateIdentity(systemRandom)
    node.rules = { ...node.rules, requireAuthentication: true, authorizedKeys: [listed(owner)] }
    expect(node.doors.applyRules()).toEqual(['The HTTP API is closed while authentication is required.'])
    expect(node.doors.applyRules()).toEqual([])
    await expect(watch.next()).rejects.toThrow()
    await expect.poll(() => node.handled[0]?.context.signal.aborted).toBe(true)
    expect((await ask(node, {})).status).toBe(403)
  })
})

describe('slow and many', () => {
  it('sec/H4 drops sockets beyond the limit and goes on serving', async () => {
    const node = await start()
    const [host = '', port] = node.http.split(':')
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), host).on('error', () => undefined))
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
    )
    // Node accepts, counts, and drops: what stays open is bounded.
    for (const socket of sockets) socket.resume()
    await expect.poll(() => sockets.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(64)
    for (const socket of sockets) socket.destroy()
    await expect.poll(async () => (await ask(node, {}).catch(() => ({ status: 0 }))).status).toBe(200)
  })
})
