import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile, mkdir, chmod } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parseNodeAddress } from '../../src/codec/index.ts'
import { dialAdmin } from '../../src/client/index.ts'
import { generateIdentity, systemRandom } from '../../src/keys/index.ts'
import { operations } from '../../src/operations/index.ts'
import { hasIpv6, listed, startAdminNode, type AdminNode } from '../helpers/admin-node.ts'

const options = { timeoutMs: 10_000 }
const running: { stop(): Promise<void> }[] = []

async function start(rules: Parameters<typeof startAdminNode>[0] = {}): Promise<AdminNode> {
  const node = await startAdminNode(rules)
  running.push(node)
  return node
}

async function dial(node: AdminNode, identity = generateIdentity(systemRandom), at: 'tcp' | 'unix' = 'tcp') {
  const admin = await dialAdmin(node[at], { identity }, options)
  running.unshift({ stop: () => admin.close().catch(() => undefined) })
  return admin
}

afterEach(async () => {
  for (const thing of running.splice(0)) await thing.stop()
})

describe('the admin stream', () => {
  it('speaks first: who it is, and which role the key has', async () => {
    const node = await start()
    const admin = await dial(node)
    expect(await admin.greet()).toEqual({ role: 'admin', node: node.identity.peer, agent: 'hyrax/0.0.0' })
  })

  it.each(['tcp', 'unix'] as const)('runs an operation with its defaults filled, over %s', async (at) => {
    const node = await start()
    const admin = await dial(node, undefined, at)
    const answer = await admin.call('settings.get', { scope: '.' })
    expect(answer).toEqual({ name: 'settings.get' })
    expect(node.handled.map(({ input }) => input)).toEqual([{ scope: '.', defaults: true }])
    expect(node.handled[0]?.context.caller.door).toBe(at)
  })

  it.skipIf(!hasIpv6)('answers on IPv6 too', async () => {
    const node = await start()
    const address = node.doors.addresses().admin.find((text) => text.startsWith('/ip6/')) ?? ''
    const identity = generateIdentity(systemRandom)
    const admin = await dialAdmin(parseNodeAddress(address), { identity }, options)
    await admin.call('nodes.id', {})
    expect(node.handled[0]?.context.caller).toMatchObject({ door: 'tcp', source: '::1', peer: identity.peer })
    await admin.close()
  })

  it('streams items, and ends the handler when the caller leaves', async () => {
    const node = await start()
    node.items = async function* ({ signal }) {
      for (let at = 0; !signal.aborted; at++) yield { at: '', topic: 'peers', event: String(at), data: {} }
    }
    const admin = await dial(node)
    const seen: string[] = []
    for await (const item of admin.stream('watch', {})) {
      seen.push(item.event)
      if (seen.length === 50) break
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
    await expect.poll(() => node.handled[0]?.context.signal.aborted).toBe(true)
  })

  it('says with pointers what is wrong with an input, and runs nothing', async () => {
    const node = await start()
    const admin = await dial(node)
    const wrong = admin.call('settings.get', { scope: 7, more: true } as never)
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT', data: { pointers: ['/scope', ''] } })
    expect(node.handled).toEqual([])
  })

  it('passes on code and data of a failure', async () => {
    const node = await start()
    node.answer = () => {
      throw Object.assign(new TypeError('boom'))
    }
    const admin = await dial(node)
    await expect(admin.call('nodes.id', {})).rejects.toMatchObject({ code: 'ERR_INTERNAL_ERROR' })
    await expect(admin.call('no.such' as never, {} as never)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('refuses an answer that fits no frame, and lives', async () => {
    const node = await start()
    node.answer = () => ({ text: 'x'.repeat(1_100_000) })
    const admin = await dial(node)
    await expect(admin.call('nodes.id', {})).rejects.toMatchObject({ code: 'ERR_ADMIN_TOO_LARGE' })
    node.answer = () => new Array(20_000).fill(1)
    await expect(admin.call('nodes.id', {})).rejects.toMatchObject({ code: 'ERR_ADMIN_TOO_LARGE' })
    node.answer = () => ({ ms: 1.4, absent: undefined })
    expect(await admin.call('nodes.id', {})).toEqual({ ms: 1 })
  })

  it('tells one stream too many that it is busy', async () => {
    const node = await start()
    node.items = async function* ({ signal }) {
      yield { at: '', topic: 'peers', event: 'open', data: {} }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const admin = await dial(node)
    const open = Array.from({ length: 10 }, () => admin.stream('watch', {})[Symbol.asyncIterator]())
    for (const stream of open) await stream.next()
    await expect(admin.greet()).rejects.toMatchObject({ code: 'ERR_ADMIN_BUSY' })
    await Promise.all(open.map(async (stream) => stream.return?.(undefined)))
  })
})

describe('who may ask', () => {
  it('sec/A4 with required authentication handles nothing of an unlisted key, whatever it asks', async () => {
    const owner = generateIdentity(systemRandom)
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(owner)] })
    const codes = new Set<string>()
    for (const name of [...Object.keys(operations), 'no.such']) {
      const stranger = await dial(node, undefined, 'unix')
      await stranger.call(name as never, {} as never).catch((error: { code: string }) => codes.add(error.code))
      await stranger.close()
    }
    expect([...codes]).toEqual(['ERR_UNAUTHORIZED'])
    expect(node.handled).toEqual([])
    expect(node.refused).toHaveLength(Object.keys(operations).length + 1)
  })

  it('lets the listed key in, and gives a reader no more than reading', async () => {
    const reader = generateIdentity(systemRandom)
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(reader, { role: 'reader' })] })
    const admin = await dial(node, reader)
    expect((await admin.greet()).role).toBe('reader')
    await admin.call('nodes.id', {})
    await expect(admin.call('settings.unset', { scope: '.' })).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
      data: { key: reader.axKey, because: 'role reader' },
    })
    await expect(admin.call('no.such' as never, {} as never)).rejects.toMatchObject({ code: 'ERR_UNAUTHORIZED' })
    expect(node.handled.map(({ name }) => name)).toEqual(['nodes.id'])
  })

  it('sec/A10 cuts a live session when its key is taken off, and handles nothing after', async () => {
    const owner = generateIdentity(systemRandom)
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(owner)] })
    const admin = await dial(node, owner)
    node.answer = (_, __, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({})))
    const waiting = admin.call('nodes.id', {})
    await expect.poll(() => node.handled.length).toBe(1)
    node.rules = { ...node.rules, authorizedKeys: [] }
    expect(node.doors.rejudge().cut).toEqual([owner.peer])
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_NODE_UNREACHABLE' })
    await expect(admin.call('nodes.id', {})).rejects.toThrow()
    expect(node.handled).toHaveLength(1)
    expect(node.doors.sessions()).toEqual([])
  })

  it('sec/A10 ends a session in the second in which its key expires', async () => {
    const owner = generateIdentity(systemRandom)
    const node = await start({ requireAuthentication: true })
    const expiresAt = Math.ceil(Date.now() / 1_000) * 1_000 + 1_000
    node.rules = { ...node.rules, authorizedKeys: [listed(owner, { expires: 'soon', expiresAt })] }
    const admin = await dial(node, owner)
    await admin.call('nodes.id', {})
    node.nowMs = expiresAt
    await expect.poll(() => node.doors.sessions(), { timeout: 5_000 }).toEqual([])
    await expect(dial(node, owner).then((again) => again.call('nodes.id', {}))).rejects.toMatchObject({
      code: 'ERR_UNAUTHORIZED',
    })
  })

  it('sec/A5 cuts a connection that tries too often', async () => {
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(generateIdentity(systemRandom))] })
    const stranger = await dial(node)
    const codes: string[] = []
    for (let at = 0; at < 8; at++) await stranger.greet().catch((error: { code: string }) => codes.push(error.code))
    expect(codes.slice(0, 5)).toEqual(new Array(5).fill('ERR_UNAUTHORIZED'))
    expect(codes.at(-1)).toBe('ERR_NODE_UNREACHABLE')
  })
})

