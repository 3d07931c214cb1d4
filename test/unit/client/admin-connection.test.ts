import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { dialAdmin, identifyNode } from '../../../src/client/index.ts'
import { parseNodeAddress, type CborMap } from '../../../src/codec/index.ts'
import { identityFromSeed } from '../../../src/keys/index.ts'
import { openAdminDoor, type DoorScript } from '../../helpers/admin-door.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'

const identity = identityFromSeed(new Uint8Array(32).fill(3))
const parts = { identity }
const options = { timeoutMs: 5_000 }
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function door(script: DoorScript = {}) {
  const opened = await openAdminDoor(script)
  cleanups.push(() => opened.stop())
  return opened
}

async function dial(address: string, more: Partial<Parameters<typeof dialAdmin>[2]> = {}) {
  const admin = await dialAdmin(parseNodeAddress(address), parts, { ...options, ...more })
  cleanups.push(() => admin.close())
  return admin
}

const echo = { answer: ({ op, input }: CborMap) => [{ t: 'response', output: { op: op ?? '', input: input ?? null } }] }

describe('dialAdmin', () => {
  it('calls an operation of a stock libp2p host over TCP', async () => {
    const { address, peer } = await door(echo)
    const admin = await dial(address)
    expect(admin.peer).toBe(peer)
    expect(await admin.call('swarms.ping', { peer: 'x' })).toEqual({ op: 'swarms.ping', input: { peer: 'x' } })
  })

  it('calls over a Unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hyrax-client-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const unix = `/unix/${encodeURIComponent(join(directory, 'axd.sock'))}`
    await door({ ...echo, listen: [unix] })
    const admin = await dial(unix)
    expect(await admin.call('nodes.id', {})).toEqual({ op: 'nodes.id', input: {} })
  })

  it('shows its own identity, proven', async () => {
    const seen: string[] = []
    const { address } = await door({ answer: (_, peer) => (seen.push(peer), [{ t: 'response', output: {} }]) })
    await (await dial(address)).call('nodes.id', {})
    expect(seen).toEqual([identity.peer])
  })

  it('runs several calls at once on one connection', async () => {
    const { address } = await door(echo)
    const admin = await dial(address)
    const inputs = ['a', 'b', 'c', 'd', 'e']
    const answers = await Promise.all(inputs.map((peer) => admin.call('swarms.ping', { peer })))
    expect(answers.map((answer) => (answer as unknown as { input: { peer: string } }).input.peer)).toEqual(inputs)
  })

  it('leaves out members that are undefined', async () => {
    const { address, requests } = await door(echo)
    const admin = await dial(address)
    await admin.call('teams.close', { team: 'x', reason: undefined })
    expect(requests[0]?.['input']).toEqual({ team: 'x' })
  })

  it('carries a megabyte both ways', async () => {
    const { address } = await door(echo)
    const bundle = 'x'.repeat(1_000_000)
    const answer = await (await dial(address)).call('devices.add', { bundle, name: 'n' })
    expect((answer as unknown as { input: { bundle: string } }).input.bundle).toHaveLength(bundle.length)
  })

  it('has sent nothing after Noise when the identity is not accepted', async () => {
    const { address, requests, connections } = await door(echo)
    const refused = new Error('not this one')
    await expect(
      dial(address, {
        onIdentity: () => {
          throw refused
        },
      }),
    ).rejects.toBe(refused)
    expect(requests).toEqual([])
    expect(connections).toEqual([])
  })

  it('stops at another identity than the pinned one', async () => {
    const { address, peer } = await door(echo)
    await expectCodeLater('ERR_NODE_AUTH', dial(`${address}/p2p/${identity.peer}`))
    await expectCodeLater('ERR_NODE_AUTH', dial(address, { expectPeer: identity.peer }))
    await expect(dial(`${address}/p2p/${peer}`)).resolves.toBeDefined()
  })

  it('gives the code of a refusal, with our own key for the hint', async () => {
    const { address, requests } = await door({ verdict: { t: 'verdict', ok: false, code: 'ERR_UNAUTHORIZED' } })
    const admin = await dial(address)
    const error = await expectCodeLater('ERR_UNAUTHORIZED', admin.call('nodes.id', {}))
    expect(error.hint).toContain(identity.axKey)
    expect(requests).toEqual([])
    await expectCodeLater('ERR_UNAUTHORIZED', admin.greet())
  })

  it('gives code and data of an error frame', async () => {
    const error = { t: 'error', code: 'ERR_SETTINGS_UNKNOWN_SCOPE', data: { scope: 'a/b', what: '.' } }
    const { address } = await door({ answer: () => [error] })
    const admin = await dial(address)
    const thrown = await expectCodeLater('ERR_SETTINGS_UNKNOWN_SCOPE', admin.call('settings.get', { scope: 'a/b' }))
    expect(thrown.data).toMatchObject({ scope: 'a/b' })
  })

  it('names a code that this build does not know', async () => {
    const { address } = await door({ answer: () => [{ t: 'error', code: 'ERR_FROM_TOMORROW', data: {} }] })
    const admin = await dial(address)
    const thrown = await expectCodeLater('ERR_INTERNAL_ERROR', admin.call('nodes.id', {}))
    expect(thrown.message).toContain('ERR_FROM_TOMORROW')
  })

  it('greets', async () => {
    const { address } = await door()
    expect(await (await dial(address)).greet()).toEqual({ role: 'admin', node: 'door', agent: 'test' })
  })
})

