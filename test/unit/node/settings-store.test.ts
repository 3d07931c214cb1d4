import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../src/base/index.ts'
import { formatSwarmKey } from '../../../src/codec/index.ts'
import {
  generateIdentity,
  generateSwarmKey,
  openKeys,
  swarmKeyFingerprint,
  systemRandom,
  type Identity,
  type Keys,
} from '../../../src/keys/index.ts'
import { openSettingsStore, type SettingsStore } from '../../../src/node/settings-store.ts'
import { openSwarmKeyFile, type SwarmKeyFile } from '../../../src/node/swarm-key-file.ts'
import type { Caller } from '../../../src/operations/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let keys: Keys
let files: NodeFiles
let me: Identity
let node: Identity
let swarmKey: SwarmKeyFile
let store: SettingsStore
beforeAll(async () => {
  keys = await openKeys()
})
beforeEach(async () => {
  files = createNodeFiles()
  me = generateIdentity(systemRandom)
  node = generateIdentity(systemRandom)
  swarmKey = await openSwarmKeyFile(files.options, { random: systemRandom, say: () => undefined, log: silentLog })
  store = await open()
})
afterEach(() => {
  files.remove()
})

const nowMs = Date.parse('2026-06-01T00:00:00Z')
const open = () => openSettingsStore(files.options, { keys, now: () => nowMs, ownPeer: node.peer, swarmKey })
const yaml = () => (existsSync(files.path('settings.yaml')) ? readFileSync(files.path('settings.yaml'), 'utf8') : '')

function caller(door: Caller['door'] = 'unix', peer: string | null = me.peer): Caller {
  return { peer, role: 'admin', door, source: door === 'unix' ? '/s' : '127.0.0.1', because: 'test' }
}
const plain = { dryRun: false, force: false }
const set = (scope: string, value: unknown, options: Partial<typeof plain> = {}, by = caller()) =>
  store.change({ kind: 'set', scope, value: value as string }, { ...plain, ...options }, by)
const requireAuthentication = (options = {}, by = caller()) => set('admin/requireAuthentication', true, options, by)

describe('settings of a node', () => {
  it('are on the disk before the answer, for the owner alone, and there after a start', async () => {
    await set('general/displayName', 'one')
    expect(yaml()).toContain('displayName: one')
    expect(statSync(files.path('settings.yaml')).mode & 0o777).toBe(0o600)
    expect((await open()).effective().general.displayName).toBe('one')
  })

  it('sec/T2: two writers with 200 changes each, and keys that come meanwhile: none is lost', async () => {
    const write = async (path: string, valueOf: (index: number) => unknown): Promise<void> => {
      for (let index = 0; index < 200; index += 1) {
        await set(path, valueOf(index))
        // Acknowledged is durable.
        expect(yaml()).toContain(`${path.split('/').at(-1) ?? ''}: ${String(valueOf(index))}\n`)
      }
    }
    const added = Array.from({ length: 5 }, () => generateIdentity(systemRandom).axKey)
    await Promise.all([
      write('general/displayName', (index) => `one-${String(index)}`),
      write('com.actyx.os/licensing/apps/crane', (index) => `licence-${String(index)}`),
      ...added.map((entry) => store.authorize({ entry, force: false }, caller())),
    ])
    const after = await open()
    expect(after.authorizedKeys(caller()).map(({ key }) => key)).toEqual(added)
    expect(after.effective().general.displayName).toBe('one-199')
    expect(JSON.stringify(after.read('com.actyx.os/licensing', false))).toContain('licence-199')
  }, 60_000)

  it('a change that is refused in the middle of others stops none of them', async () => {
    const results = await Promise.allSettled([
      set('general/displayName', 'first'),
      set('log/level', 'LOUD'),
      set('log/level', 'WARN'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await open()).effective()).toMatchObject({ general: { displayName: 'first' }, log: { level: 'WARN' } })
  })

  it('a dry run says what would change, changes nothing and tells nobody', async () => {
    const told: unknown[] = []
    store.onChange((_, changed) => {
      told.push(changed)
      return []
    })
    const planned = await set('general/displayName', 'two', { dryRun: true })
    expect(planned).toMatchObject({
      dryRun: true,
      changes: [{ path: 'general/displayName', after: 'two' }],
    })
    expect([yaml(), told]).toEqual(['', []])
    expect(store.effective().general.displayName).not.toBe('two')
  })

  it('whoever is told of a change finds it on the disk; what they say is in the answer', async () => {
    let seen = ''
    store.onChange(async (settings, changed) => {
      await Promise.resolve()
      seen = `${settings.log.level} ${changed.join()} ${String(yaml().includes('DEBUG'))}`
      return ['noted']
    })
    expect((await set('log/level', 'DEBUG')).notices).toContain('noted')
    expect(seen).toBe('DEBUG log/level true')
  })

  it('a file with a mistake in it stops the start, and is left alone', async () => {
    writeFileSync(files.path('settings.yaml'), 'log:\n  level: LOUD\n')
    await expectCodeLater('ERR_SETTINGS_INVALID', open())
    expect(yaml()).toContain('LOUD')
  })

  it('where the file cannot be written nothing has changed', async () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere: a directory stands where the file would go.
      const { mkdirSync } = await import('node:fs')
      mkdirSync(files.path('settings.yaml', 'in the way'), { recursive: true })
    } else chmodSync(files.directory, 0o500)
    await expect(set('general/displayName', 'lost')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
    expect(store.effective().general.displayName).not.toBe('lost')
    chmodSync(files.directory, 0o700)
  })

  it('a swarm key goes to its own file, for the next start, and is shown as its fingerprint', async () => {
    const key = generateSwarmKey(systemRandom)
    const text = formatSwarmKey(key, 'base64')
    const { notices, text: shown } = await set('swarm/swarmKey', text)
    expect(notices.join()).toContain(swarmKeyFingerprint(key))
    expect(`${yaml()}${shown}${JSON.stringify(store.read('.', true))}`).not.toContain(text)
    expect(readFileSync(files.path('swarm.key'), 'utf8')).toContain(Buffer.from(key).toString('hex'))
  })
})