describe('places', () => {
  it('sec/A5 keeps places free for authorized keys while strangers hold all they can get', async () => {
    const owner = generateIdentity(systemRandom)
    const node = await start({ requireAuthentication: true, authorizedKeys: [listed(owner)] })
    const strangers = await Promise.allSettled(Array.from({ length: 24 }, () => dial(node, undefined, 'unix')))
    expect(strangers.length).toBe(24)
    const admin = await dial(node, owner)
    expect(await admin.call('nodes.id', {})).toEqual({ name: 'nodes.id' })
  })
})

describe('the Unix socket', () => {
  it('sec/T6 stands in a directory of its owner alone, with mode 0600', async () => {
    const node = await start()
    expect((await stat(path.dirname(node.socketPath))).mode & 0o777).toBe(0o700)
    expect((await stat(node.socketPath)).mode & 0o777).toBe(0o600)
  })

  it.skipIf(process.getuid?.() !== 0)('sec/T6 lets no other user in (needs root to try)', async () => {
    const node = await start()
    const script = `require('node:net').connect(${JSON.stringify(node.socketPath)})
      .on('connect', () => process.exit(0)).on('error', (error) => { console.log(error.code); process.exit(1) })`
    const child = spawn(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534, cwd: '/', env: {} })
    const [[output]] = await Promise.all([once(child.stdout, 'data') as Promise<[Uint8Array]>, once(child, 'exit')])
    expect(Buffer.from(output).toString().trim()).toBe('EACCES')
  })

  it('sec/T6 takes over what a killed node left, not what somebody answers on, nor a file', async () => {
    const { prepareSocket } = await import('../../src/admin/unix-socket.ts')
    const node = await start()
    await expect(prepareSocket(node.socketPath)).rejects.toMatchObject({ code: 'ERR_PORT_COLLISION' })
    const directory = path.dirname(node.socketPath)
    await writeFile(path.join(directory, 'file'), '')
    await expect(prepareSocket(path.join(directory, 'file'))).rejects.toMatchObject({ code: 'ERR_FILE_EXISTS' })
    await mkdir(path.join(directory, 'loose'))
    await chmod(path.join(directory, 'loose'), 0o777)
    await expect(prepareSocket(path.join(directory, 'loose', 's'))).rejects.toMatchObject({ code: 'ERR_FILES_MODE' })
  })
})