describe('stream', () => {
  const items = (count: number) => Array.from({ length: count }, (_, n) => ({ t: 'item', output: { n } }))

  it('yields items until the end frame', async () => {
    const { address } = await door({ answer: () => [...items(100), { t: 'end' }] })
    const got: unknown[] = []
    for await (const item of (await dial(address)).stream('watch', {})) got.push(item)
    expect(got).toHaveLength(100)
  })

  it('fails when the stream ends without an end frame', async () => {
    const { address } = await door({ answer: () => items(2) })
    const admin = await dial(address)
    const reading = (async () => {
      for await (const _ of admin.stream('watch', {}));
    })()
    await expectCodeLater('ERR_NODE_UNREACHABLE', reading)
  })

  it('can be left in the middle, and the connection goes on', async () => {
    const { address } = await door({
      answer: ({ op }) => (op === 'watch' ? items(3).concat() : [{ t: 'response', output: { peer: 'p' } }]),
    })
    const admin = await dial(address)
    for await (const _ of admin.stream('watch', {})) break
    expect(await admin.call('nodes.id', {})).toEqual({ peer: 'p' })
  })
})

describe('what goes wrong on the way', () => {
  it('says that nothing listens', async () => {
    await expectCodeLater('ERR_NODE_UNREACHABLE', dial('/ip4/127.0.0.1/tcp/1'))
    await expectCodeLater('ERR_NODE_UNREACHABLE', dial('/unix/%2Ftmp%2Fno-such-hyrax.sock'))
  })

  it('gives up on a silent port after its time', async () => {
    const { address } = await rawServer(() => undefined)
    await expectCodeLater('ERR_ADMIN_TIMEOUT', dial(address, { timeoutMs: 200 }))
  })

  it('gives up on a silent operation after its time', async () => {
    const { address } = await door({ answer: () => undefined })
    const admin = await dial(address, { timeoutMs: 300 })
    await expectCodeLater('ERR_ADMIN_TIMEOUT', admin.call('nodes.id', {}))
  })

  it('says that a port speaks something else', async () => {
    const { address } = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const error = await expectCodeLater('ERR_NODE_UNREACHABLE', dial(address))
    expect(error.message).toMatch(/no admin door of Hyrax|closed the connection/)
  })

  it('says that the other side hung up', async () => {
    const { address } = await rawServer((socket) => socket.destroy())
    await expectCodeLater('ERR_NODE_UNREACHABLE', dial(address))
  })

  it('fails when the node resets the stream', async () => {
    const { address } = await door({ answer: () => 'reset' })
    const admin = await dial(address)
    await expectCodeLater('ERR_NODE_UNREACHABLE', admin.call('nodes.id', {}))
  })

  it('fails when the node aborts the connection under a call', async () => {
    const opened = await door({ answer: () => undefined })
    const admin = await dial(opened.address)
    const call = expectCodeLater('ERR_NODE_UNREACHABLE', admin.call('nodes.id', {}))
    await expect.poll(() => opened.requests.length).toBe(1)
    opened.connections[0]?.abort(new Error('revoked'))
    await call
  })
})

describe('identifyNode', () => {
  it('learns who answers and opens nothing', async () => {
    const { address, peer, requests } = await door(echo)
    expect((await identifyNode(parseNodeAddress(address), parts, options)).peer).toBe(peer)
    expect(requests).toEqual([])
  })
})

async function rawServer(onSocket: (socket: Socket) => void): Promise<{ server: Server; address: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => server.close())
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return { server, address: `/ip4/127.0.0.1/tcp/${String(port)}` }
}

describe('a hostile node', () => {
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

  it.each([
    ['a frame of 4 GiB', 'ffffffffa1'],
    ['an empty frame', '00000000'],
    ['a map with unsorted keys', '00000007a26162016161' + '02'],
    ['an array', '0000000180'],
    ['half a frame', '00000010a1'],
    ['no verdict', '00000005a161746178'],
  ])('that sends %s is left with a code', async (_, hex) => {
    const { address } = await door({ raw: bytes(hex) })
    const admin = await dial(address)
    await expectCodeLater('ERR_CODEC_FRAME', admin.call('nodes.id', {}))
  })

  it('that sends nothing is one that went away', async () => {
    const { address } = await door({ raw: bytes('') })
    const admin = await dial(address)
    await expectCodeLater('ERR_NODE_UNREACHABLE', admin.call('nodes.id', {}))
  })

  it('cannot put what is no text into a message', async () => {
    const data = { scope: { evil: true }, what: ['a', 'b'], hint: [1], __proto__x: 'x' }
    const { address } = await door({ answer: () => [{ t: 'error', code: 'ERR_SETTINGS_UNKNOWN_SCOPE', data }] })
    const admin = await dial(address)
    const error = await expectCodeLater('ERR_SETTINGS_UNKNOWN_SCOPE', admin.call('settings.get', { scope: 'x' }))
    expect(error.data).toEqual({ what: ['a', 'b'], __proto__x: 'x' })
  })

  it('cannot answer with something else than a response', async () => {
    const { address } = await door({ answer: () => [{ t: 'item', output: 1 }] })
    const admin = await dial(address)
    await expectCodeLater('ERR_CODEC_FRAME', admin.call('nodes.id', {}))
  })

  it('cannot fill our memory with items that nobody reads', async () => {
    const output = 'x'.repeat(60_000)
    const { address } = await door({
      answer: () => Array.from({ length: 200 }, () => ({ t: 'item', output })),
    })
    const admin = await dial(address)
    let items = 0
    for await (const _ of admin.stream('watch', {})) {
      if (++items === 5) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(items).toBe(5)
  })
})