describe('authorized keys', () => {
  it('are added once, changed in place, and removed', async () => {
    const added = await store.authorize({ entry: me.axKey, comment: 'mine', force: false }, caller())
    expect(added).toMatchObject({
      added: true,
      key: { key: me.axKey, role: 'admin', comment: 'mine', usable: true, you: true },
    })
    expect(await store.authorize({ entry: me.axKey, force: false }, caller())).toMatchObject({ added: false })
    expect(store.authorizedKeys(caller())).toHaveLength(1)
    expect(await store.deauthorize({ key: me.axKey, force: false }, caller())).toEqual({ key: me.axKey, removed: true })
    expect(await store.deauthorize({ key: me.axKey, force: false }, caller())).toEqual({
      key: me.axKey,
      removed: false,
    })
  })

  it('that have expired are shown as not usable', async () => {
    const entry = generateIdentity(systemRandom).axKey
    await store.authorize({ entry, expires: '2026-05-31T00:00:00Z', force: false }, caller())
    expect(store.authorizedKeys(caller())).toMatchObject([{ usable: false, you: false }])
  })

  it('sec/A7: neither the key of the node itself nor what is no key gets in', async () => {
    const refused = (entry: string) =>
      store.authorize({ entry, force: true }, caller()).then(
        () => 'added',
        (error: { code: string }) => error.code,
      )
    expect(await refused(node.axKey)).toMatch(/^ERR_(?!INTERNAL)/)
    expect(await refused(`0${Buffer.alloc(32).toString('base64')}`)).toMatch(/^ERR_(?!INTERNAL)/)
    expect(await refused('[0key]')).toMatch(/^ERR_(?!INTERNAL)/)
    expect(yaml()).toBe('')
  })
})

describe('sec/A7: the guard against locking oneself out', () => {
  const other = () => generateIdentity(systemRandom).axKey
  const refusedWith = (running: Promise<unknown>) => expectCodeLater('ERR_ACCESS_LOCKOUT', running)

  it('without a usable admin key authentication cannot be required, whatever the options', async () => {
    await refusedWith(requireAuthentication())
    await refusedWith(requireAuthentication({ force: true }))
    await store.authorize({ entry: other(), role: 'reader', force: true }, caller())
    await store.authorize({ entry: other(), expires: '2026-05-31T00:00:00Z', force: true }, caller())
    await refusedWith(requireAuthentication({ force: true }))
  })

  it('with another key than the caller it takes force, and the Unix socket', async () => {
    await store.authorize({ entry: other(), force: false }, caller())
    await refusedWith(requireAuthentication())
    await refusedWith(requireAuthentication({ force: true }, caller('tcp')))
    await refusedWith(requireAuthentication({ force: true }, caller('http', null)))
    expect(store.effective().admin.requireAuthentication).toBe(false)
    await requireAuthentication({ force: true })
    expect(store.effective().admin.requireAuthentication).toBe(true)
  })

  it('a dry run is refused by the same guard', async () => {
    await refusedWith(requireAuthentication({ dryRun: true }))
  })

  it('each path that would take the caller its right is guarded', async () => {
    await store.authorize({ entry: me.axKey, force: false }, caller())
    await store.authorize({ entry: other(), force: false }, caller())
    await requireAuthentication()
    const before = yaml()
    const tcp = caller('tcp')
    await refusedWith(store.deauthorize({ key: me.axKey, force: false }, tcp))
    await refusedWith(store.deauthorize({ key: me.axKey, force: true }, tcp))
    await refusedWith(set('admin/authorizedKeys', [other()], {}, tcp))
    await refusedWith(set('admin', { authorizedKeys: [other()], requireAuthentication: true }, {}, tcp))
    await refusedWith(store.change({ kind: 'unset', scope: 'admin/authorizedKeys' }, plain, tcp))
    await refusedWith(
      store.change({ kind: 'unset', scope: 'admin/authorizedKeys' }, { ...plain, force: true }, caller()),
    )
    const text = `admin:\n  requireAuthentication: true\n  authorizedKeys:\n  - ${other()}\n`
    await refusedWith(store.change({ kind: 'import', text }, plain, tcp))
    // By its role, its expiry, and where it may come from.
    await refusedWith(store.authorize({ entry: me.axKey, role: 'reader', force: false }, tcp))
    await refusedWith(store.authorize({ entry: me.axKey, expires: '2026-05-31T00:00:00Z', force: false }, tcp))
    await refusedWith(store.authorize({ entry: me.axKey, from: ['192.0.2.0/24'], force: false }, tcp))
    expect(yaml()).toBe(before)
    await store.deauthorize({ key: me.axKey, force: true }, caller('unix'))
    expect(store.authorizedKeys(tcp).map(({ you }) => you)).toEqual([false])
  })
})
