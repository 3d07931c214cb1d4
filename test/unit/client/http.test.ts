import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { openHttp } from '../../../src/client/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

async function api(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  timeoutMs = 5_000,
) {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => answer(request, body, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => (server.closeAllConnections(), server.close()))
  const bound = server.address()
  return openHttp('127.0.0.1', { port: typeof bound === 'object' && bound !== null ? bound.port : 0, timeoutMs })
}

describe('openHttp', () => {
  it('posts the input with the header that browsers cannot send', async () => {
    const seen: unknown[] = []
    const admin = await api(({ method, url, headers }, body, response) => {
      seen.push({ method, url, body, mark: headers['x-hyrax'], type: headers['content-type'] })
      response.end('{"code":"OK","result":{"peer":"p"}}')
    })
    expect(admin.peer).toBeNull()
    expect(await admin.call('swarms.ping', { peer: 'x' })).toEqual({ peer: 'p' })
    expect(seen).toEqual([
      { method: 'POST', url: '/api/v1/swarms.ping', body: '{"peer":"x"}', mark: '1', type: 'application/json' },
    ])
  })

  it('makes the error again that the node said', async () => {
    const admin = await api((_, __, response) => {
      response.writeHead(403).end('{"code":"ERR_NODE_MISCONFIGURED","message":"whatever stands here"}')
    })
    const error = await expectCodeLater('ERR_NODE_MISCONFIGURED', admin.call('nodes.id', {}))
    expect(error.message).toMatch(/^Node HTTP API is not available/)
  })

  it('reads a stream line by line', async () => {
    const admin = await api((_, __, response) => {
      response.write('{"code":"OK","result":{"n":1}}\n{"code":"OK",')
      response.end('"result":{"n":2}}\n{"code":"OK"}\n')
    })
    const items: unknown[] = []
    for await (const item of admin.stream('watch', {})) items.push(item)
    expect(items).toEqual([{ n: 1 }, { n: 2 }])
  })

  it.each([['<html>'], ['[]'], ['{"code":"OK","code":"OK"}'], ['']])('is not fooled by %j', async (body) => {
    const admin = await api((_, __, response) => response.end(body))
    await expectCodeLater('ERR_NODE_UNREACHABLE', admin.call('nodes.id', {}))
  })

  it('stops reading an answer without end', async () => {
    const admin = await api((_, __, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    await expectCodeLater('ERR_ADMIN_TOO_LARGE', admin.call('nodes.id', {}))
  })

  it('gives up on silence, and says when nothing listens', async () => {
    const silent = await api(() => undefined, 200)
    await expectCodeLater('ERR_ADMIN_TIMEOUT', silent.call('nodes.id', {}))
    await expectCodeLater(
      'ERR_NODE_UNREACHABLE',
      openHttp('127.0.0.1', { port: 1, timeoutMs: 500 }).call('nodes.id', {}),
    )
  })
})
